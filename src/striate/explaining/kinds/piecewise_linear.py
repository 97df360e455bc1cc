"""Activations made of straight lines, ReLU and its kin: functions of one number, a class each."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from striate import derivation as by_hand
from striate.derivation import Terms, channel_terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.activation import Activation, Point, in_single_precision
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import by_language


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

    key, layers, function = "leaky_relu", (nn.LeakyReLU, nn.RReLU), "leaky ReLU"
    texts = by_language(
        en={
            "name": "leaky ReLU",
            "text": "A leaky ReLU passes positive numbers on and makes negative ones small.",
        },
        vi={"name": "leaky ReLU", "text": "Leaky ReLU giữ nguyên số dương và thu nhỏ số âm."},
    )

    @property
    def operation(self) -> by_hand.LeakyRelu:
        if isinstance(self.layer, nn.RReLU):  # in evaluation, the middle of what it draws from
            return by_hand.LeakyRelu((self.layer.lower + self.layer.upper) / 2)
        return by_hand.LeakyRelu(self.layer.negative_slope)


class Hardtanh(Activation):
    """x between two limits."""

    key, layers, function = "hardtanh", (nn.Hardtanh,), "hardtanh"
    texts = by_language(
        en={
            "name": "hard tanh",
            "text": "A hard tanh passes numbers between its two limits and stops there.",
        },
        vi={"name": "tanh cứng", "text": "Tanh cứng giữ nguyên số nằm giữa hai giới hạn và dừng tại đó."},
    )

    @property
    def operation(self) -> by_hand.Hardtanh:
        return by_hand.Hardtanh(float(self.layer.min_val), float(self.layer.max_val))


class Threshold(Activation):
    """x above a threshold, one value for all others."""

    key, layers, function = "threshold", (nn.Threshold,), "threshold"
    texts = by_language(
        en={
            "name": "threshold",
            "text": "A threshold passes large numbers and replaces all others by one value.",
        },
        vi={"name": "ngưỡng", "text": "Hàm ngưỡng giữ nguyên số lớn và thay mọi số khác bằng một giá trị."},
    )

    @property
    def operation(self) -> by_hand.Threshold:
        return by_hand.Threshold(float(self.layer.threshold), float(self.layer.value))


class HardShrink(Activation):
    """x, or 0 where it is small."""

    key, layers, function = "hard_shrink", (nn.Hardshrink,), "hardshrink"
    texts = by_language(
        en={"name": "hard shrink", "text": "A hard shrink makes small numbers 0 and passes the others."},
        vi={"name": "co cứng", "text": "Phép co cứng biến số nhỏ thành 0 và giữ nguyên các số khác."},
    )

    @property
    def operation(self) -> by_hand.HardShrink:
        return by_hand.HardShrink(float(self.layer.lambd))


class SoftShrink(Activation):
    """x brought nearer to 0."""

    key, layers, function = "soft_shrink", (nn.Softshrink,), "softshrink"
    texts = by_language(
        en={"name": "soft shrink", "text": "A soft shrink brings every number nearer to 0, small ones to 0."},
        vi={"name": "co mềm", "text": "Phép co mềm kéo mọi số về gần 0, số nhỏ thành 0."},
    )

    @property
    def operation(self) -> by_hand.SoftShrink:
        return by_hand.SoftShrink(float(self.layer.lambd))


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
        return in_single_precision(super().input_gradient(), self.record)


class HardSwish(Activation):
    """x times the hard sigmoid."""

    key, layers, function = "hard_swish", (nn.Hardswish,), "hardswish"
    operation = by_hand.HardSwish()
    texts = by_language(
        en={"name": "hard swish", "text": "A hard swish is x times a sigmoid of three straight lines."},
        vi={"name": "swish cứng", "text": "Swish cứng là x nhân với sigmoid ghép từ ba đoạn thẳng."},
    )


@dataclass(frozen=True, eq=False)
class PReLU(Kind):
    """A leaky ReLU whose slope below 0 is learned."""

    key = "prelu"
    layers = (nn.PReLU,)
    parameters = ("weight",)
    same_place = True
    operation = by_hand.Prelu()
    texts = by_language(
        en={
            "name": "PReLU",
            "text": "A PReLU passes positive numbers on and multiplies negative ones by a slope that is "
            "learned.",
        },
        vi={"name": "PReLU", "text": "PReLU giữ nguyên số dương và nhân số âm với một hệ số được học."},
    )

    def detail(self, index: Index) -> Point:
        x = float(self.x[index])
        return Point(x if x > 0 else self.slope(index) * x, x, "PReLU")

    def slope(self, index: Index) -> float:
        """a, of the number's channel."""
        weight = self.arguments["weight"]
        return float(weight[index[1] if weight.size > 1 else 0])

    def input_gradient(self) -> InputGradient:
        value = self.back(self.upstream, self.arguments)
        return InputGradient(value, np.abs(value), 1)

    def fed(self, index: Index) -> Fed:
        """1 above 0, a below."""
        slope = 1.0 if self.x[index] > 0 else self.slope(index)
        return Fed(np.array([index]), np.array([slope]))

    @property
    def learned(self) -> dict[str, tuple[str, ...]]:
        return {"weight": ("channel",)}

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        own = self.arguments["weight"].size > 1
        return (sample, *index, *position) if own else (sample, *position)

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ·min(x, 0), at every place of the channel, or of all channels that share the slope."""
        below: Array = np.minimum(self.x, 0)
        if self.arguments["weight"].size > 1:
            return channel_terms(self.upstream, below, *index)
        return channel_terms(self.upstream[:, None], below[:, None], *index)


PIECEWISE_LINEAR: tuple[type[Kind], ...] = (
    ReLU, ReLU6, LeakyReLU, Hardtanh, Threshold, HardShrink, SoftShrink, HardSigmoid, HardSwish, PReLU,
)  # fmt: skip
