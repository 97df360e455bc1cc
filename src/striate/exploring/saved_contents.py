"""Which maps and numbers a saved page holds.

Maps: all of them in full where there is room, else the strongest of each layer, their numbers as 255 levels,
which is all that a picture needs. Numbers: some of every layer, each with those behind it that count most.
Layers take turns, the next being the one that has had the least: each number counts as the square root of
what it takes, between as many of each layer and as much room for each. First comes of each layer the number
that it opens with; then one way from the answer down to a pixel; then those that a reader is led to
by the numbers held already, backward to the pixels and forward to the loss; then the strongest number of
each map; then all the rest.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any
from zlib import compress

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.explainer import Explainer
from striate.explaining.origins import INPUT
from striate.exploring.views import PAGE, maps, maps_of

LED = 3
"""Of the numbers behind a number, how many are held next."""
Index = tuple[int, ...]


class Choice:
    """What is held next, of every layer in turn."""

    def __init__(self, opened: Explainer, layers: Sequence[str]) -> None:
        self.opened, self.spent = opened, dict.fromkeys(reversed(layers), 0.0)
        self.first = {name: _first(opened, name) for name in layers}
        """The number that each layer opens with."""
        self._led = {name: deque([index]) for name, index in self.first.items()}
        self._others = {name: _others(opened, name) for name in layers}
        self._held: dict[str, set[Index]] = {name: set() for name in layers}
        self._opening, self._next = list(layers), dict[tuple[str, Index], list[tuple[str, Index]]]()
        self._way = [(name, self.first[name]) for name in layers[-1:]]

    def next(self) -> tuple[str, Index] | None:
        """A layer that has had the least, and its next number; None when every number is held."""
        if self._opening:
            return self._opening[-1], self.first[self._opening[-1]]
        while self._way and self._way[0] in self._next:
            self._way = self._next[self._way[0]]
        if self._way and self._way[0][0] in self.spent:
            return self._way[0]
        while self.spent:
            name = min(self.spent, key=self.spent.__getitem__)
            index = self._index(name)
            if index is not None:
                return name, index
            self.end(name)
        return None

    def end(self, name: str) -> None:
        """No more of this layer."""
        if self._opening:
            self._opening.pop()
        self._way = [one for one in self._way if one[0] != name]
        self.spent.pop(name, None)

    def held(self, name: str, unit: dict[str, Any], size: int) -> None:
        """A number is held, as the page is told of it; size: what it took."""
        index = tuple(unit["index"])
        self._held[name].add(index)
        self.spent[name] += size**0.5
        made = self._made(name, unit)
        self._next[name, index] = made[:1]
        if self._opening:
            self._opening.pop()
        for layer, place in [*made, *_fed(unit)]:
            if layer in self._led:
                self._led[layer].append(place)

    def _index(self, name: str) -> Index | None:
        led, others = self._led[name], self._others[name]
        while True:
            index = led.popleft() if led else next(others, None)
            if index is None or index not in self._held[name]:
                return index

    def _made(self, name: str, unit: dict[str, Any]) -> list[tuple[str, Index]]:
        """The numbers that count most in it, the summands of a sum by their size."""
        origin = self.opened.origins.get(name)
        if origin is None or unit["reads"] is None:
            return []
        found = []
        for flat in _strongest(unit):
            found += sorted(origin.made(flat), key=self._size, reverse=True)
        return found

    def _size(self, place: tuple[str, Index]) -> float:
        recorded = self.opened.observed.recorded
        made = recorded.inputs if place[0] == INPUT else recorded.named(place[0]).output
        return abs(float(made[place[1]]))


def _fed(unit: dict[str, Any]) -> Iterator[tuple[str, Index]]:
    """The numbers that count most in its gradient, and what is made of it alone."""
    for part in (unit["delta"] or {}).get("parts", [])[:LED]:
        yield part["layer"], tuple(part["place"])
    for one in unit["after"]:
        yield one["layer"], tuple(one["index"])


def _first(opened: Explainer, name: str) -> Index:
    unit = opened.explain(layer=name).unit
    assert unit is not None
    return tuple(unit.index)


def _strongest(unit: dict[str, Any]) -> list[int]:
    """Of what it reads, by their products where it has some, by themselves where not."""
    reads = np.asarray(unit["reads"])
    for name in ("products", "values", "inputs"):
        size = np.abs(np.asarray(unit.get(name, []), dtype=float)).ravel()
        if size.size == reads.size:
            reads = reads[np.argsort(-size, kind="stable")]
            break
    return [int(one) for one in reads if one >= 0][:LED]


def _others(opened: Explainer, name: str) -> Iterator[Index]:
    """The largest number of each map, the largest maps first; then all others."""
    numbers = opened.numbers(name)
    assert numbers is not None
    if numbers.ndim > 1:
        maps = np.moveaxis(numbers, 1, 0)
        flat = maps.reshape(len(maps), -1)
        for c in np.argsort(-flat.max(axis=1), kind="stable").tolist():
            first, *rest = np.unravel_index(int(flat[c].argmax()), maps.shape[1:])
            yield int(first), c, *map(int, rest)
    for place in np.argsort(-np.abs(numbers).ravel(), kind="stable").tolist():
        yield tuple(int(one) for one in np.unravel_index(place, numbers.shape))


FACTORS = (("patch", "kernel"), ("inputs", "weights"))
"""What stands beside products, and was multiplied to get them."""


def packed(unit: dict[str, Any]) -> dict[str, Any]:
    """The same in less room, and whole again on the page: single-precision numbers in nine digits, which tell
    them exactly; products as the names of their factors.
    """
    found, arrays = dict(unit), {}
    for name in ("values", *FACTORS[0], *FACTORS[1]):
        array = np.asarray(unit.get(name, 0.0))
        if array.ndim and array.dtype == float and np.array_equal(array.astype(np.float32), array):
            arrays[name] = array
            digits = [float(f"{one:.9g}") for one in array.ravel().tolist()]
            found[name] = np.array(digits).reshape(array.shape).tolist()
    for one, other in FACTORS:
        if one in arrays and other in arrays and "products" in unit:
            same = np.array_equal(arrays[one] * arrays[other], np.asarray(unit["products"]))
            found["products"] = [one, other] if same else unit["products"]
    return {**found, "singles": list(arrays)}


def weights_of(opened: Explainer, layer: str) -> Iterator[str]:
    """Weights of a layer: the one that the tour shows, and that of the strongest product of its number."""
    shape = opened.parameters(layer).get("weight", np.empty(0)).shape
    if len(shape) < 2:
        return
    yield _said(0 if axis < 2 else side // 2 for axis, side in enumerate(shape))
    unit = opened.explain(layer=layer).unit
    assert unit is not None
    products = np.abs(np.asarray(unit.to_json().get("products", []), dtype=float)).ravel()
    if products.size == np.prod(shape[1:]):
        yield _said((unit.index[1], *np.unravel_index(int(products.argmax()), shape[1:])))


def _said(index: Iterable[Any]) -> str:
    return ",".join(str(int(one)) for one in index)


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
