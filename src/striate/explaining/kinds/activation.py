"""Activations: functions of one number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from striate.derivation import LeakyRelu, Relu, Relu6, Sigmoid, Silu, Tanh
from striate.explaining.kinds.kind import Index, Kind
from striate.explaining.texts.languages import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula
from striate.pages.maths import Maths, row


@dataclass(frozen=True)
class Point:
    """A function of one number."""

    value: float
    input: float
    terms: int = 4

    @property
    def size(self) -> float:
        """Input and output together."""
        return abs(self.value) + abs(self.input)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"input": self.input}

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """y = f(x) = result."""
        yield Formula(row(y, "=", say("function"), "(", self.input, ")", "=", number(self.value, 6)))


class Activation(Kind):
    """A function of one number; each kind below names its operation."""

    same_place = True

    def detail(self, index: Index) -> Point:
        """f of the input at the same place."""
        x = self.x[index]
        return Point(float(self.operation.forward(np.asarray(x))[0]), float(x))


class ReLUKind(Activation):
    """max(x, 0)."""

    key, layers, operation = "relu", (nn.ReLU,), Relu()
    texts = by_language(
        en={
            "name": "ReLU",
            "text": "A ReLU passes positive numbers on and makes negative ones 0.",
            "function": "ReLU",
        },
        vi={"name": "ReLU", "text": "ReLU giữ nguyên số dương và biến số âm thành 0.", "function": "ReLU"},
    )


class ReLU6Kind(Activation):
    """min(max(x, 0), 6)."""

    key, layers, operation = "relu6", (nn.ReLU6,), Relu6()
    texts = by_language(
        en={"name": "ReLU6", "text": "A ReLU6 is a ReLU that stops at 6.", "function": "ReLU6"},
        vi={"name": "ReLU6", "text": "ReLU6 là ReLU bị chặn trên ở 6.", "function": "ReLU6"},
    )


class LeakyReLUKind(Activation):
    """x, or a small multiple of it below 0."""

    key, layers = "leaky_relu", (nn.LeakyReLU,)
    texts = by_language(
        en={
            "name": "leaky ReLU",
            "text": "A leaky ReLU passes positive numbers on and makes negative ones small.",
            "function": "leaky ReLU",
        },
        vi={
            "name": "leaky ReLU",
            "text": "Leaky ReLU giữ nguyên số dương và thu nhỏ số âm.",
            "function": "leaky ReLU",
        },
    )

    @property
    def operation(self) -> LeakyRelu:
        """With the layer's slope."""
        return LeakyRelu(self.layer.negative_slope)


class SigmoidKind(Activation):
    """1 / (1 + e⁻ˣ)."""

    key, layers, operation = "sigmoid", (nn.Sigmoid,), Sigmoid()
    texts = by_language(
        en={
            "name": "sigmoid",
            "text": "A sigmoid maps any number to one between 0 and 1.",
            "function": "σ",
        },
        vi={
            "name": "sigmoid",
            "text": "Hàm sigmoid đưa mọi số về khoảng từ 0 đến 1.",
            "function": "σ",
        },
    )


class TanhKind(Activation):
    """The hyperbolic tangent."""

    key, layers, operation = "tanh", (nn.Tanh,), Tanh()
    texts = by_language(
        en={
            "name": "tanh",
            "text": "The hyperbolic tangent maps any number to one between −1 and 1.",
            "function": "tanh",
        },
        vi={
            "name": "tanh",
            "text": "Hàm tang hyperbolic đưa mọi số về khoảng từ −1 đến 1.",
            "function": "tanh",
        },
    )


class SiLUKind(Activation):
    """x·σ(x)."""

    key, layers, operation = "silu", (nn.SiLU,), Silu()
    texts = by_language(
        en={
            "name": "SiLU",
            "text": "A SiLU is x·σ(x): nearly a ReLU, but smooth.",
            "function": "SiLU",
        },
        vi={"name": "SiLU", "text": "SiLU là x·σ(x): gần như ReLU nhưng trơn.", "function": "SiLU"},
    )


ACTIVATIONS: tuple[type[Activation], ...] = (
    ReLUKind, ReLU6Kind, LeakyReLUKind, SigmoidKind, TanhKind, SiLUKind,
)  # fmt: skip
