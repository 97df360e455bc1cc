"""Smooth activations, and layers that change nothing: functions of one number, a class each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from striate import derivation as by_hand
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Formula
from striate.pages.maths import Maths, row
from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord

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

    def fed(self, index: Index) -> Fed:
        """f′(x), of the output at the same place alone."""
        slope = self.back(np.ones(()), self.arguments, self.x[index])
        return Fed(np.array([index]), np.array([float(slope)]))

    def fed_size(self, index: Index, products: Array) -> tuple[int, float]:
        return OF_A_FUNCTION, abs(float(self.upstream[index])) * (1 + abs(float(self.x[index])))

    def back(self, upstream: Array, arguments: Mapping[str, Array], x: Array | None = None) -> Array:
        """δ·f′(x), of all x of the layer unless some are given."""
        _, saved = self.operation.forward(np.asarray(self.x if x is None else x), **arguments)
        gradient: Array = self.operation.backward(upstream, saved)
        return gradient

    def detail(self, index: Index) -> Point:
        x = self.x[index]
        return Point(float(self.operation.forward(np.asarray(x))[0]), float(x), self.function)


def in_single_precision(found: InputGradient, record: LayerRecord) -> InputGradient:
    """Torch's derivative holds a constant in single precision, in double precision too."""
    if record.output.dtype != torch.float64:
        return found
    return InputGradient(found.value, found.size, round(np.finfo("f4").eps / np.finfo("f8").eps))


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


class Mish(Activation):
    """x·tanh(softplus(x))."""

    key, layers, function, operation = "mish", (nn.Mish,), "mish", by_hand.Mish()
    texts = by_language(
        en={"name": "mish", "text": "A mish is x·tanh(log(1 + eˣ)): nearly a ReLU, but smooth."},
        vi={"name": "mish", "text": "Mish là x·tanh(log(1 + eˣ)): gần như ReLU nhưng trơn."},
    )


class ELU(Activation):
    """x, or towards −α below 0; SELU and CELU are such."""

    key, layers, function = "elu", (nn.ELU, nn.SELU, nn.CELU), "ELU"
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
        alpha = float(self.layer.alpha)
        return by_hand.Elu(alpha, 1.0, 1 / alpha) if isinstance(self.layer, nn.CELU) else by_hand.Elu(alpha)

    def input_gradient(self) -> InputGradient:
        """A CELU of torch holds 1/α in single precision, in double precision too."""
        found = super().input_gradient()
        return in_single_precision(found, self.record) if isinstance(self.layer, nn.CELU) else found


class Softplus(Activation):
    """log(1 + eˣ)."""

    key, layers, function = "softplus", (nn.Softplus,), "softplus"
    texts = by_language(
        en={"name": "softplus", "text": "A softplus is log(1 + eˣ): a ReLU without a corner."},
        vi={"name": "softplus", "text": "Softplus là log(1 + eˣ): một ReLU không có góc gãy."},
    )

    @property
    def operation(self) -> by_hand.Softplus:
        return by_hand.Softplus(float(self.layer.beta), float(self.layer.threshold))


class LogSigmoid(Activation):
    """log σ(x)."""

    key, layers, function, operation = "log_sigmoid", (nn.LogSigmoid,), "log σ", by_hand.LogSigmoid()
    texts = by_language(
        en={"name": "log sigmoid", "text": "A log sigmoid is the logarithm of a sigmoid."},
        vi={"name": "log sigmoid", "text": "Log sigmoid là logarit của hàm sigmoid."},
    )


class Softsign(Activation):
    """x/(1 + |x|)."""

    key, layers, function, operation = "softsign", (nn.Softsign,), "softsign", by_hand.Softsign()
    texts = by_language(
        en={"name": "softsign", "text": "A softsign is x/(1 + |x|), between −1 and 1."},
        vi={"name": "softsign", "text": "Softsign là x/(1 + |x|), nằm giữa −1 và 1."},
    )


class TanhShrink(Activation):
    """x − tanh x."""

    key, layers, function, operation = "tanh_shrink", (nn.Tanhshrink,), "tanhshrink", by_hand.TanhShrink()
    texts = by_language(
        en={"name": "tanh shrink", "text": "A tanh shrink is x − tanh x: numbers near 0 nearly vanish."},
        vi={"name": "tanh shrink", "text": "Tanh shrink là x − tanh x: những số gần 0 gần như bằng 0."},
    )


class GELU(Activation):
    """x times the normal distribution's share below x."""

    key, layers, function = "gelu", (nn.GELU,), "GELU"
    texts = by_language(
        en={"name": "GELU", "text": "A GELU multiplies x by the share of the normal distribution below x."},
        vi={"name": "GELU", "text": "GELU nhân x với tỉ lệ của phân phối chuẩn nằm dưới x."},
    )

    @property
    def operation(self) -> by_hand.Gelu | by_hand.GeluByTanh:
        return by_hand.Gelu() if self.layer.approximate == "none" else by_hand.GeluByTanh()


class Identity(Activation):
    """A dropout in evaluation, and torch's Identity."""

    key = "dropout"
    layers = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.Identity)
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


SMOOTH: tuple[type[Activation], ...] = (
    Sigmoid, Tanh, SiLU, Mish, ELU, Softplus, LogSigmoid, Softsign, TanhShrink, GELU, Identity,
)  # fmt: skip
