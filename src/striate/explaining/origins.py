"""Where the numbers of a layer's input come from: which layers made them, and what lies between.

Between two layers there may be functions of a network's `forward` that are no layers: a sum, another shape,
a concatenation. What they did is found by trial on the recorded numbers, and only what gives exactly what the
layer took is told. So a number of any layer can be followed back to the input.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord, Recorded

INPUT = "input"
"""Stands for the network's input, where a layer would be named."""
BEFORE = 48
"""Layers that are tried as makers of an input, the last ones before it."""
NOWHERE = -1
"""The place of a number that did not go on."""
BLOCKS = (2, 3, 4)
"""Sides of blocks of which a function may have taken the largest number."""
POOLS = {3: functional.max_pool1d, 4: functional.max_pool2d, 5: functional.max_pool3d}
"""By the axes of what they take."""
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
        how = _from_one(x, one[1])
        if how is not None:
            yield how, (one,)
    alike = [one for one in made if one[1].shape == x.shape]
    for pair in combinations(alike, 2):
        if _equal(x, pair[0][1], pair[1][1]):
            yield "sum", pair
    joined = _joined(x, made)
    if joined:
        yield "channels", joined


def _from_one(x: Tensor, made: Tensor) -> How | None:
    """How x is made of one tensor."""
    if made.dtype != x.dtype:
        return None
    if made.dim() == 3 and made.shape[::2] == x.shape and _equal(x, made[:, -1]):
        return "last step"
    if made.numel() != x.numel():
        return None
    if made.shape == x.shape:
        if _equal(x, made):
            return "same"
        return "rectified" if _equal(x, made.clamp_min(0)) else None
    if _equal(x, made.reshape(x.shape)):
        return "shape"
    if made.dim() == 5 and x.dim() == 4 and _equal(x, made.transpose(1, 2).reshape(x.shape)):
        return "frames to batch"
    if made.dim() == 4 and x.dim() == 5:
        folded = x.transpose(1, 2)
        return "batch to frames" if _equal(folded, made.reshape(folded.shape)) else None
    return None


def went(made: Tensor, x: Tensor) -> Tensor | None:
    """Where in x, flat, each number of a layer's output went on its way to another layer as that one's input.

    Args:
        made: the output.
        x: the input.

    Returns:
        Of the shape of `made`, -1 for what did not go there; None where x is not made of it alone, or beside
        others along the channels.
    """
    found = _moved(made, x)
    if found is None:
        found = _moved(made.clamp_min(0), x)
        found = None if found is None else torch.where(made > 0, found, NOWHERE)
    return found


def _moved(made: Tensor, x: Tensor) -> Tensor | None:
    """The same where numbers are only moved."""
    places, how = torch.arange(x.numel(), device=x.device).reshape(x.shape), _from_one(x, made)
    if how == "last step":
        found = torch.full_like(made, NOWHERE, dtype=places.dtype)
        found[:, -1] = places
        return found
    if how == "frames to batch":
        N, C, T = made.shape[:3]
        return places.reshape(N, T, C, *made.shape[3:]).transpose(1, 2)
    if how == "batch to frames":
        return places.transpose(1, 2).reshape(made.shape)
    if how in ("same", "shape"):
        return places.reshape(made.shape)
    if x.dim() == 2 < made.dim() and made.numel() and x.shape[1] % made.shape[2:].numel() == 0:  # flattened
        x, places = (one.reshape(len(one), -1, *made.shape[2:]) for one in (x, places))
    first = _channels_from(x, made)
    return _pooled(made, x) if first is None else places[:, first : first + made.shape[1]]


def _pooled(made: Tensor, x: Tensor) -> Tensor | None:
    """The same where x is the largest number of each block, as `F.max_pool2d(x, 2)` takes it."""
    pool = POOLS.get(made.dim())
    for side in BLOCKS if pool is not None else ():
        sizes = [size // side for size in made.shape[2:]]
        if made.shape[:2].numel() * prod(sizes) != x.numel() or not x.numel():
            continue
        largest, winners = pool(made, side, return_indices=True)  # type: ignore[misc]
        if _equal(x.reshape(largest.shape), largest):
            found = torch.full_like(made, NOWHERE, dtype=torch.int64).flatten(2)
            places = torch.arange(x.numel(), device=x.device).reshape(winners.shape)
            return found.scatter(2, winners.flatten(2), places.flatten(2)).reshape(made.shape)
    return None


def _channels_from(x: Tensor, made: Tensor) -> int | None:
    """From which channel of x on it is what was made."""
    if made.dim() != x.dim() or made.dim() < 2 or made.shape[1] >= x.shape[1]:
        return None
    if made.shape[:1] + made.shape[2:] != x.shape[:1] + x.shape[2:] or not made.numel():
        return None
    own, theirs = (one.transpose(0, 1).flatten(1) for one in (made, x))
    middle = own.shape[1] // 2
    alike = (theirs[: len(theirs) - len(own) + 1, middle] == own[0, middle]).nonzero().flatten().tolist()
    return next((first for first in alike if _equal(x[:, first : first + len(own)], made)), None)


def _equal(x: Tensor, *summands: Tensor) -> bool:
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
            and _equal(x[:, filled : filled + one[1].shape[1]], one[1])
        )
        found = next(following, None)
        if found is None:
            return ()
        parts.append(found)
        filled += found[1].shape[1]
    return tuple(parts)
