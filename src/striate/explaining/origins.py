"""Where the numbers of a layer's input come from: which layers made them, and what lies between.

Between two layers there may be functions of a network's `forward` that are no layers: a sum, another shape,
a concatenation. What they did is found by trial on the recorded numbers, and only what gives exactly what the
layer took is told. So a number of any layer can be followed back to the input.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord, Recorded

INPUT = "input"
"""Stands for the network's input, where a layer would be named."""
BEFORE = 48
"""Layers that are tried as makers of an input, the last ones before it."""
PROBED = 256
"""Numbers that are compared first."""
How = Literal[
    "same", "shape", "frames to batch", "batch to frames", "rectified", "last step", "sum", "channels"
]


@dataclass(frozen=True)
class Maker(ToJson):
    """What made some of the numbers: a layer, or the network's input."""

    layer: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Origin(ToJson):
    """Who made what a layer took.

    how: "same": it took what one layer gave; "shape": in another shape, in the same order; "frames to batch",
    "batch to frames": (N, C, T, H, W) as (N·T, C, H, W), or back; "rectified": what is below 0 as 0;
    "last step": the last one of (N, T, F); "sum": the sum of what several gave; "channels": theirs one after
    another along the channels.
    """

    how: How
    makers: tuple[Maker, ...]
    shape: tuple[int, ...]
    """Of what the layer took."""

    def made(self, flat: int) -> list[tuple[str, tuple[int, ...]]]:
        """Where a number of what the layer took was made, flat: its place there; of a sum, its summands."""
        index = tuple(int(one) for one in np.unravel_index(flat, self.shape))
        first, shape = self.makers[0].layer, self.makers[0].shape
        if self.how == "channels":
            ends = np.cumsum([one.shape[1] for one in self.makers])
            which = int(np.searchsorted(ends, index[1], side="right"))
            own = index[1] - int(ends[which]) + self.makers[which].shape[1]
            return [(self.makers[which].layer, (index[0], own, *index[2:]))]
        if self.how == "shape":
            return [(first, tuple(int(one) for one in np.unravel_index(flat, shape)))]
        if self.how == "frames to batch":
            return [(first, (index[0] // shape[2], index[1], index[0] % shape[2], *index[2:]))]
        if self.how == "batch to frames":
            return [(first, (index[0] * self.shape[2] + index[2], index[1], *index[3:]))]
        if self.how == "last step":
            return [(first, (index[0], shape[1] - 1, index[1]))]
        return [(one.layer, index) for one in self.makers]


def origins_of(recorded: Recorded) -> dict[str, Origin]:
    """The origin of each layer's input, by the layer's title; without those that are not known."""
    made: list[tuple[str, Tensor]] = [(INPUT, recorded.inputs)]
    found = {}
    for record in recorded.layers:
        if not record.whole:
            continue
        origin = _origin(record, made, recorded)
        if origin is not None:
            found[record.title] = origin
        made.append((record.title, record.output))
    return found


def _origin(record: LayerRecord, made: list[tuple[str, Tensor]], recorded: Recorded) -> Origin | None:
    x = record.input
    source = None if record.source is None else recorded.layers[record.source].title
    recent = [*made[1:][: -BEFORE - 1 : -1], made[0]]
    first = sorted(recent, key=lambda one: one[0] != source)  # the layer that handed it on
    for how, makers in _trials(x, first):
        return Origin(how, tuple(Maker(name, tuple(one.shape)) for name, one in makers), tuple(x.shape))
    return None


def _trials(
    x: Tensor, made: list[tuple[str, Tensor]]
) -> Iterator[tuple[How, tuple[tuple[str, Tensor], ...]]]:
    """Everything that gives x exactly, the simplest first."""
    for one in made:
        how = from_one(x, one[1])
        if how is not None:
            yield how, (one,)
    alike = [one for one in made if one[1].shape == x.shape]
    for pair in combinations(alike, 2):
        if same(x, pair[0][1], pair[1][1]):
            yield "sum", pair
    joined = _joined(x, made)
    if joined:
        yield "channels", joined


def from_one(x: Tensor, made: Tensor) -> How | None:
    """How x is made of one tensor."""
    if made.dtype != x.dtype:
        return None
    if made.dim() == 3 and made.shape[::2] == x.shape and same(x, made[:, -1]):
        return "last step"
    if made.numel() != x.numel():
        return None
    if made.shape == x.shape:
        if same(x, made):
            return "same"
        return "rectified" if same(x, made.clamp_min(0)) else None
    if same(x, made.reshape(x.shape)):
        return "shape"
    if made.dim() == 5 and x.dim() == 4 and same(x, made.transpose(1, 2).reshape(x.shape)):
        return "frames to batch"
    if made.dim() == 4 and x.dim() == 5:
        folded = x.transpose(1, 2)
        return "batch to frames" if same(folded, made.reshape(folded.shape)) else None
    return None


def same(x: Tensor, *summands: Tensor) -> bool:
    """Whether the sum is x, bit for bit; a few numbers are compared before all are."""
    step = max(1, x.numel() // PROBED)
    few = [one.reshape(-1)[::step] for one in summands]
    if not torch.equal(x.reshape(-1)[::step], sum(few[1:], few[0])):
        return False
    return torch.equal(x, sum(summands[1:], summands[0]))


def _joined(x: Tensor, made: list[tuple[str, Tensor]]) -> tuple[tuple[str, Tensor], ...]:
    """Tensors that stand in x one after another along the channels; none where they do not fill it."""
    parts: list[tuple[str, Tensor]] = []
    filled = 0
    while x.dim() > 1 and filled < x.shape[1]:
        following = (
            one
            for one in made
            if one[1].dim() == x.dim()
            and one[1].shape[:1] + one[1].shape[2:] == x.shape[:1] + x.shape[2:]
            and filled + one[1].shape[1] <= x.shape[1]
            and same(x[:, filled : filled + one[1].shape[1]], one[1])
        )
        found = next(following, None)
        if found is None:
            return ()
        parts.append(found)
        filled += found[1].shape[1]
    return tuple(parts)
