"""Activations, and layers through which a number passes unchanged: functions of one number, a class each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from striate import derivation as by_hand
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula
from striate.pages.maths import Maths, row
from striate.plain_values import ToJson

OF_A_FUNCTION = 8
"""Roundings of the derivative of a function of one number."""


@dataclass(frozen=True)
class Point(ToJson):
    """A function of one number."""

    value: float
    input: float
    function: str
    """What the function is called in formulas."""

    @property
    def summed(self) -> tuple[int, float]:
        return 4, abs(self.value) + abs(self.input)

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """y = f(x) = result."""
        yield Formula(row(y, "=", self.function, "(", self.input, ")", "=", number(self.value, 6)))


class Activation(Kind):
    """A function of one number; each kind below names its operation."""

    same_place = True
    function: ClassVar[str]
    """What it is called in formulas."""

    def input_gradient(self) -> InputGradient:
        """δ·f′(x): f′ is made of parts as large as 1 and x, which may cancel."""
        size = np.abs(self.upstream) * (1 + np.abs(self.x))
        return InputGradient(self.back(self.upstream, self.arguments), size, OF_A_FUNCTION)

    def detail(self, index: Index) -> Point:
        x = self.x[index]
        return Point(float(self.operation.forward(np.asarray(x))[0]), float(x), self.function)


class ReLU(Activation):
    """max(x, 0)."""

    key, layers, function, operation = "relu", (nn.ReLU,), "ReLU", by_hand.Relu()
    texts = by_language(
        en={"name": "ReLU", "text": "A ReLU passes positive numbers on and makes negative ones 0."},
        vi={"name": "ReLU", "text": "ReLU giữ nguyên số dương và biến số âm thành 0."},
    )


class ReLU6(Activation):
    """min(max(x, 0), 6)."""

    key, layers, function, operation = "relu6", (nn.ReLU6,), "ReLU6", by_hand.Relu6()
    texts = by_language(
        en={"name": "ReLU6", "text": "A ReLU6 is a ReLU that stops at 6."},
        vi={"name": "ReLU6", "text": "ReLU6 là ReLU bị chặn trên ở 6."},
    )


class LeakyReLU(Activation):
    """x, or a small multiple of it below 0."""

    key, layers, function = "leaky_relu", (nn.LeakyReLU,), "leaky ReLU"
    texts = by_language(
        en={
            "name": "leaky ReLU",
            "text": "A leaky ReLU passes positive numbers on and makes negative ones small.",
        },
        vi={"name": "leaky ReLU", "text": "Leaky ReLU giữ nguyên số dương và thu nhỏ số âm."},
    )

    @property
    def operation(self) -> by_hand.LeakyRelu:
        return by_hand.LeakyRelu(self.layer.negative_slope)


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)."""

    key, layers, function, operation = "sigmoid", (nn.Sigmoid,), "σ", by_hand.Sigmoid()
    texts = by_language(
        en={"name": "sigmoid", "text": "A sigmoid maps any number to one between 0 and 1."},
        vi={"name": "sigmoid", "text": "Hàm sigmoid đưa mọi số về khoảng từ 0 đến 1."},
    )


class Tanh(Activation):
    """The hyperbolic tangent."""

    key, layers, function, operation = "tanh", (nn.Tanh,), "tanh", by_hand.Tanh()
    texts = by_language(
        en={"name": "tanh", "text": "The hyperbolic tangent maps any number to one between −1 and 1."},
        vi={"name": "tanh", "text": "Hàm tang hyperbolic đưa mọi số về khoảng từ −1 đến 1."},
    )


class SiLU(Activation):
    """x·σ(x)."""

    key, layers, function, operation = "silu", (nn.SiLU,), "SiLU", by_hand.Silu()
    texts = by_language(
        en={"name": "SiLU", "text": "A SiLU is x·σ(x): nearly a ReLU, but smooth."},
        vi={"name": "SiLU", "text": "SiLU là x·σ(x): gần như ReLU nhưng trơn."},
    )


class Identity(Activation):
    """A dropout in evaluation, and torch's Identity."""

    key = "dropout"
    layers = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.Identity)
    function, operation = "id", by_hand.Dropout(0.0)
    texts = by_language(
        en={
            "name": "identity",
            "text": "In evaluation a dropout drops nothing: the number passes unchanged.",
        },
        vi={
            "name": "ánh xạ đồng nhất",
            "text": "Khi đánh giá, dropout không bỏ gì: con số đi qua nguyên vẹn.",
        },
    )

    @property
    def refusal(self) -> str | None:
        """In training, what is dropped is drawn."""
        drops = self.record.training and vars(self.layer).get("p")
        return "a dropout in training mode" if drops else None


ACTIVATIONS: tuple[type[Activation], ...] = (ReLU, ReLU6, LeakyReLU, Sigmoid, Tanh, SiLU, Identity)
