"""Results as tables on a terminal."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text

from striate.cli.printing import screen
from striate.numbers import DASH, count, counted, percent
from striate.pages import Column, Table
from striate.pages.table import AT_DOTS, AT_JOINTS, AT_SPACES

if TYPE_CHECKING:
    from striate.comparing import Comparison
    from striate.evaluating.evaluate import Evaluation, Views
    from striate.evaluating.event_scores import EventScores
    from striate.evaluating.metrics import Scores
    from striate.evaluating.predict import Predictions
    from striate.evaluating.predict_clips import Prediction, Span, VideoPrediction
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
    _print_pairs(list(_facts(run)))
    file = "IMAGE" if run.unit == "images" else "VIDEO"
    screen().print(f"\nnext:  {shlex.join(['striate', 'predict', str(run.path)])} {file}")


def _print_pairs(pairs: Sequence[tuple[str, str]], width: int = 0) -> None:
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
    console = screen()
    for note in result.notes:
        console.print(note, style="dim")
    scores = result.scores
    top5 = "" if scores.top5 is None else f", top-5 {percent(scores.top5)}"
    views = "" if result.views is None else _views(result.views)
    console.print(
        Text.assemble(
            f"{result.run} on {result.data}, {result.split}: ",
            (percent(scores.top1), "bold"),
            f" of {scores.images:,} {scores.unit}{views}{top5}, loss {scores.loss:.4f}, "
            f"calibration error {percent(scores.calibration_error)}",
        )
    )
    console.print(_class_table(scores))
    if result.events is not None:
        console.print(_event_table(result.events))
    if len(scores.classes) > LISTED:
        console.print(f"{len(scores.classes) - LISTED} more classes: --json lists all", style="dim")


def _views(views: "Views") -> str:
    looks = f"{counted(views.clips, 'clip')} × {counted(views.crops, 'crop')}"
    return f" ({looks} of each; {percent(views.scores.top1)} of {views.scores.images:,} single clips)"


def _class_table(scores: "Scores") -> Table:
    classes = scores.classes[:LISTED]
    return Table(
        "",
        (
            Column.of("class", classes, lambda one: one.name, left=True, breaks=AT_JOINTS),
            Column.of(scores.unit, classes, lambda one: count(one.images)),
            Column.of("precision", classes, lambda one: percent(one.precision)),
            Column.of("recall", classes, lambda one: percent(one.recall)),
            Column("most often taken for", tuple(_mistakes(scores)), left=True, breaks=AT_JOINTS),
        ),
    )


def _event_table(scores: "EventScores") -> Table:
    """Average precision at each overlap, class by class, and their mean."""
    classes = scores.classes[:LISTED]
    names = ("mean of classes", *(one.name for one in classes))
    rows = (scores.mean_average_precision, *(one.average_precision for one in classes))
    overlaps = tuple(scores.to_json()["mean_average_precision"])
    columns = (
        Column("events", names, left=True, breaks=AT_JOINTS),
        Column("there", (count(scores.events), *(count(one.events) for one in classes))),
        Column("found", (count(scores.predicted), *(count(one.predicted) for one in classes))),
        *(
            Column(f"AP at {overlap}", tuple(percent(row[number]) for row in rows))
            for number, overlap in enumerate(overlaps)
        ),
    )
    return Table("", columns, strong=frozenset({0}), elsewhere="--json")


def _mistakes(scores: "Scores") -> Iterator[str]:
    """For each class listed, the one that it is most often taken for, and how often."""
    for number in range(min(LISTED, len(scores.classes))):
        row = list(scores.confusion[number])
        row[number] = 0
        wrong = max(range(len(row)), key=row.__getitem__)
        yield f"{scores.classes[wrong].name} ({row[wrong]})" if row[wrong] else "–"


def print_predictions(result: "Predictions") -> None:
    """One row for each image; or for each video, and under it one for each of its windows."""
    if result.videos is None:
        screen().print(_table([(one.file, one) for one in result.images]))
        return
    rows: list[tuple[str, Prediction]] = []
    spans: list[Span] = []
    faint: set[int] = set()
    if result.rules is not None:
        _print_events(result.videos)
        return
    for video in result.videos:
        rows.append((video.whole.file, video.whole))
        spans.append(video.span)
        if len(video.windows) > 1:
            faint |= set(range(len(rows), len(rows) + len(video.windows)))
            rows += [("", one) for one in video.windows]
            spans += video.spans
    table = _table(rows)
    time = Column("time", tuple(map(_time, spans)))
    screen().print(
        replace(table, columns=(table.columns[0], time, *table.columns[1:]), faint=frozenset(faint))
    )


def _print_events(videos: Sequence["VideoPrediction"]) -> None:
    """One row for each event; a video in which nothing happens says so."""
    rows = [(video.whole.file, event) for video in videos for event in video.events or (None,)]
    listed = rows[:LISTED_EVENTS]
    firsts = [
        file if number == 0 or rows[number - 1][0] != file else "" for number, (file, _) in enumerate(listed)
    ]
    events = [event for _, event in listed]
    table = Table(
        "",
        (
            Column("file", tuple(firsts), left=True, breaks=AT_JOINTS),
            Column.of("event", events, lambda one: "nothing" if one is None else one.label, left=True),
            Column.of("from", events, lambda one: DASH if one is None else f"{one.start:.2f} s"),
            Column.of("to", events, lambda one: DASH if one is None else f"{one.end:.2f} s"),
            Column.of(
                "probability", events, lambda one: DASH if one is None else percent(one.probability, 1)
            ),
        ),
        elsewhere="--csv",
    )
    screen().print(table)
    if len(rows) > len(listed):
        screen().print(f"{len(rows) - len(listed)} more events: --csv lists all", style="dim")


def _table(rows: Sequence[tuple[str, "Prediction"]]) -> Table:
    return Table(
        "",
        (
            Column.of("file", rows, lambda row: row[0], left=True, breaks=AT_JOINTS),
            Column.of("class", rows, lambda row: row[1].best, left=True, breaks=AT_JOINTS),
            Column.of("probability", rows, lambda row: percent(row[1].probabilities[0], 1)),
            Column.of("then", rows, lambda row: _next_best(row[1]), left=True, rank=1, breaks=AT_SPACES),
        ),
        elsewhere="--csv",
    )


def _time(span: "Span") -> str:
    return "–" if span.start is None or span.end is None else f"{span.start:.2f}–{span.end:.2f} s"


def _next_best(one: "Prediction") -> str:
    """The two classes that are most probable after the best, each with its probability beside it."""
    pairs = zip(one.classes[1:3], one.probabilities[1:3], strict=True)
    return ", ".join(f"{name}\N{NO-BREAK SPACE}{percent(share, 1)}" for name, share in pairs)


def print_comparison(result: "Comparison") -> None:
    """One row for each way, what is to be known of it, and where the files are."""
    from striate.comparing.table import remarks_of, table_of

    console = screen()
    console.print(table_of(result))
    console.print()
    for remark in remarks_of(result):
        console.print(remark, style="dim")
    _print_pairs([(file.stem, str(file)) for file in result.files], width=10)


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
