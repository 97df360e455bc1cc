"""Results as tables on a terminal."""

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from striate.cli.printing import screen
from striate.numbers import percent
from striate.pages import Column, Table
from striate.pages.table import AT_DOTS

if TYPE_CHECKING:
    from striate.comparing import Comparison
    from striate.evaluating.evaluation import Evaluation
    from striate.evaluating.predictions import Predictions
    from striate.training.train import Run

LISTED = 20
"""Rows of a long table that are printed; all of them are in the JSON."""
LISTED_EVENTS = 100
"""Events that are printed; all of them are in the CSV."""


def print_run(run: "Run") -> None:
    """What a training came to, where its files are, and what to do next."""
    if run.status == "stopped":
        command = shlex.join(["striate", "train", "--resume", str(run.path)])
        screen().print(f"stopped, everything saved; go on with:  {command}")
        return
    screen().print(f"run {run.path}")
    print_pairs(list(_facts(run)))
    file = "IMAGE" if run.unit == "images" else "VIDEO"
    screen().print(f"\nnext:  {shlex.join(['striate', 'predict', str(run.path)])} {file}")


def print_pairs(pairs: Sequence[tuple[str, str]], width: int = 0) -> None:
    """Names and what there is to say of them, below each other."""
    width = max([width, *(len(name) for name, _ in pairs)])
    for name, text in pairs:
        screen().print(f"  {name:<{width}}  {text}")


def _facts(run: "Run") -> Iterator[tuple[str, str]]:
    for name, scores in (("test", run.test), ("validation", run.val)):
        if scores is not None:
            yield f"{name} accuracy", f"{percent(scores.top1)} of {scores.images:,} {scores.unit}"
    yield "weights kept", f"of epoch {run.best_epoch} of {run.epochs}"
    yield "parameters", f"{run.parameters:,}"
    yield "time", f"{run.seconds:.1f} s, {_speed(run)}, {run.number_format}"
    for picture in run.pictures:
        yield picture.stem, str(picture)


def _speed(run: "Run") -> str:
    digits = 0 if run.per_second >= 10 else 1
    return f"{run.per_second:,.{digits}f} {run.unit}/s"


def print_evaluation(result: "Evaluation") -> None:
    """Scores over all, then by class."""
    from striate.evaluating.page import (
        asked_besides,
        class_table,
        event_scores_table,
        more_classes,
        summary_of,
    )

    console = screen()
    for note in result.notes:
        console.print(note, style="dim")
    share, rest = summary_of(result).split(" of ", 1)
    head = f"{result.run} on {result.data}, {result.split}: "
    console.print(Text.assemble(head, (share, "bold"), f" of {rest}"))
    for sentence in asked_besides(result):
        console.print(sentence)
    console.print(class_table(result.scores))
    if result.events is not None:
        console.print(event_scores_table(result.events))
    for remark in more_classes(result.scores):
        console.print(remark, style="dim")


def print_predictions(result: "Predictions") -> None:
    """The table, and what is to be known of the files in it."""
    from striate.evaluating.page import predictions_table, remarks_of

    screen().print(predictions_table(result))
    for remark in remarks_of(result):
        screen().print(remark, style="dim")


def print_comparison(result: "Comparison") -> None:
    """One row for each way, what is to be known of it, and where the files are."""
    from striate.comparing.table import remarks_of, table_of

    console = screen()
    console.print(table_of(result))
    console.print()
    for remark in remarks_of(result):
        console.print(remark, style="dim")
    print_pairs([(file.stem, str(file)) for file in result.files], width=10)


def print_misfits(rows: Sequence[tuple[str, str, str]]) -> None:
    """Weights that do not fit, on standard error."""
    listed = rows[:LISTED]
    columns = tuple(
        Column.of(head, listed, lambda row, n=n: row[n], left=True, breaks=AT_DOTS)  # type: ignore[misc]
        for n, head in enumerate(("parameter", "in the file", "in the network"))
    )
    console = screen(error=True)
    console.print(Table("", columns))
    if len(rows) > LISTED:
        console.print(f"and {len(rows) - LISTED} more", style="dim")
