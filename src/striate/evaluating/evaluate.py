"""The verb `evaluate`: a run against a set of labelled images or clips."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from striate.algorithms import Table
from striate.checked import checked, like
from striate.data import ClipSet, ImageData, ImageSet
from striate.data.sources.given import Source
from striate.data.unreadable_files import skipped_note
from striate.errors import ArgumentError, DataError, NetworkError
from striate.evaluating.answers import predictions_of, sure_answers, top_accuracy
from striate.evaluating.asking import Asking
from striate.evaluating.both_sides import both_sides
from striate.evaluating.curves import curves_of
from striate.evaluating.evaluation import Evaluation, Views
from striate.evaluating.event_scores import EventScores, evaluate_events
from striate.evaluating.exported import ExportedNetwork
from striate.evaluating.metrics import probabilities, score
from striate.evaluating.mistakes import KEPT, Scored, worst_mistakes
from striate.evaluating.opening import open_trained
from striate.evaluating.predict import predict
from striate.evaluating.run_model import Trained, class_numbers, open_for
from striate.evaluating.scoring import Progress, batch_of, device_of, logits_of, readable
from striate.machine import gains_by_choosing
from striate.tuning import tune

ALL = "all"
"""Every split of a set."""
WORTH_MEASURING = 100
"""Batches to score from which on algorithms are measured first: measuring takes as long as 5 of them."""


@checked
@like(predict, without="embed part engine weights classes offline")
def evaluate(
    run: str | Path,
    data: Source | None = None,
    *,
    split: str = "test",
    clips: int = 1,
    crops: int = 1,
    out: str | Path | None = None,
    mistakes: int = KEPT,
    top: int | None = None,
    events: bool = False,
    progress: Progress | None = None,
    **asked: Any,
) -> Evaluation:
    """Scores a run on a split of `data`, by default of the data that it was trained on.

    Classes are matched by name, so the set may hold fewer of them or list them in another order.

    Args:
        run: as for `predict`.
        data: a data set, as for `train`. By default the one that the run was trained on.
        split: which part of it: "test", "val", "train", or "all", for a set that is not split: of such a set
            a part is taken otherwise, as for training.
        clips: of each video, so many clips spread over its time; its probabilities are their mean.
        crops: of each clip, 1 crop at the centre, or 3 along the long side.
        out: write evaluation.json, predictions.csv, confusion.png, and ROC and precision-recall curves as
            curves.png and curves.json into this folder.
        mistakes: how many of the worst mistakes are kept with their pictures, for the page: those first whose
            true class is least probable.
        top: also how often the true class is among this many of the most probable ones, which are listed of
            each image.
        events: look for events in whole files, as `predict` does, and score them against the set's segments:
            mean average precision at temporal overlaps from 0.3 to 0.7.
        progress: called with (images or clips done, all of them).
        asked: what else `predict` takes of the network itself, as flip=True or threshold=0.9.

    Raises:
        RunError: a folder that is no run.
        DataError: a set that does not fit.
        ArgumentError: views or events of images; windows that do not fit; events where there are no segments;
            numbers that cannot be.
    """
    if mistakes < 0:
        raise ArgumentError(f"mistakes is how many of them are kept, 0 or more; got {mistakes}")
    asking = Asking.of(run, top=top, events=events, **asked)
    told, rules = asking.told, asking.events
    trained = open_trained(run, asking.device, asking.algorithms, transform=asking.transform)
    _refuse(trained, asking, several=(clips, crops) != (1, 1))
    images = open_for(trained, data)
    numbers = class_numbers(trained, images)
    whole = [images.splits[name] for name in _splits(images, split)]
    parts = [_viewed(one, clips, crops) for one in whole]
    if asking.algorithms == "auto":
        trained = replace(trained, algorithms=_algorithms_for(trained, sum(map(len, parts)), parts[0]))
    trained = both_sides(trained) if asking.flip else trained
    found: EventScores | None = None
    damaged: tuple[str, ...] = ()
    if rules is not None:
        found, damaged = evaluate_events(
            trained, whole, images.classes, rules, window=asking.window, hop=asking.hop, progress=progress
        )
    scored = [_score_split(trained, part, clips * crops, progress) for part in parts]
    looks, labels, files, index = (np.concatenate(each) for each in zip(*scored, strict=True))
    rows, labels = looks.mean(axis=1), numbers[labels]  # looks: (N, V, K)
    late = [one for part in parts for one in part.skipped]
    origin = np.repeat(np.arange(len(parts)), [len(one[0]) for one in scored])
    where = Scored(whole, origin, index)
    unit = "images" if trained.sampling is None else "videos"
    result = Evaluation(
        run=str(run),
        data=images.name,
        split=split,
        scores=score(rows, labels, trained.classes, unit),
        predictions=predictions_of(rows, files.tolist(), trained.classes, labels, told),
        notes=(*images.notes, *skipped_note(late), *damaged, *trained.notes),
        views=None if trained.sampling is None else _views(trained, looks, labels, clips, crops),
        events=found,
        told=told,
        top_k=top_accuracy(rows, labels, told),
        sure=sure_answers(rows, labels, told),
        curves=curves_of(rows, labels, trained.classes),
        mistakes=worst_mistakes(
            rows, labels, files.tolist(), trained.classes, mistakes, where, trained.channels
        ),
    )
    return result if out is None else replace(result, files=result.save(out))


def _refuse(trained: Trained, asking: Asking, several: bool) -> None:
    """Raises ArgumentError for what does not go together. several: views of each."""
    if trained.sampling is None and several:
        raise ArgumentError(
            f"{asking.run} was trained on images, of which there is one view: leave --clips and --crops out"
        )
    if asking.events is None and (asking.window, asking.hop) != (None, None):
        raise ArgumentError("--window and --hop are of events, which were not asked for; add --events")
    if asking.events is not None and trained.sampling is None:
        raise ArgumentError(f"{asking.run} was trained on images, which have no events: leave --events out")


def _views(trained: Trained, looks: np.ndarray, labels: np.ndarray, clips: int, crops: int) -> Views:
    """The scores of single clips, looks (N, V, K) of videos with these labels (N,)."""
    N, V, K = looks.shape
    scores = score(looks.reshape(N * V, K), np.repeat(labels, V), trained.classes, "clips")
    return Views(clips, crops, scores)


def _viewed(images: ImageSet, clips: int, crops: int) -> ImageSet:
    return images.views(clips, crops) if isinstance(images, ClipSet) and clips * crops > 1 else images


def _splits(images: ImageData, split: str) -> tuple[str, ...]:
    if split == ALL:
        return tuple(images.splits)
    if split not in images.splits:
        raise DataError(
            f"{images.name} has no split {split!r}: it has {', '.join(images.splits)}; "
            "name one with --split, or all"
        )
    return (split,)


def _score_split(
    trained: Trained, images: ImageSet, views: int, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities (N, V, K), labels (N,), names (N,) and indices (N,) in the set of what could be read."""
    logits = logits_of(
        trained.network, images, trained.normalise, algorithms=trained.algorithms, progress=progress
    )
    looks = probabilities(logits, trained.temperature).reshape(-1, views, logits.shape[1])
    read = readable(images)[::views]
    names = np.array(images.names)[::views][read]
    return looks[read], images.labels[::views][read], names, np.flatnonzero(read)


def _algorithms_for(trained: Trained, looks: int, images: ImageSet) -> Table:
    """The known algorithms; where there is much to score, all that there are, measured first."""
    one = images.take([0])
    at_once = batch_of(one.numel())
    shape, device = (at_once, *one.shape[1:]), device_of(trained.network)
    exported = isinstance(trained.network, ExportedNetwork)
    if looks < WORTH_MEASURING * at_once or exported or not gains_by_choosing(device):
        return trained.algorithms
    try:
        return tune(trained.network, shape, number_format="fp32", device=device, gradients=False).table
    except NetworkError:  # it cannot be followed without its numbers
        return trained.algorithms
