"""Which rows of a table read what others give, and where their blocks stand in a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from striate.arithmetic.described import Recording
from striate.inspecting.grouping import Group
from striate.inspecting.layers import Layer

THE_INPUT = -1
"""Stands for an input of the network among the rows that a row reads."""


def reads_of(recording: Recording, groups: Sequence[Group]) -> list[tuple[int, ...]]:
    """For each row the rows that it reads, in the order in which it does; operations in no row hand on."""
    row_of = {index: row for row, group in enumerate(groups) for index in group.operations}
    made: dict[int, dict[int, None]] = {number: {THE_INPUT: None} for number in recording.inputs}
    reads: list[dict[int, None]] = [{} for _ in groups]
    for index, operation in enumerate(recording.operations):
        sources = {row: None for tensor in operation.inputs for row in made.get(tensor, ())}
        row = row_of.get(index)
        if row is not None:
            reads[row].update((source, None) for source in sources if source != row)
            sources = {row: None}
        made.update(dict.fromkeys(operation.outputs, sources))
    _silent_rows(recording, groups, made, reads)
    return [tuple(row) for row in reads]


def _silent_rows(
    recording: Recording,
    groups: Sequence[Group],
    made: dict[int, dict[int, None]],
    reads: list[dict[int, None]],
) -> None:
    """Rows without an operation, as of an identity: they read what made the tensor that they hand on."""
    for row, group in enumerate(groups):
        returned = recording.calls[group.call].facts.get("returns")
        if not group.operations and returned:
            reads[row].update((one, None) for one in made.get(returned[0], ()) if one < row)


JOINS = ("add", "concatenate", "mul", "sub", "maximum", "stack")
"""Kinds of layers that bring branches together."""
Edges = Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one block stands."""

    column: int
    """How many blocks lie between it and the input, on the longest way."""
    lane: int
    """The line of the drawing; 0 is the main one."""


AT_THE_INPUT = Place(0, 0)


def edges_between(layers: Sequence[Layer], owners: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """For each block the blocks, or the input, that come to it, through rows that are not drawn.

    Args:
        layers: all rows.
        owners: for each row that is drawn the row that stands for it: itself, or the last one of its module.
    """
    through: dict[int, dict[int, None]] = {THE_INPUT: {THE_INPUT: None}}
    edges: dict[int, dict[int, None]] = {owner: {} for owner in owners.values()}
    for row, layer in enumerate(layers):
        sources = {one: None for read in layer.reads if read < row for one in through.get(read, ())}
        owner = owners.get(row)
        if owner is not None:
            edges[owner].update((one, None) for one in sources if one != owner)
        through[row] = sources if owner is None else {owner: None}
    return {row: tuple(one for one in sources if one < row) for row, sources in edges.items()}


def with_joins(layers: Sequence[Layer], owners: Mapping[int, int], most: int) -> dict[int, int]:
    """The rows that are drawn and those where branches come together, unless these are more than `most`."""
    candidates = {row: row for row, layer in enumerate(layers) if layer.kind in JOINS and row not in owners}
    edges = edges_between(layers, {**owners, **candidates})
    joins = {row: row for row in candidates if len(edges[row]) > 1}
    return {**owners, **joins} if len(joins) <= most else dict(owners)


def places_of(edges: Edges) -> dict[int, Place]:
    """A place for each row: behind all that it reads; the longest way lies on the main line."""
    columns = {THE_INPUT: 0}
    for row in sorted(edges):
        columns[row] = 1 + max((columns[source] for source in edges[row]), default=0)
    lanes = _lanes(edges, columns)
    return {row: Place(column, lanes[row]) for row, column in columns.items()}


def _lanes(edges: Edges, columns: Mapping[int, int]) -> dict[int, int]:
    """Ways are laid from their ends: each takes the lowest line that is free where it lies."""
    lanes: dict[int, int] = {}
    taken: dict[int, list[tuple[int, int]]] = {}
    for row in sorted(edges, reverse=True):
        if row not in lanes:
            way = _way(row, edges, columns, lanes)
            span = columns[way[-1]], columns[way[0]]
            lane = 0
            while any(first <= span[1] and span[0] <= last for first, last in taken.get(lane, [])):
                lane += 1
            taken.setdefault(lane, []).append(span)
            lanes.update(dict.fromkeys(way, lane))
    lanes.setdefault(THE_INPUT, 0)
    return lanes


def _way(row: int, edges: Edges, columns: Mapping[int, int], lanes: Mapping[int, int]) -> list[int]:
    """From a row back through the longest way, as far as that has no line yet."""
    way = [row]
    while True:
        open_ones = [one for one in edges.get(way[-1], ()) if one not in lanes]
        if not open_ones:
            return way
        way.append(max(open_ones, key=lambda one: columns[one]))
