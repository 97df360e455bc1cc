"""Activations, and layers that change nothing: functions of one number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from striate import derivation as by_hand
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import Texts, named
from striate.numbers import number
from striate.pages import Block, Formula
from striate.pages.maths import Maths, row
from striate.plain_values import ToJson

OF_A_FUNCTION = 8
"""Roundings of the derivative of a function of one number."""
SINGLE = (nn.CELU, nn.Hardsigmoid)
"""Their derivatives hold a constant, 1/α and 1/6, in single precision, in double precision too."""
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
    """A function of one number; each has a row in `FUNCTIONS`."""

    same_place = True
    function: ClassVar[str]
    """What it is called in formulas."""
    made: ClassVar[Any]
    """The operation, or what makes it of the layer."""

    @property
    def operation(self) -> Any:
        made = type(self).made
        return made(self.layer) if callable(made) else made

    def input_gradient(self) -> InputGradient:
        """δ·f′(x): f′ is made of parts as large as 1 and x, which may cancel."""
        size = np.abs(self.upstream) * (1 + np.abs(self.x))
        coarse = isinstance(self.layer, SINGLE) and self.record.output.dtype == torch.float64
        roundings = round(np.finfo("f4").eps / np.finfo("f8").eps) if coarse else OF_A_FUNCTION
        return InputGradient(self.back(self.upstream, self.arguments), size, roundings)

    def fed(self, index: Index) -> Fed:
        """f′(x), of the output at the same place alone."""
        slope = self.back(np.ones(()), self.arguments, self.x_at(index))
        return Fed(np.array([index]), np.array([float(slope)]))

    def fed_size(self, index: Index, products: Array) -> tuple[int, float]:
        assert self.record.upstream is not None
        upstream = as_array(self.record.upstream[index])
        return OF_A_FUNCTION, abs(float(upstream)) * (1 + abs(float(self.x_at(index))))

    def back(self, upstream: Array, arguments: Mapping[str, Array], x: Array | None = None) -> Array:
        """δ·f′(x), of all x of the layer unless some are given."""
        _, saved = self.operation.forward(np.asarray(self.x if x is None else x), **arguments)
        gradient: Array = self.operation.backward(upstream, saved)
        return gradient

    def detail(self, index: Index) -> Point:
        x = self.x_at(index)
        return Point(float(self.operation.forward(np.asarray(x))[0]), float(x), self.function)


class Identity(Activation):
    """A dropout in evaluation, and torch's Identity."""

    key = "dropout"
    layers = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.Identity)
    function, made = "id", by_hand.Dropout(0.0)
    texts = named(
        en=("identity", "In evaluation a dropout drops nothing: the number passes unchanged."),
        vi=("ánh xạ đồng nhất", "Khi đánh giá, dropout không bỏ gì: con số đi qua nguyên vẹn."),
    )

    @property
    def refusal(self) -> str | None:
        """In training, what is dropped is drawn."""
        drops = self.record.training and vars(self.layer).get("p")
        return "a dropout in training mode" if drops else None


def _elu(layer: Any) -> by_hand.Elu:
    if isinstance(layer, nn.SELU):
        return by_hand.Elu(*SELU)
    alpha = float(layer.alpha)
    return by_hand.Elu(alpha, 1.0, 1 / alpha) if isinstance(layer, nn.CELU) else by_hand.Elu(alpha)


def _gelu(layer: nn.GELU) -> by_hand.Gelu | by_hand.GeluByTanh:
    return by_hand.Gelu() if layer.approximate == "none" else by_hand.GeluByTanh()


def _leaky(layer: Any) -> by_hand.LeakyRelu:
    """An RReLU takes, in evaluation, the middle of what it draws from."""
    middle = isinstance(layer, nn.RReLU)
    return by_hand.LeakyRelu((layer.lower + layer.upper) / 2 if middle else layer.negative_slope)


Row = tuple[tuple[type[nn.Module], ...], str, Any]
FUNCTIONS: dict[str, Row] = {
    "sigmoid": ((nn.Sigmoid,), "σ", by_hand.Sigmoid()),
    "tanh": ((nn.Tanh,), "tanh", by_hand.Tanh()),
    "silu": ((nn.SiLU,), "SiLU", by_hand.Silu()),
    "mish": ((nn.Mish,), "mish", by_hand.Mish()),
    "elu": ((nn.ELU, nn.SELU, nn.CELU), "ELU", _elu),
    "softplus": (
        (nn.Softplus,),
        "softplus",
        lambda layer: by_hand.Softplus(float(layer.beta), float(layer.threshold)),
    ),
    "log_sigmoid": ((nn.LogSigmoid,), "log σ", by_hand.LogSigmoid()),
    "softsign": ((nn.Softsign,), "softsign", by_hand.Softsign()),
    "tanh_shrink": ((nn.Tanhshrink,), "tanhshrink", by_hand.TanhShrink()),
    "gelu": ((nn.GELU,), "GELU", _gelu),
    "relu": ((nn.ReLU,), "ReLU", by_hand.Relu()),
    "relu6": ((nn.ReLU6,), "ReLU6", by_hand.Relu6()),
    "leaky_relu": ((nn.LeakyReLU, nn.RReLU), "leaky ReLU", _leaky),
    "hardtanh": (
        (nn.Hardtanh,),
        "hardtanh",
        lambda layer: by_hand.Hardtanh(float(layer.min_val), float(layer.max_val)),
    ),
    "threshold": (
        (nn.Threshold,),
        "threshold",
        lambda layer: by_hand.Threshold(float(layer.threshold), float(layer.value)),
    ),
    "hard_shrink": ((nn.Hardshrink,), "hardshrink", lambda layer: by_hand.HardShrink(float(layer.lambd))),
    "soft_shrink": ((nn.Softshrink,), "softshrink", lambda layer: by_hand.SoftShrink(float(layer.lambd))),
    "hard_sigmoid": ((nn.Hardsigmoid,), "hardsigmoid", by_hand.HardSigmoid()),
    "hard_swish": ((nn.Hardswish,), "hardswish", by_hand.HardSwish()),
}
"""By key: the modules, what formulas call them, and the operation of `derivation`."""

ENGLISH = {
    "sigmoid": ("sigmoid", "A sigmoid maps any number to one between 0 and 1."),
    "tanh": ("tanh", "The hyperbolic tangent maps any number to one between −1 and 1."),
    "silu": ("SiLU", "A SiLU is x·σ(x): nearly a ReLU, but smooth."),
    "mish": ("mish", "A mish is x·tanh(log(1 + eˣ)): nearly a ReLU, but smooth."),
    "elu": ("ELU", "An ELU passes positive numbers on and bends negative ones towards a limit."),
    "softplus": ("softplus", "A softplus is log(1 + eˣ): a ReLU without a corner."),
    "log_sigmoid": ("log sigmoid", "A log sigmoid is the logarithm of a sigmoid."),
    "softsign": ("softsign", "A softsign is x/(1 + |x|), between −1 and 1."),
    "tanh_shrink": ("tanh shrink", "A tanh shrink is x − tanh x: numbers near 0 nearly vanish."),
    "gelu": ("GELU", "A GELU multiplies x by the share of the normal distribution below x."),
    "relu": ("ReLU", "A ReLU passes positive numbers on and makes negative ones 0."),
    "relu6": ("ReLU6", "A ReLU6 is a ReLU that stops at 6."),
    "leaky_relu": ("leaky ReLU", "A leaky ReLU passes positive numbers on and makes negative ones small."),
    "hardtanh": ("hard tanh", "A hard tanh passes numbers between its two limits and stops there."),
    "threshold": ("threshold", "A threshold passes large numbers and replaces all others by one value."),
    "hard_shrink": ("hard shrink", "A hard shrink makes small numbers 0 and passes the others."),
    "soft_shrink": ("soft shrink", "A soft shrink brings every number nearer to 0, small ones to 0."),
    "hard_sigmoid": ("hard sigmoid", "A hard sigmoid is a sigmoid of three straight lines."),
    "hard_swish": ("hard swish", "A hard swish is x times a sigmoid of three straight lines."),
}
"""By key: the name, and what it does."""
VIETNAMESE = {
    "sigmoid": ("sigmoid", "Hàm sigmoid đưa mọi số về khoảng từ 0 đến 1."),
    "tanh": ("tanh", "Hàm tang hyperbolic đưa mọi số về khoảng từ −1 đến 1."),
    "silu": ("SiLU", "SiLU là x·σ(x): gần như ReLU nhưng trơn."),
    "mish": ("mish", "Mish là x·tanh(log(1 + eˣ)): gần như ReLU nhưng trơn."),
    "elu": ("ELU", "ELU giữ nguyên số dương và uốn số âm về một giới hạn."),
    "softplus": ("softplus", "Softplus là log(1 + eˣ): một ReLU không có góc gãy."),
    "log_sigmoid": ("log sigmoid", "Log sigmoid là logarit của hàm sigmoid."),
    "softsign": ("softsign", "Softsign là x/(1 + |x|), nằm giữa −1 và 1."),
    "tanh_shrink": ("tanh shrink", "Tanh shrink là x − tanh x: những số gần 0 gần như bằng 0."),
    "gelu": ("GELU", "GELU nhân x với tỉ lệ của phân phối chuẩn nằm dưới x."),
    "relu": ("ReLU", "ReLU giữ nguyên số dương và biến số âm thành 0."),
    "relu6": ("ReLU6", "ReLU6 là ReLU bị chặn trên ở 6."),
    "leaky_relu": ("leaky ReLU", "Leaky ReLU giữ nguyên số dương và thu nhỏ số âm."),
    "hardtanh": ("tanh cứng", "Tanh cứng giữ nguyên số nằm giữa hai giới hạn và dừng tại đó."),
    "threshold": ("ngưỡng", "Hàm ngưỡng giữ nguyên số lớn và thay mọi số khác bằng một giá trị."),
    "hard_shrink": ("co cứng", "Phép co cứng biến số nhỏ thành 0 và giữ nguyên các số khác."),
    "soft_shrink": ("co mềm", "Phép co mềm kéo mọi số về gần 0, số nhỏ thành 0."),
    "hard_sigmoid": ("sigmoid cứng", "Sigmoid cứng là hàm sigmoid ghép từ ba đoạn thẳng."),
    "hard_swish": ("swish cứng", "Swish cứng là x nhân với sigmoid ghép từ ba đoạn thẳng."),
}
"""The same in Vietnamese."""


def _kind(key: str) -> type[Activation]:
    layers, function, made = FUNCTIONS[key]
    texts = named(en=ENGLISH[key], vi=VIETNAMESE[key])
    own = {"key": key, "layers": layers, "function": function, "made": made, "texts": texts}
    return type(key, (Activation,), own)


ACTIVATIONS: tuple[type[Activation], ...] = (*map(_kind, FUNCTIONS), Identity)
