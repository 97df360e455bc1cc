"""Softmax and its logarithm as a layer: the share of one number among the exponentials of its axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import Softmax as SoftmaxByHand
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula, Paragraph
from striate.pages.maths import Maths, over, power, row, sub, sum_of, total
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Share(ToJson):
    """A number among those of its axis."""

    inputs: Array  # (K,)
    at: int
    log: bool

    @property
    def value(self) -> float:
        """e^{x} over the sum of all, or its logarithm."""
        return float(SoftmaxByHand(0, self.log).forward(self.inputs)[0][self.at])

    @property
    def summed(self) -> tuple[int, float]:
        reach = float(np.abs(self.inputs).max()) + 1
        return self.inputs.size + int(reach), reach if self.log else self.value + 1e-30

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The share with its numbers; of exponentials less the largest input, which changes nothing."""
        largest = float(self.inputs.max())
        powers = np.exp(self.inputs - largest)
        named: list[Any] = ["log", " "] if self.log else []
        yield Formula(row("y", "=", *named, over(power("e", "x"), total("j", power("e", sub("x", "j"))))))
        yield Paragraph(say("shifted", largest=number(largest)))
        shares = over(float(powers[self.at]), sum_of(powers.tolist(), 8))
        yield Formula(row(y, "=", *named, shares, "=", number(self.value, 6)))


@dataclass(frozen=True, eq=False)
class Softmax(Kind):
    """Over one axis; Softmin of the negative numbers."""

    key = "softmax"
    layers = (nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.Softmax2d)
    texts = by_language(
        en={
            "name": "softmax",
            "text": "A softmax makes positive shares of the numbers along an axis, which add up to 1; a log "
            "softmax gives their logarithms.",
            "shifted": "The largest number, {largest}, is taken from each first: the shares stay as they "
            "are.",
        },
        vi={
            "name": "softmax",
            "text": "Softmax biến các số dọc theo một trục thành những phần dương có tổng bằng 1; log "
            "softmax cho logarit của chúng.",
            "shifted": "Trước hết, mọi số được trừ đi số lớn nhất, {largest}: các phần không đổi.",
        },
    )

    @property
    def axis(self) -> int:
        """Counted from 0; torch's own choice where the layer names none."""
        own = -3 if isinstance(self.layer, nn.Softmax2d) else self.layer.dim
        if own is None:
            own = 0 if self.x.ndim in (0, 1, 3) else 1
        return int(own) % self.x.ndim

    @property
    def sign(self) -> int:
        """−1 for a Softmin."""
        return -1 if isinstance(self.layer, nn.Softmin) else 1

    @property
    def operation(self) -> SoftmaxByHand:
        return SoftmaxByHand(self.axis, isinstance(self.layer, nn.LogSoftmax))

    @property
    def shares(self) -> Array:
        """p."""
        p: Array = SoftmaxByHand(self.axis).forward(self.sign * self.x)[0]
        return p

    def along(self, index: Index) -> Any:
        """What selects the numbers of the axis through a place."""
        return (*index[: self.axis], slice(None), *index[self.axis + 1 :])

    def detail(self, index: Index) -> Share:
        return Share(self.sign * self.x[self.along(index)], index[self.axis], self.operation.log)

    def input_gradient(self) -> InputGradient:
        p, axis = self.shares, self.axis
        value = self.sign * self.operation.backward(self.upstream, p)
        size = np.abs(self.upstream)
        if self.operation.log:
            whole = size + p * size.sum(axis=axis, keepdims=True)
        else:
            whole = p * (size + (size * p).sum(axis=axis, keepdims=True))
        return InputGradient(value, whole, p.shape[axis] + int(np.abs(self.x).max()))

    def fed(self, index: Index) -> Fed:
        """p_k·([k = j] − p_j); of the logarithm [k = j] − p_j."""
        p, at = self.shares[self.along(index)], index[self.axis]
        places = np.repeat(np.array([index]), len(p), axis=0)
        places[:, self.axis] = np.arange(len(p))
        itself = np.arange(len(p)) == at
        slopes = itself - p[at] if self.operation.log else p * (itself - p[at])
        return Fed(places, self.sign * slopes)
