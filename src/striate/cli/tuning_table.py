"""What `striate tune` prints."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from striate.cli.printing import screen
from striate.numbers import by
from striate.pages import Table
from striate.pages.table import AT_DOTS, AT_SPACES
from striate.tuning import Row, Trial, Tuning

HEADS = ("layer", "weight", "input", "operation", "algorithm", "ms", "plain ms", "error")


def print_tuning(result: Tuning, every: bool) -> None:
    """One row for each operation of each distinct convolution. every: one for each algorithm tried."""
    console = screen()
    rows = [line for row, names in _distinct(result.rows) for line in _lines(row, names, result, every)]
    console.print(_laid_out(Table.of_rows("", HEADS, rows)))
    before, after = (1e3 * result.seconds(plain=plain) for plain in (True, False))
    console.print(
        f"\nall convolutions of a step in {result.number_format}: {after:.1f} ms, "
        f"{before:.1f} ms by the plain calls ({before / max(after, 1e-9):.2f} times)"
    )
    for row, operation, trial in result.wrong:
        console.print(
            f"wrong on this machine: the plain {operation} of {row.call.name} in "
            f"{trial.choice.number_format} {_wrongness(trial)}"
        )


def _laid_out(table: Table) -> Table:
    """Texts at the left; shapes go first where the terminal is narrow."""
    breaks = {"layer": AT_DOTS, "operation": AT_SPACES, "algorithm": AT_SPACES}
    ranks = {"weight": 3, "input": 2, "error": 1}
    columns = [
        replace(
            column,
            left=column.head in breaks,
            breaks=breaks.get(column.head, ""),
            rank=ranks.get(column.head, 0),
        )
        for column in table.columns
    ]
    return replace(table, columns=tuple(columns), elsewhere="--json")


def _wrongness(trial: Trial) -> str:
    if math.isfinite(trial.seconds):
        return f"differs from fp32 by {trial.error:.2g}"
    return "is known to be wrong, and was not run"


def _distinct(rows: Sequence[Row]) -> Iterator[tuple[Row, list[str]]]:
    """Each convolution once, with the names of all layers that compute it."""
    names: dict[object, list[str]] = {}
    firsts: dict[object, Row] = {}
    for row in rows:
        question = (row.call.geometry, row.call.shape)
        firsts.setdefault(question, row)
        names.setdefault(question, []).append(row.call.name)
    return ((row, names[question]) for question, row in firsts.items())


def _lines(row: Row, names: list[str], result: Tuning, every: bool) -> Iterator[tuple[str, ...]]:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    head = (names[0] + more, by(row.call.geometry.weight_shape), by(row.call.shape))
    for operation in row.operations:
        plain, best = row.measured.trials[operation][0], row.measured.best(operation)
        for trial in row.measured.trials[operation] if every else (best,):
            own = trial.choice.number_format
            algorithm = trial.choice.algorithm + (f" in {own}" if own != result.number_format else "")
            mark = ("→ " if trial is best else "  ") if every else ""
            yield (
                *head,
                operation.value,
                mark + algorithm + ("" if trial.right else " (wrong)"),
                _milliseconds(trial),
                " ".join(filter(None, (_milliseconds(plain), "" if plain.right else "wrong"))),
                f"{trial.error:.0e}" if math.isfinite(trial.seconds) else "",
            )
            head = ("", "", "")


def _milliseconds(trial: Trial) -> str:
    return f"{1e3 * trial.seconds:.2f}" if math.isfinite(trial.seconds) else ""
