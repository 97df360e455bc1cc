"""Events of whole files against the segments that a set says they have."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from striate.data import ClipSet, ImageSet
from striate.data.segment import Segment, parsed
from striate.data.video.clip_reading import seconds_of_segments
from striate.errors import ArgumentError
from striate.evaluating.event_scores import EventScores, TrueEvent, score_events
from striate.evaluating.events import EventRules
from striate.evaluating.predict_clips import damage_notes, predict_video
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress


def evaluate_events(
    trained: Trained,
    parts: Iterable[ImageSet],
    classes: tuple[str, ...],
    rules: EventRules,
    *,
    window: float | None = None,
    hop: float | None = None,
    progress: Progress | None = None,
) -> tuple[EventScores, tuple[str, ...]]:
    """Scores the events that a run finds in whole files; and what is to be said of damage in these.

    Args:
        trained: the run.
        parts: splits of a set whose clips are segments of files.
        classes: of the set, by number.
        rules: what makes an event.
        window: as for `predict`.
        hop: as for `predict`.
        progress: called with (files done, all of them).

    Raises:
        ArgumentError: no clip is a segment, or none shows an event; windows that do not fit.
        DataError: a file cannot be read.
    """
    truth = [event for part in parts for event in true_events(part, classes)]
    files = sorted({one.file for one in truth})
    videos = []
    for number, file in enumerate(files):
        videos.append(predict_video(trained, Path(file), window, hop, rules))
        if progress is not None:
            progress(number + 1, len(files))
    scores = score_events(truth, {one.whole.file: one.events or () for one in videos})
    if scores is None:
        raise ArgumentError(
            "events are scored against segments of longer files, and none of these clips is one: give a list "
            "with the columns path, start, end, label"
        )
    return scores, (*damage_notes(videos),)


def true_events(images: ImageSet, classes: tuple[str, ...]) -> Iterator[TrueEvent]:
    """The segments of files among the clips of a split, background included."""
    if not isinstance(images, ClipSet):
        return
    asked: dict[str, list[tuple[Segment, str]]] = {}
    for name, label in zip(images.names, images.labels.tolist(), strict=True):
        file, segment = parsed(name)
        if segment is not None:
            asked.setdefault(file, []).append((segment, classes[label]))
    for file, segments in asked.items():
        spans = seconds_of_segments(file, [segment for segment, _ in segments])
        for (begin, end), (_, label) in zip(spans, segments, strict=True):
            yield TrueEvent(file, begin, end, label)
