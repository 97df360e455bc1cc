"""Layer and RMS normalisation: μ and v of the last axes of a sample, γ and β of each place in them."""

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import torch
from torch import nn

from striate.derivation import LayerNorm as LayerNormByHand
from striate.derivation import Terms, place_terms
from striate.explaining.kinds.kind import Index, InputGradient
from striate.explaining.kinds.normalisation import Normalisation, as_gradient, through_statistics
from striate.explaining.texts import by_language


@dataclass(frozen=True, eq=False)
class LayerNorm(Normalisation):
    """Over the last axes."""

    key = "layer_norm"
    layers: ClassVar[tuple[type[nn.Module] | str, ...]] = (nn.LayerNorm,)
    texts = by_language(
        en={
            "name": "layer normalisation",
            "text": "A layer normalisation brings the last axes of each sample to mean 0 and variance 1, "
            "then scales each place by its γ and shifts it by its β.",
            "of_batch": "The mean μ and the variance v are those of this row of the sample.",
        },
        vi={
            "name": "chuẩn hóa theo tầng",
            "text": "Chuẩn hóa theo tầng (layer normalization) đưa các trục cuối của mỗi mẫu về trung bình 0 "
            "và phương sai 1, rồi nhân từng vị trí với γ và cộng β của nó.",
            "of_batch": "Trung bình μ và phương sai v là của hàng này trong mẫu.",
        },
    )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of the axes that it normalises over."""
        return tuple(self.layer.normalized_shape)

    @property
    def channel_axis(self) -> int:
        return self.record.output.dim() - 1 if self.record.output.dim() < 4 else 1

    @property
    def operation(self) -> LayerNormByHand:
        return LayerNormByHand(self.sizes, self.epsilon, self.centred)

    def group(self, index: Index) -> Any:
        return index[: -len(self.sizes)]

    def own(self, index: Index) -> Any:
        return index[-len(self.sizes) :]

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        all_of_them = ("channel", *("frame", "row", "column")[5 - self.x.ndim :])
        last = len(self.sizes)
        names = all_of_them[-last:] if 1 < last <= len(all_of_them) else ("place",) * last
        return {"weight": names, "bias": names}

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ·x̂ for γ, δ for β, in every row."""
        return place_terms(self.upstream, self.normal if parameter == "weight" else None, index)

    def filter_of(self, parameter: str, index: Index) -> int | None:
        axis = self.channel_axis - (self.x.ndim - len(self.sizes))
        return index[axis] if axis >= 0 else None

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        return (sample, *position, *index)

    def input_gradient(self) -> InputGradient:
        """γ/√(v + ε)·δ, less two means over the row."""
        value = self.back(self.upstream, self.arguments)
        _, saved = self.operation.forward(self.x, **self.arguments)
        g = self.upstream if saved.weight is None else self.upstream * saved.weight
        rows = [array.reshape(-1, prod(self.sizes)) for array in (g, saved.normal, self.x)]
        size = through_statistics(rows[0], rows[1], saved.scale, rows[2])
        return as_gradient(value, size, rows[0].shape[1])


@dataclass(frozen=True, eq=False)
class RMSNorm(LayerNorm):
    """Without a mean."""

    key = "rms_norm"
    layers = (nn.RMSNorm,)
    centred = False
    texts = by_language(
        en={
            "name": "RMS normalisation",
            "text": "An RMS normalisation divides the last axes of each sample by the root of the mean of "
            "their squares, then scales each place by its γ.",
            "of_batch": "v is the mean of the squares of this row of the sample.",
        },
        vi={
            "name": "chuẩn hóa RMS",
            "text": "Chuẩn hóa RMS chia các trục cuối của mỗi mẫu cho căn bậc hai của trung bình bình "
            "phương, rồi nhân từng vị trí với γ của nó.",
            "of_batch": "v là trung bình bình phương của hàng này trong mẫu.",
        },
    )

    @property
    def epsilon(self) -> float:
        """Unless given, the precision's own."""
        own = self.layer.eps
        return torch.finfo(self.record.input.dtype).eps if own is None else float(own)
