"""Activations, and layers through which a number passes unchanged: functions of one number, a class each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from striate import derivation as by_hand
from striate.explaining.kinds.kind import Index, InputGradient, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula
from striate.pages.document import Maths, row
from striate.plain_values import ToJson

OF_A_FUNCTION = 8
"""Roundings of the derivative of a function of one number."""


SELU = (1.6732632423543772, 1.0507009873554805)
"""α and scale under which a deep network keeps mean 0 and variance 1 (Klambauer et al. 2017)."""


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


class HardSigmoid(Activation):
    """A sigmoid of three straight lines."""

    key, layers, function = "hard_sigmoid", (nn.Hardsigmoid,), "hardsigmoid"
    operation = by_hand.HardSigmoid()
    texts = by_language(
        en={"name": "hard sigmoid", "text": "A hard sigmoid is a sigmoid of three straight lines."},
        vi={"name": "sigmoid cứng", "text": "Sigmoid cứng là hàm sigmoid ghép từ ba đoạn thẳng."},
    )

    def input_gradient(self) -> InputGradient:
        """Torch's own derivative holds 1/6 in single precision, in double precision too."""
        found = super().input_gradient()
        if self.record.output.dtype != torch.float64:
            return found
        return InputGradient(found.value, found.size, round(np.finfo("f4").eps / np.finfo("f8").eps))


class HardSwish(Activation):
    """x times the hard sigmoid."""

    key, layers, function = "hard_swish", (nn.Hardswish,), "hardswish"
    operation = by_hand.HardSwish()
    texts = by_language(
        en={"name": "hard swish", "text": "A hard swish is x times a sigmoid of three straight lines."},
        vi={"name": "swish cứng", "text": "Swish cứng là x nhân với sigmoid ghép từ ba đoạn thẳng."},
    )


class ELU(Activation):
    """x, or towards −α below 0; SELU is one."""

    key, layers, function = "elu", (nn.ELU, nn.SELU), "ELU"
    texts = by_language(
        en={
            "name": "ELU",
            "text": "An ELU passes positive numbers on and bends negative ones towards a limit.",
        },
        vi={"name": "ELU", "text": "ELU giữ nguyên số dương và uốn số âm về một giới hạn."},
    )

    @property
    def operation(self) -> by_hand.Elu:
        if isinstance(self.layer, nn.SELU):
            return by_hand.Elu(*SELU)
        return by_hand.Elu(self.layer.alpha)


class Softplus(Activation):
    """log(1 + eˣ)."""

    key, layers, function, operation = "softplus", (nn.Softplus,), "softplus", by_hand.Softplus()
    texts = by_language(
        en={"name": "softplus", "text": "A softplus is log(1 + eˣ): a ReLU without a corner."},
        vi={"name": "softplus", "text": "Softplus là log(1 + eˣ): một ReLU không có góc gãy."},
    )

    @property
    def refusal(self) -> str | None:
        """With another steepness, or a threshold that a number could come to."""
        plain = self.layer.beta == 1 and self.layer.threshold >= 20
        return None if plain else "a Softplus with beta other than 1 or a threshold below 20"


class GELU(Activation):
    """x times the normal distribution's share below x."""

    key, layers, function, operation = "gelu", (nn.GELU,), "GELU", by_hand.Gelu()
    texts = by_language(
        en={"name": "GELU", "text": "A GELU multiplies x by the share of the normal distribution below x."},
        vi={"name": "GELU", "text": "GELU nhân x với tỉ lệ của phân phối chuẩn nằm dưới x."},
    )

    @property
    def refusal(self) -> str | None:
        """The approximation by tanh is another function."""
        return None if self.layer.approximate == "none" else "a GELU that is approximated by tanh"


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


ACTIVATIONS: tuple[type[Activation], ...] = (
    ReLU, ReLU6, LeakyReLU, Sigmoid, Tanh, SiLU, HardSigmoid, HardSwish, ELU, Softplus, GELU, Identity,
)  # fmt: skip
