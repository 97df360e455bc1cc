"""PReLU: a leaky ReLU whose slope is learned."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from striate import derivation as by_hand
from striate.derivation import Terms, channel_terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.activation import Point
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import named


@dataclass(frozen=True, eq=False)
class PReLU(Kind):
    """A leaky ReLU whose slope below 0 is learned."""

    key = "prelu"
    layers = (nn.PReLU,)
    parameters = ("weight",)
    same_place = True
    operation = by_hand.Prelu()
    texts = named(
        en=(
            "PReLU",
            "A PReLU passes positive numbers on and multiplies negative ones by a slope that is learned.",
        ),
        vi=("PReLU", "PReLU giữ nguyên số dương và nhân số âm với một hệ số được học."),
    )

    def detail(self, index: Index) -> Point:
        x = float(self.x_at(index))
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
        slope = 1.0 if self.x_at(index) > 0 else self.slope(index)
        return Fed(np.array([index]), np.array([slope]))

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        return {"weight": ("channel",)}

    def filter_of(self, parameter: str, index: Index) -> int | None:
        return index[0] if self.arguments["weight"].size > 1 else None

    def place_of(self, parameter: str, index: Index, sample: int, position: Index) -> Index | None:
        own = self.arguments["weight"].size > 1
        return (sample, *index, *position) if own else (sample, *position)

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ·min(x, 0), at every place of the channel, or of all channels that share the slope."""
        below: Array = np.minimum(self.x, 0)
        if self.arguments["weight"].size > 1:
            return channel_terms(self.upstream, below, *index)
        return channel_terms(self.upstream[:, None], below[:, None], *index)
