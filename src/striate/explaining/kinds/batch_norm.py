"""Batch normalisation: μ and v of a channel, over the batch or gathered in training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import BatchNorm as BatchNormByHand
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.kinds.kind import Index, InputGradient
from striate.explaining.kinds.normalisation import (
    ChannelNormalisation,
    as_gradient,
    through_statistics,
)
from striate.explaining.texts import by_language


@dataclass(frozen=True, eq=False)
class BatchNorm(ChannelNormalisation):
    """With the statistics of this batch in training, with those gathered in training otherwise."""

    key = "batch_norm"
    layers = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    same_place = True
    texts = by_language(
        en={
            "name": "batch normalisation",
            "text": "A batch normalisation brings each channel to mean 0 and variance 1, then scales it by γ "
            "and shifts it by β.",
            "of_batch": "The mean μ and the variance v are those of this batch (training).",
            "gathered": "The mean μ and the variance v were gathered in training; here they are constants.",
        },
        vi={
            "name": "chuẩn hóa theo lô (batch normalization)",
            "text": "Chuẩn hóa theo lô (batch normalization) đưa mỗi kênh về trung bình 0 và phương sai 1, "
            "rồi nhân với γ và cộng β.",
            "of_batch": "Trung bình μ và phương sai v là của chính lô này (huấn luyện).",
            "gathered": "Trung bình μ và phương sai v được tích lũy khi huấn luyện; ở đây chúng là hằng số.",
        },
    )

    @property
    def operation(self) -> BatchNormByHand:
        return BatchNormByHand(self.epsilon)

    @property
    def constants(self) -> dict[str, Array]:
        own = self.record.parameters
        if self.record.training or "running_mean" not in own:
            return {}
        return {"mean": as_array(own["running_mean"]), "variance": as_array(own["running_var"])}

    def group(self, index: Index) -> Any:
        return (slice(None), index[1])

    def input_gradient(self) -> InputGradient:
        """γ/√(v + ε)·δ, one product; where μ and v are of this batch, less two means over it."""
        arguments = {**self.arguments, **self.constants}
        value = self.back(self.upstream, arguments)
        if self.constants:
            return InputGradient(value, np.abs(value), 0)
        _, saved = self.operation.forward(self.x, **arguments)
        arrays = (self.upstream, self.x, saved.normal)
        dy, x, normal = (np.moveaxis(one, 1, 0).reshape(len(saved.scale), -1) for one in arrays)
        gamma = np.ones_like(saved.scale) if saved.weight is None else saved.weight
        rows = through_statistics(dy * gamma[:, None], normal, saved.scale[:, None], x)
        shape = np.moveaxis(value, 1, 0).shape
        return as_gradient(value, np.moveaxis(rows.reshape(shape), 0, 1), rows.shape[1])
