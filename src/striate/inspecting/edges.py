"""Which rows of a table read what other rows give: the edges of the network."""

from collections.abc import Sequence

from striate.arithmetic.described import Recording
from striate.inspecting.grouping import Group

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
