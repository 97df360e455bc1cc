"""The verb `predict`: a run on files of images or of videos."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from striate.checked import checked
from striate.data import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Skipped, UnreadableError
from striate.data.sources.files_below import files_below
from striate.errors import ArgumentError, DataError
from striate.evaluating.answers import USUAL, AnswerRules, Prediction, predictions_of, to_csv
from striate.evaluating.both_sides import both_sides
from striate.evaluating.embedding import embeddings_of, joined, one_for_each
from striate.evaluating.events import EventRules, event_rules
from striate.evaluating.opening import open_trained
from striate.evaluating.predict_clips import (
    VideoPrediction,
    damage_notes,
    predict_video,
    probabilities_of,
    videos_in,
    videos_to_csv,
)
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress, batch_of
from striate.machine import return_memory
from striate.pages import Shown
from striate.runs import write, write_text

Look = Callable[[Path], VideoPrediction]
"""What looks at one video."""


@dataclass(frozen=True)
class Predictions(Shown):
    """What a run says about some files."""

    run: str
    images: tuple[Prediction, ...]
    skipped: tuple[Skipped, ...]
    """Files that could not be read, with the reason."""
    videos: tuple[VideoPrediction, ...] | None = None
    """In place of images, of a run that was trained on clips."""
    rules: EventRules | None = None
    """What made the events of the videos, where they were asked for."""
    about: tuple[str, ...] = ()
    """What is to be said of the network."""
    told: AnswerRules = USUAL
    """How much is told of each."""
    classes: tuple[str, ...] = field(default=(), repr=False)
    """All of them, in the network's order."""
    embeddings: np.ndarray | None = field(default=None, repr=False, compare=False)
    """(N, D) float32, a row for each image or video, where a layer was asked for."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.run,
            **({} if self.rules is None else {"event_rules": self.rules.to_json()}),
            **self._found(),
            "notes": list(self.notes),
            "skipped": [{"file": one.path, "reason": one.reason} for one in self.skipped],
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """A row for each image or video."""
        return [one.to_json() for one in (self.images if self.videos is None else self.videos)]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the network, and of what was damaged and looked at as far as it goes."""
        return (*self.about, *damage_notes(self.videos or ()))

    def to_csv(self) -> str:
        """One line for each image, or for each video, each of its events and each of its windows."""
        if self.videos is None:
            return to_csv(self.images, self.told, self.classes)
        return videos_to_csv(self.videos, self.told)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes predictions.json and predictions.csv into a folder, and returns their paths.

        Where events were asked for, each video has a picture there, too: timeline-1.png and so on. What a
        layer gave, where that was asked for, goes into embeddings.npy, in the order of the images or videos.
        """
        report, table = Path(folder) / "predictions.json", Path(folder) / "predictions.csv"
        write_text(report, json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n")
        write_text(table, self.to_csv())
        return report, table, *self._save_embeddings(Path(folder)), *self._draw(Path(folder))

    def _save_embeddings(self, folder: Path) -> Iterator[Path]:
        values = self.embeddings
        if values is not None:
            write(folder / "embeddings.npy", lambda path: _save_array(path, values))
            yield folder / "embeddings.npy"

    def _draw(self, folder: Path) -> Iterator[Path]:
        if self.rules is None:
            return
        from striate.evaluating.timeline_picture import draw_timeline  # it loads matplotlib

        for number, video in enumerate(self.videos or (), 1):
            picture = folder / f"timeline-{number}.png"
            write(picture, partial(draw_timeline, video))
            yield picture

    def _found(self) -> dict[str, Any]:
        if self.videos is None:
            return {"images": [image.to_json() for image in self.images]}
        return {"videos": [video.to_json() for video in self.videos]}


def _save_array(path: Path, values: np.ndarray) -> None:
    with path.open("wb") as file:  # of a path, NumPy changes the name
        np.save(file, values, allow_pickle=False)


@checked
def predict(
    run: str | Path,
    files: Iterable[str | Path],
    *,
    out: str | Path | None = None,
    flip: bool = False,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
    top: int | None = None,
    all_classes: bool = False,
    embed: str | None = None,
    window: float | None = None,
    hop: float | None = None,
    events: bool = False,
    threshold: float | None = None,
    threshold_off: float | None = None,
    min_duration: float | None = None,
    min_gap: float | None = None,
    device: str = "auto",
    algorithms: Literal["auto", "plain"] = "auto",
    progress: Progress | None = None,
) -> Predictions:
    """Classifies image files, and the images in folders, as the run's training images were prepared.

    A run that was trained on clips takes videos instead, and folders of frames. It tells of windows along
    them too, and of events: what happens from when to when. Videos may be of any length: they are decoded
    once, and memory does not grow with them. Unreadable files are skipped and named.

    Args:
        run: the folder of a run, made by `train`, a file that `export` has written, or the name of a network
            with published weights, as "mobilenet_v2".
        files: files of images, or of videos for a run on clips (also folders of frames), or folders of them;
            of videos also segments, as long.mp4#t=12,14.5, and lists of clips.
        out: write predictions.json and predictions.csv into this folder; of events, a picture of each video.
        flip: look at each image or clip in the mirror too, and take the mean of both scores: for classes that
            a mirror keeps. It takes twice the time.
        weights: of a network by its name: "imagenet", "imagenet-v1" or another name that `striate models`
            tells, or a file of them. By default the first that are published of it.
        classes: a file with the names of that network's classes, a line each.
        offline: fetch nothing.
        top: how many classes are listed of each, the most probable first. By default 5 in JSON, 3 in the
            table and 1 in CSV.
        all_classes: list every class; in CSV each has a column.
        embed: also keep what this layer gives of each image or video, as embeddings.npy in the folder `out`:
            a row of numbers each, the mean over positions and frames. `striate inspect` lists the layers.
        window: seconds of a window. By default 2 for a run whose frames are spread over a clip; any other has
            windows of its own length.
        hop: seconds from the beginning of one window to that of the next. By default as long as a window, for
            events a quarter of it.
        events: join the windows of each video into events: what happens from when to when.
        threshold: the probability from which on an answer is called sure. Of events: what each reaches
            somewhere, by default 0.5.
        threshold_off: the probability below which it ends. By default 0.3, or `threshold` if that is less.
        min_duration: seconds; shorter events are left out. By default 0.
        min_gap: seconds; events of one class that are less apart are one. By default 0.
        device: as for `train`.
        algorithms: how convolutions are computed: "auto" as was found fastest here, "plain" by PyTorch's own
            call.
        progress: called with (files done, all of them).

    Raises:
        RunError: a folder that is no run.
        DataError: no file is given, one does not exist or is of the other kind, or none can be read.
        ArgumentError: windows or events of images; a window or a hop that the videos have no frames for, or
            that is not the run's own; thresholds without events.
    """
    told = AnswerRules(top, None if events else threshold, all_classes)
    trained = open_trained(run, device, algorithms, weights=weights, classes=classes, offline=offline)
    if embed is not None and flip:
        raise ArgumentError("what a layer gives is of one side: leave --flip out, or --embed")
    heard = nullcontext() if embed is None else embeddings_of(trained.network, embed)
    trained = both_sides(trained, flip)
    rules = event_rules(events, threshold if events else None, threshold_off, min_duration, min_gap)
    if trained.sampling is None and (window, hop, rules) != (None, None, None):
        raise ArgumentError(
            f"{run} was trained on images, which have no time: leave --window, --hop and --events out"
        )
    with heard as vectors:
        if trained.sampling is None:
            result = _predict_images(trained, run, files, told, progress)
        else:
            look: Look = partial(predict_video, trained, window=window, hop=hop, rules=rules, told=told)
            if vectors is not None:
                look = one_for_each(look, vectors, whole=trained.sampling.whole)
            videos, late = _look_at(look, videos_in(run, files), progress)
            result = Predictions(str(run), (), late, videos, rules)
    result = replace(result, about=trained.notes, told=told, classes=trained.classes)
    if vectors is not None:
        result = replace(result, embeddings=joined(vectors, str(embed)))
    return _kept(result, out)


def _predict_images(
    trained: Trained,
    run: str | Path,
    files: Iterable[str | Path],
    told: AnswerRules,
    progress: Progress | None,
) -> Predictions:
    paths = [path for file in files for path in _expand(run, Path(file))]
    if not paths:
        raise DataError("no images given: name image files, or folders that hold some")
    names: list[str] = []
    skipped: list[Skipped] = []
    rows: list[np.ndarray] = []
    batch = batch_of(trained.channels * trained.size[0] * trained.size[1])
    for start in range(0, len(paths), batch):
        read = list(_read(trained, paths[start : start + batch], skipped))
        names += [name for name, _ in read]
        if read:
            rows.append(probabilities_of(trained, np.stack([pixels for _, pixels in read])))
        if progress is not None:
            progress(min(start + batch, len(paths)), len(paths))
    if not rows:
        raise DataError(_none_readable(skipped))
    images = predictions_of(np.concatenate(rows), names, trained.classes, rules=told)
    return Predictions(str(run), images, tuple(skipped))


def _kept(result: Predictions, out: str | Path | None) -> Predictions:
    """The same, written where it was asked for."""
    if out is not None:
        result.save(out)
    return result


def _look_at(
    look: Look, paths: Sequence[Path], progress: Progress | None
) -> tuple[tuple[VideoPrediction, ...], tuple[Skipped, ...]]:
    """What each video shows, and those that cannot be looked at. Raises where that is none."""
    if not paths:
        raise DataError("no videos given: name video files, or folders that hold some")
    return_memory()
    videos: list[VideoPrediction] = []
    skipped: list[Skipped] = []
    unfit: list[ArgumentError] = []
    for number, path in enumerate(paths):
        try:
            videos.append(look(path))
        except (ArgumentError, DataError) as problem:
            reason = str(problem).removeprefix(f"cannot read the video {path}: ")
            skipped.append(Skipped(str(path), reason=reason))
            unfit += [problem] if isinstance(problem, ArgumentError) else []
        if progress is not None:
            progress(number + 1, len(paths))
    if not videos:
        raise next(iter(unfit), DataError(_none_readable(skipped, "video")))
    return tuple(videos), tuple(skipped)


def _none_readable(skipped: list[Skipped], kind: str = "image") -> str:
    first = f"{skipped[0].path}: {skipped[0].reason}"
    if len(skipped) == 1:
        return f"cannot read the {kind} {first}; give a whole {kind} file"
    article = "an" if kind == "image" else "a"
    return (
        f"none of the {len(skipped)} files is {article} {kind} that can be read ({first}); "
        f"give whole {kind} files"
    )


def _expand(run: str | Path, path: Path) -> list[Path]:
    if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
        raise DataError(f"{run} was trained on images, and {path} is a video: give image files")
    files = files_below(path, "image")
    return files if files == [path] else [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]


def _read(trained: Trained, paths: list[Path], skipped: list[Skipped]) -> Iterator[tuple[str, np.ndarray]]:
    for path in paths:
        try:
            pixels = trained.preprocess.pixels(path)[0]
        except UnreadableError as error:
            skipped.append(Skipped(str(path), reason=error.reason))
        else:
            yield str(path), pixels
