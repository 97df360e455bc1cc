"""What predictions and scores look like: their tables, and the documents that hold them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO

from striate.evaluating.answers import Prediction
from striate.evaluating.curves import Curves
from striate.evaluating.evaluation import Evaluation, Views
from striate.evaluating.event_scores import EventScores
from striate.evaluating.events import Event
from striate.evaluating.metrics import Scores
from striate.evaluating.mistakes import Mistake
from striate.evaluating.predict_clips import Span, VideoPrediction
from striate.evaluating.predictions import Predictions
from striate.numbers import DASH, count, counted, percent
from striate.pages import (
    Block,
    Column,
    Document,
    Figure,
    Gallery,
    Notes,
    Paragraph,
    Png,
    Section,
    Table,
    document_of,
)
from striate.pages.table import AT_JOINTS, AT_SPACES

LISTED = 20
"""Classes that are shown; all of them are in the JSON."""
SHOWN = 3
"""Classes that are shown of each file."""
LISTED_EVENTS = 100
"""Events that are shown; all of them are in the CSV."""
DRAWN = 8
"""Videos whose time line a page shows."""


@document_of.register
def predictions_document(result: Predictions) -> Document:
    """A row for each file, window or event; the time lines where events were asked for."""
    skipped = (f"skipped: {one.path}: {one.reason}" for one in result.skipped)
    notes = Notes((*remarks_of(result), *skipped))
    drawn = (result.videos or ())[:DRAWN] if result.rules is not None else ()
    lead: tuple[Block, ...] = (predictions_table(result), notes, *map(_figure, drawn))
    return Document(title=f"What {result.run} says", sections=(), lead=lead)


@document_of.register
def evaluation_document(result: Evaluation) -> Document:
    """The scores over all, then by class; the curves and the worst mistakes."""
    tables = [class_table(result.scores)]
    if result.events is not None:
        tables.append(event_scores_table(result.events))
    notes = Notes((*result.notes, *more_classes(result.scores)))
    title = f"{result.run} on {result.data}, {result.split}"
    sections = (*_curves(result.curves), *_mistakes_shown(result.mistakes))
    said = [Paragraph(one) for one in (summary_of(result), *asked_besides(result))]
    return Document(title=title, sections=sections, lead=(*said, *tables, notes))


def _curves(curves: Curves | None) -> Iterator[Section]:
    if curves is None:
        return
    from striate.evaluating.pictures import draw_curves  # it loads matplotlib

    file = BytesIO()
    draw_curves(curves, file)
    caption = (
        f"Each class against all others: mean area below the ROC curve {curves.roc_area:.4f}, mean average "
        f"precision {curves.average_precision:.4f}"
    )
    yield Section("Every threshold", (Figure(caption, caption, Png(file.getvalue())),))


def _mistakes_shown(mistakes: Sequence[Mistake]) -> Iterator[Section]:
    if not mistakes:
        return
    figures = tuple(Figure(_of_mistake(one), _of_mistake(one), Png(one.png())) for one in mistakes)
    caption = "The true class is least probable in the first; each picture is as the network sees it"
    yield Section("The worst mistakes", (Gallery(caption, figures),))


def _of_mistake(one: Mistake) -> str:
    given, own = percent(one.probability, 1), percent(one.probability_of_label, 1)
    return f"true: {one.label} ({own}), given: {one.given} ({given}) – {one.file}"


def _figure(video: VideoPrediction) -> Figure:
    from striate.evaluating.pictures import draw_timeline  # it loads matplotlib

    file = BytesIO()
    draw_timeline(video, file)
    events = video.events or ()
    alt = "; ".join(f"{one.label} from {one.start:.2f} to {one.end:.2f} s" for one in events[:LISTED])
    return Figure(video.whole.file, alt or "nothing happens", Png(file.getvalue()))


# Of predictions.


def predictions_table(result: Predictions) -> Table:
    """One row for each image; or for each event; or for each video, and under it one for each window."""
    if result.videos is None:
        return _table([(one.file, one) for one in result.images], result.told.top)
    return (
        _windows_table(result.videos, result.told.top)
        if result.rules is None
        else _events_table(result.videos)
    )


def remarks_of(result: Predictions) -> tuple[str, ...]:
    """What the table leaves out, and what is to be known of the files that it tells of."""
    more = 0 if result.rules is None else len(_happening(result.videos or ())) - LISTED_EVENTS
    return (*((f"{more} more events: --csv lists all",) if more > 0 else ()), *result.notes)


def _windows_table(videos: Sequence[VideoPrediction], top: int | None) -> Table:
    rows: list[tuple[str, Prediction]] = []
    spans: list[Span] = []
    faint: set[int] = set()
    for video in videos:
        rows.append((video.whole.file, video.whole))
        spans.append(video.span)
        if len(video.windows) > 1:
            faint |= set(range(len(rows), len(rows) + len(video.windows)))
            rows += [("", one) for one in video.windows]
            spans += video.spans
    table, time = _table(rows, top), Column("time", tuple(map(_time, spans)))
    return replace(table, columns=(table.columns[0], time, *table.columns[1:]), faint=frozenset(faint))


def _happening(videos: Sequence[VideoPrediction]) -> list[tuple[str, Event | None]]:
    """Each event with its file; None where nothing happens."""
    return [(video.whole.file, event) for video in videos for event in video.events or (None,)]


def _events_table(videos: Sequence[VideoPrediction]) -> Table:
    rows = _happening(videos)[:LISTED_EVENTS]
    files = [file for file, _ in rows]
    firsts = [file if file != before else "" for file, before in zip(files, [None, *files], strict=False)]
    events = [event for _, event in rows]
    columns = (
        Column("file", tuple(firsts), left=True, breaks=AT_JOINTS),
        Column.of("event", events, lambda one: "nothing" if one is None else one.label, left=True),
        Column.of("from", events, lambda one: DASH if one is None else f"{one.start:.2f} s"),
        Column.of("to", events, lambda one: DASH if one is None else f"{one.end:.2f} s"),
        Column.of("probability", events, lambda one: DASH if one is None else percent(one.probability, 1)),
    )
    return Table("", columns, elsewhere="--csv")


def _table(rows: Sequence[tuple[str, Prediction]], top: int | None) -> Table:
    columns = (
        Column.of("file", rows, lambda row: row[0], left=True, breaks=AT_JOINTS),
        Column.of("class", rows, lambda row: _class(row[1]), left=True, breaks=AT_JOINTS),
        Column.of("probability", rows, lambda row: percent(row[1].probabilities[0], 1)),
        Column.of("then", rows, lambda row: _next_best(row[1], top), left=True, rank=1, breaks=AT_SPACES),
    )
    return Table("", columns, elsewhere="--csv")


def _time(span: Span) -> str:
    return "–" if span.start is None or span.end is None else f"{span.start:.2f}–{span.end:.2f} s"


def _class(one: Prediction) -> str:
    return one.best if one.sure in (None, True) else f"unsure: {one.best}"


def _next_best(one: Prediction, top: int | None) -> str:
    """The classes that are most probable after the best, two unless another number was asked for."""
    last = top or SHOWN
    pairs = zip(one.classes[1:last], one.probabilities[1:last], strict=True)
    return ", ".join(f"{name}\N{NO-BREAK SPACE}{percent(share, 1)}" for name, share in pairs)


# Of scores.


def summary_of(result: Evaluation) -> str:
    """The scores over all, in a sentence."""
    scores = result.scores
    top5 = "" if scores.top5 is None else f", top-5 {percent(scores.top5)}"
    views = "" if result.views is None else _views(result.views)
    return (
        f"{percent(scores.top1)} of {scores.images:,} {scores.unit}{views}{top5}, loss {scores.loss:.4f}, "
        f"calibration error {percent(scores.calibration_error)}"
    )


def _views(views: Views) -> str:
    looks = f"{counted(views.clips, 'clip')} × {counted(views.crops, 'crop')}"
    return f" ({looks} of each; {percent(views.scores.top1)} of {views.scores.images:,} single clips)"


def more_classes(scores: Scores) -> tuple[str, ...]:
    """What the table of classes leaves out."""
    more = len(scores.classes) - LISTED
    return (f"{more} more classes: --json lists all",) if more > 0 else ()


def asked_besides(result: Evaluation) -> Iterator[str]:
    """What was asked for by `top` and `threshold`, a sentence each."""
    top, sure, scores = result.top_k, result.sure, result.scores
    if top is not None:
        yield f"the true class is among the {top.k} most probable ones: {percent(top.accuracy)}"
    if sure is not None:
        right = "" if sure.accuracy is None else f", {percent(sure.accuracy)} of those right"
        many = f"{sure.images:,} of {scores.images:,} {scores.unit} ({percent(sure.share)})"
        yield f"at least {100 * sure.threshold:g} % probable: {many}{right}"


def class_table(scores: Scores) -> Table:
    """A row for each class."""
    classes = scores.classes[:LISTED]
    columns = (
        Column.of("class", classes, lambda one: one.name, left=True, breaks=AT_JOINTS),
        Column.of(scores.unit, classes, lambda one: count(one.images)),
        Column.of("precision", classes, lambda one: percent(one.precision)),
        Column.of("recall", classes, lambda one: percent(one.recall)),
        Column("most often taken for", tuple(_mistakes(scores)), left=True, breaks=AT_JOINTS),
    )
    return Table("", columns)


def event_scores_table(scores: EventScores) -> Table:
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


def _mistakes(scores: Scores) -> Iterator[str]:
    """For each class listed, the one that it is most often taken for, and how often."""
    for number in range(min(LISTED, len(scores.classes))):
        row = list(scores.confusion[number])
        row[number] = 0
        wrong = max(range(len(row)), key=row.__getitem__)
        yield f"{scores.classes[wrong].name} ({row[wrong]})" if row[wrong] else "–"
