"""Results as tables on a terminal."""

import shlex
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
    from striate.evaluating.evaluate import Evaluation, Views
    from striate.evaluating.metrics import Scores
    from striate.evaluating.predict import Predictions
    from striate.evaluating.predict_clips import Span
    from striate.evaluating.predictions import Prediction
    from striate.evaluating.scoring import Progress as Counter
    from striate.training.train import Run

LISTED = 20
"""Rows of a long table that are printed; all of them are in the JSON."""
UNBROKEN = 1000
"""Characters in a line where nobody looks at it on a terminal."""


def screen(error: bool = False) -> Console:
    """Where results are printed. Names are printed as they are, whatever is in them; elsewhere than on a
    terminal no line is broken, so that paths and commands can be copied.
    """
    console = Console(stderr=error, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def print_run(run: "Run") -> None:
    """What a training came to, where its files are, and what to do next."""
    console = screen()
    if run.status == "stopped":
        command = shlex.join(["striate", "train", "--resume", str(run.path)])
        console.print(f"stopped, everything saved; go on with:  {command}")
        return
    console.print(f"run {run.path}")
    facts = dict(_facts(run))
    width = max(map(len, facts))
    for name, fact in facts.items():
        console.print(f"  {name:<{width}}  {fact}")
    file = "IMAGE" if run.unit == "images" else "VIDEO"
    console.print(f"\nnext:  {shlex.join(['striate', 'predict', str(run.path)])} {file}")


def _facts(run: "Run") -> Iterator[tuple[str, str]]:
    for name, scores in (("test", run.test), ("validation", run.val)):
        if scores is not None:
            yield f"{name} accuracy", f"{scores.top1:.2%} of {scores.images:,} {scores.unit}"
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
    console = screen()
    for note in result.notes:
        console.print(note, style="dim")
    scores = result.scores
    top5 = "" if scores.top5 is None else f", top-5 {scores.top5:.2%}"
    console.print(f"{result.run} on {result.data}, {result.split}: ", end="")
    console.print(f"{scores.top1:.2%}", style="bold", end="")
    views = "" if result.views is None else _views(result.views)
    console.print(
        f" of {scores.images:,} {scores.unit}{views}{top5}, loss {scores.loss:.4f}, "
        f"calibration error {scores.calibration_error:.2%}"
    )
    console.print(_class_table(scores))


def _views(views: "Views") -> str:
    looks = f"{views.clips} clip{'s' * (views.clips > 1)} × {views.crops} crop{'s' * (views.crops > 1)}"
    return f" ({looks} of each; {views.scores.top1:.2%} of {views.scores.images:,} single clips)"


def _class_table(scores: "Scores") -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for head in (scores.unit, "precision", "recall", "most often taken for"):
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
    table = Table(box=None, pad_edge=False)
    for head in ("file", "class"):
        table.add_column(head, overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("then", style="dim")
    for one in result.images:
        table.add_row(one.file, *_best(one))
    screen().print(table)
    print_lines("skipped", skipped_in(result))


def print_videos(result: "Predictions") -> None:
    """One row for each video, and under it one for each of its windows."""
    table = Table(box=None, pad_edge=False)
    for head in ("file", "time", "class"):
        table.add_column(head, overflow="fold", justify="right" if head == "time" else "left")
    table.add_column("probability", justify="right")
    table.add_column("then", style="dim")
    for video in result.videos or ():
        table.add_row(video.whole.file, _time(video.span), *_best(video.whole))
        if len(video.windows) > 1:
            for one, span in zip(video.windows, video.spans, strict=True):
                table.add_row("", _time(span), *_best(one), style="dim")
    screen().print(table)
    print_lines("skipped", skipped_in(result))


def _time(span: "Span") -> str:
    return "–" if span.start is None or span.end is None else f"{span.start:.2f}–{span.end:.2f} s"


def _best(one: "Prediction") -> tuple[str, str, str]:
    """The most probable class, its probability, and the next two."""
    pairs = zip(one.classes[1:3], one.probabilities[1:3], strict=True)
    rest = ", ".join(f"{name} {share:.1%}" for name, share in pairs)
    return one.best, f"{one.probabilities[0]:.1%}", rest


def skipped_in(result: "Predictions") -> list[str]:
    """One line for each file that could not be read."""
    return [f"{one.path}: {one.reason}" for one in result.skipped]


def print_misfits(rows: Sequence[tuple[str, str, str]]) -> None:
    """Weights that do not fit, on standard error."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    for head in ("parameter", "in the file", "in the network"):
        table.add_column(head, overflow="fold")
    for row in rows[:LISTED]:
        table.add_row(*row)
    if len(rows) > LISTED:
        table.caption = f"and {len(rows) - LISTED} more"
    screen(error=True).print(table)


def print_lines(head: str, lines: Iterable[object], error: bool = False) -> None:
    """`head: line`, one a line."""
    for line in lines:
        screen(error).print(f"{head}: {line}")


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
