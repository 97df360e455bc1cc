"""Which maps a saved page holds: all of them in full where there is room, else the strongest of each layer,
their numbers as 255 levels, which is all that a picture needs.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any
from zlib import compress

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.explainer import Explainer
from striate.explaining.origins import INPUT
from striate.exploring.views import PAGE, maps, maps_of

FULL = 5.4
"""Characters that a number in full takes in the page."""
LEVELS = 127
"""On either side of 0."""
FIRST = 35
"""The letter of level 0: those before it are written as several in JSON."""


def held_maps(opened: Explainer, layers: Sequence[str], room: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """What the page asks, and the answer: of the input and of each layer, forward and backward.

    room: characters of the page that the maps may take. The input stands in full where half is left.
    """
    asked = [(name, back) for name in (INPUT, *layers) for back in (False, True)]
    numbers = {one: maps_of(opened, *one) for one in asked}
    sizes = {one: found.size * FULL for one, found in numbers.items() if found is not None}
    full = {
        one
        for one in sizes
        if sum(sizes.values()) <= room or (one == (INPUT, False) and sizes[one] <= room / 2)
    }
    left = room - sum(sizes[one] for one in full)
    small = {one: _levels(numbers[one]) for one in sizes if one not in full}
    counts = dict(zip(small, _evenly([_weights(one) for one in small.values()], left), strict=True))
    for one in sizes:
        found = numbers[one]
        assert found is not None
        kept = [] if one in full else sorted(_strongest_first(found)[: counts[one]].tolist())
        for first in range(0, len(found), PAGE):
            here = [c for c in kept if first <= c < first + PAGE]
            asked_of = {"layer": one[0], "first": first, **({"side": "back"} if one[1] else {})}
            yield asked_of, _in_levels(found, small[one], here) if one in small else maps(opened, *one, first)


def _in_levels(numbers: Array, levels: Array, channels: list[int]) -> dict[str, Any]:
    """Some maps of a page of them: which channels, and each of their numbers as a letter."""
    limit = float(np.abs(numbers).max()) or 1.0
    return {
        "size": list(numbers.shape),
        "limit": limit,
        "channels": channels,
        "levels": letters(levels[channels]),
    }


def _levels(maps: Array | None) -> Array:
    """(C, F, H, W) as whole numbers from −127 to 127, as strong as the colour that a cell is drawn in."""
    assert maps is not None
    share = np.sqrt(np.abs(maps) / (np.abs(maps).max() or 1.0))
    levels: Array = np.round(np.sign(maps) * share * LEVELS).astype(np.int8)
    return levels


def letters(levels: Array) -> str:
    """Levels as text, small ones as the first letters: 0, −1, 1, −2 …"""
    flat = levels.ravel().astype(int)
    codes = np.where(flat < 0, -2 * flat - 1, 2 * flat) + FIRST
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _strongest_first(maps: Array) -> Array:
    order: Array = np.argsort(-np.abs(maps).reshape(len(maps), -1).max(axis=1), kind="stable")
    return order


def _weights(levels: Array) -> list[int]:
    """About the characters that each map takes, the strongest first."""
    return [len(compress(levels[c].tobytes(), 1)) * 4 // 3 for c in _strongest_first(levels)]


def _evenly(costs: list[list[int]], room: float) -> list[int]:
    """How many of each row fit into the room, each row having as much as the others, or all it needs."""
    counts, spent = [0] * len(costs), [(0, i) for i in range(len(costs))]
    heapify(spent)
    while spent:
        used, i = heappop(spent)
        if counts[i] < len(costs[i]) and costs[i][counts[i]] <= room:
            cost = costs[i][counts[i]]
            room, counts[i] = room - cost, counts[i] + 1
            heappush(spent, (used + cost, i))
    return counts
