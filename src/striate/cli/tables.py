"""Results as tables on a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from striate.evaluating.evaluate import Evaluation
    from striate.evaluating.metrics import Scores
    from striate.evaluating.predict import Predictions
    from striate.evaluating.scoring import Progress as Counter
    from striate.training.train import Run

LISTED = 20
"""Rows of a long table that are printed; all of them are in the JSON."""


def print_run(run: "Run") -> None:
    """What a training came to, where its files are, and what to do next."""
    console = Console(highlight=False)
    if run.status == "stopped":
        console.print(
            f"stopped, everything saved; go on with:  striate train --resume {run.path}", markup=False
        )
        return
    table = Table(title=f"run {run.path}", title_justify="left", show_header=False, box=None)
    for name, scores in (("test", run.test), ("validation", run.val)):
        if scores is not None:
            table.add_row(f"{name} accuracy", f"{scores.top1:.2%} of {scores.images:,} images")
    table.add_row("weights kept", f"of epoch {run.best_epoch} of {run.epochs}")
    table.add_row("parameters", f"{run.parameters:,}")
    table.add_row("time", f"{run.seconds:.1f} s, {run.images_per_second:,.0f} images/s, {run.number_format}")
    for picture in run.pictures:
        table.add_row(picture.stem, str(picture))
    console.print(table)
    console.print(f"\nnext:  striate predict {run.path} IMAGE", markup=False)


def print_evaluation(result: "Evaluation") -> None:
    """Scores over all, then by class."""
    console = Console(highlight=False)
    for note in result.notes:
        console.print(note, style="dim", markup=False)
    scores = result.scores
    where = f"{result.run} on {result.data}, {result.split}"
    console.print(
        f"{where}: [bold]{scores.top1:.2%}[/] of {scores.images:,} images"
        + ("" if scores.top5 is None else f", top-5 {scores.top5:.2%}")
        + f", loss {scores.loss:.4f}, calibration error {scores.calibration_error:.2%}"
    )
    console.print(_class_table(scores))


def _class_table(scores: "Scores") -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for head in ("images", "precision", "recall", "most often taken for"):
        table.add_column(head, justify="right")
    for number, one in enumerate(scores.classes[:LISTED]):
        row = list(scores.confusion[number])
        row[number] = 0
        wrong = max(range(len(row)), key=row.__getitem__)
        other = f"{scores.classes[wrong].name} ({row[wrong]})" if row[wrong] else "–"
        table.add_row(one.name, f"{one.images:,}", _percent(one.precision), _percent(one.recall), other)
    if len(scores.classes) > LISTED:
        table.caption = f"{len(scores.classes) - LISTED} more classes: --json lists all"
    return table


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def print_predictions(result: "Predictions") -> None:
    """One row an image."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for head in ("file", "class"):
        table.add_column(head, overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("then", style="dim")
    for one in result.images:
        pairs = zip(one.classes[1:3], one.probabilities[1:3], strict=True)
        rest = ", ".join(f"{name} {share:.1%}" for name, share in pairs)
        table.add_row(one.file, one.best, f"{one.probabilities[0]:.1%}", rest)
    console.print(table)
    print_lines("skipped", (f"{one.path}: {one.reason}" for one in result.skipped))


def print_misfits(rows: Sequence[tuple[str, str, str]]) -> None:
    """Weights that do not fit, on standard error."""
    table = Table(box=None, pad_edge=False)
    for head in ("parameter", "in the file", "in the network"):
        table.add_column(head, overflow="fold")
    for row in rows[:LISTED]:
        table.add_row(*row)
    if len(rows) > LISTED:
        table.caption = f"and {len(rows) - LISTED} more"
    Console(stderr=True, highlight=False).print(table)


def print_lines(head: str, lines: Iterable[object]) -> None:
    """`head: line`, one a line."""
    for line in lines:
        Console(highlight=False).print(f"{head}: {line}", markup=False, soft_wrap=True)


@contextmanager
def counting(what: str) -> Iterator["Counter | None"]:
    """A bar on a terminal, for work that counts its images; nothing elsewhere."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn(what), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def fetching() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """A bar for each file that is fetched, on a terminal; nothing elsewhere."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
            bar.update(tasks[file], completed=done, total=total)

        yield show
