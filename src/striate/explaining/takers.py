"""Which layers took what a layer gave, and where in it: directly, or by way of functions in `forward`.

What functions did is found by trial on the recorded numbers, and told only where what comes back by all of
them is what came to the layer.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from striate.errors import NetworkError
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.kinds.kind import NOWHERE, Index
from striate.explaining.origins import from_one, same
from striate.tracing.layer_record import LayerRecord, Recorded

BLOCKS = (2, 3, 4)
"""Sides of blocks of which a function may have taken the largest number."""
POOLS = {3: functional.max_pool1d, 4: functional.max_pool2d, 5: functional.max_pool3d}
"""By the axes of what they take."""


def takers_of(recorded: Recorded, record: LayerRecord, index: Index) -> list[tuple[LayerRecord, Index]]:
    """The layers that a layer's output went to, and where the number stands in their inputs.

    To the ones directly; and to one that a function lies before which hands every δ on as it is, such as a
    sum or another shape: what comes back to its input is what is missing at this output. (A sum that is
    written into one of its summands looks as if that alone were its input.)
    """
    direct = [one for one in recorded.after(record) if one.input_gradient is not None and _known(one)]
    found = [(one, index) for one in direct]
    assert record.upstream is not None
    if len(direct) == 1 and torch.equal(record.upstream, direct[0].input_gradient):  # type: ignore[arg-type]
        return found
    missing = record.upstream - sum(one.input_gradient.reshape(record.upstream.shape) for one in direct)  # type: ignore[union-attr,misc]
    if float(missing.norm()) <= 1e-5 * float(record.upstream.norm()):
        return found
    after = recorded.layers[recorded.layers.index(record) + 1 :]
    later = [one for one in after if one.input_gradient is not None and one.whole and _known(one)]
    flat = int(np.ravel_multi_index(index, tuple(record.output.shape)))
    for one in sorted(later, key=lambda one: one.source is not None):
        gradient = one.input_gradient
        assert gradient is not None
        if gradient.numel() == missing.numel() and _alike(gradient.reshape(missing.shape), missing):
            return [*found, (one, _place(flat, one))]
    later = [one for one in later if one.source is None]
    for sums in (False, True):
        if there := _through_functions(record, index, missing, later, sums):
            return [*found, *there]
    return found


def _through_functions(
    record: LayerRecord, index: Index, missing: Tensor, later: Sequence[LayerRecord], sums: bool
) -> list[tuple[LayerRecord, Index]]:
    """Those that took it by functions which move or rectify it, where they bring back all that is missing.

    sums: also by a sum with what others gave, as each of several blocks after this one does.
    """
    found, came = [], torch.zeros_like(missing)
    for one in later:
        places = went(record.output, one.input)
        if places is None and sums and one.input.numel() == record.output.numel():
            places = torch.arange(missing.numel(), device=missing.device).reshape(missing.shape)
        if places is not None:
            assert one.input_gradient is not None
            back = one.input_gradient.reshape(-1)[places.clamp_min(0)]
            came += torch.where(places == NOWHERE, 0, back)
            found.append((one, int(places[index])))
            if _alike(came, missing):
                return [(taker, _place(flat, taker)) for taker, flat in found if flat != NOWHERE]
    return []


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two gradients are the same but for rounding."""
    return float((one - other).norm()) <= 1e-5 * float(other.norm())


def _place(flat: int, taker: LayerRecord) -> Index:
    """A place in the input of a layer."""
    return tuple(int(spot) for spot in np.unravel_index(flat, tuple(taker.input.shape)))


def _known(record: LayerRecord) -> bool:
    """Whether a layer can be worked out, and the loss has a part of it."""
    try:
        kind_of(record)
    except NetworkError:
        return False
    return record.upstream is not None


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
    places, how = torch.arange(x.numel(), device=x.device).reshape(x.shape), from_one(x, made)
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
        if same(x.reshape(largest.shape), largest):
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
    return next((first for first in alike if same(x[:, first : first + len(own)], made)), None)
