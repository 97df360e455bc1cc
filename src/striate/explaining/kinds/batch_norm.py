"""Batch normalisation: y = γ·(x − μ)/√(v + ε) + β."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import nn

from striate.derivation import BatchNorm as BatchNormByHand
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula, Paragraph
from striate.pages.document import Maths, over, root, row
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Normalised(ToJson):
    """A number and what it is normalised with."""

    value: float
    input: float
    mean: float
    variance: float
    epsilon: float
    weight: float
    bias: float
    of_batch: int
    """How many numbers of this batch μ and v are of; 0: they were gathered in training."""

    @property
    def summed(self) -> tuple[int, float]:
        scale = abs(self.weight) / float(np.sqrt(self.variance + self.epsilon))
        return self.of_batch, (abs(self.input) + abs(self.mean)) * scale + abs(self.bias)

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The formula, and the same with numbers."""
        scaled = over(row("x", "−", "μ"), root(row("v", "+", "ε")))
        yield Formula(row("y", "=", "γ", "·", scaled, "+", "β"))
        below = root(row(self.variance, "+", self.epsilon))
        top = row(self.input, "−", f"({number(self.mean)})" if self.mean < 0 else self.mean)
        shift: list[Maths | str | float] = ["+" if self.bias >= 0 else "−", abs(self.bias)]
        yield Formula(row(y, "=", self.weight, "·", over(top, below), *shift, "=", number(self.value, 6)))
        yield Paragraph(say("of_batch" if self.of_batch else "gathered"))


@dataclass(frozen=True, eq=False)
class BatchNorm(Kind):
    """With the statistics of this batch in training, with those gathered in training otherwise."""

    key = "batch_norm"
    layers = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    parameters = ("weight", "bias")
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
            "name": "chuẩn hóa theo lô",
            "text": "Chuẩn hóa theo lô đưa mỗi kênh về trung bình 0 và phương sai 1, rồi nhân với γ và cộng "
            "β.",
            "of_batch": "Trung bình μ và phương sai v là của chính lô này (huấn luyện).",
            "gathered": "Trung bình μ và phương sai v được tích lũy khi huấn luyện; ở đây chúng là hằng số.",
        },
    )

    @property
    def operation(self) -> BatchNormByHand:
        return BatchNormByHand(self.layer.eps)

    @property
    def statistics(self) -> dict[str, Array]:
        """μ and v where they are constants."""
        own = self.record.parameters
        if self.record.training or "running_mean" not in own:
            return {}
        return {"mean": as_array(own["running_mean"]), "variance": as_array(own["running_var"])}

    def detail(self, index: Index) -> Normalised:
        channel, x = index[1], self.x
        y, saved = self.operation.forward(x, **self.arguments, **self.statistics)
        weight, bias = (self.arguments.get(name) for name in ("weight", "bias"))
        return Normalised(
            value=float(y[index]),
            input=float(x[index]),
            mean=float(saved.mean[channel]),
            variance=float(saved.variance[channel]),
            epsilon=self.operation.epsilon,
            weight=1.0 if weight is None else float(weight[channel]),
            bias=0.0 if bias is None else float(bias[channel]),
            of_batch=0 if saved.constant else x.size // x.shape[1],
        )

    def input_gradient(self) -> InputGradient:
        """γ/√(v + ε)·δ, one product; where μ and v are of this batch, less two means over it."""
        arguments = {**self.arguments, **self.statistics}
        value, size, upstream = self.back(self.upstream, arguments), np.abs(self.upstream), self.upstream
        if self.statistics:
            return InputGradient(value, np.abs(value), 0)
        _, saved = self.operation.forward(self.x, **arguments)
        axes, normal = (0, *range(2, size.ndim)), np.abs(saved.normal)
        means = [array.mean(axis=axes, keepdims=True) for array in (size, np.abs(upstream * normal))]
        scale = saved.scale if saved.weight is None else saved.scale * np.abs(saved.weight)
        whole = (size + means[0] + normal * means[1]) * scale.reshape(-1, *(1,) * (size.ndim - 2))
        return InputGradient(value, whole, size.size // size.shape[1])
