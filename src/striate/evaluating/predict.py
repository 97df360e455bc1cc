"""The verb `predict`: a run on files of images or of videos."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.checked import checked
from striate.data import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Skipped, UnreadableError, read_image
from striate.data.sources.files_below import files_below
from striate.errors import ArgumentError, DataError
from striate.evaluating.predict_clips import (
    Prediction,
    VideoPrediction,
    predict_video,
    predictions_of,
    probabilities_of,
    to_csv,
    videos_in,
    videos_to_csv,
)
from striate.evaluating.run_model import Trained, open_run
from striate.evaluating.scoring import Progress, batch_of
from striate.runs import write_text


@dataclass(frozen=True)
class Predictions:
    """What a run says about some files."""

    run: str
    images: tuple[Prediction, ...]
    skipped: tuple[Skipped, ...]
    """Files that could not be read, with the reason."""
    videos: tuple[VideoPrediction, ...] | None = None
    """In place of images, of a run that was trained on clips."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.run,
            **self._found(),
            "skipped": [{"file": one.path, "reason": one.reason} for one in self.skipped],
        }

    def to_csv(self) -> str:
        """One line for each image, or for each video and each of its windows."""
        return to_csv(self.images) if self.videos is None else videos_to_csv(self.videos)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes predictions.json and predictions.csv into a folder, and returns their paths."""
        report, table = Path(folder) / "predictions.json", Path(folder) / "predictions.csv"
        write_text(report, json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n")
        write_text(table, self.to_csv())
        return report, table

    def _found(self) -> dict[str, Any]:
        if self.videos is None:
            return {"images": [image.to_json() for image in self.images]}
        return {"videos": [video.to_json() for video in self.videos]}


@checked
def predict(
    run: str | Path,
    files: Iterable[str | Path],
    *,
    window: float | None = None,
    device: str = "auto",
    algorithms: str = "auto",
    progress: Progress | None = None,
) -> Predictions:
    """Classifies image files, and the images in folders, as the run's training images were prepared.

    A run that was trained on clips takes videos instead, and folders of frames, and tells of windows along
    them too. Unreadable files are skipped and named.

    Args:
        run: the folder of a run.
        files: image files, or videos, or folders that hold some; of videos also segments, as
            `long.mp4#t=12,14.5`, and lists of clips.
        window: length of a window in seconds, 2 by default; a run with a stride has windows of its own
            length.
        device: "auto", "cpu", "cuda" or "cuda:1".
        algorithms: as for `evaluate`.
        progress: called with (files done, all of them).

    Raises:
        RunError: a folder that is no run.
        DataError: no file is given, one does not exist or is of the other kind, or none can be read.
        ArgumentError: a window for images, or for a run that has windows of its own.
    """
    trained = open_run(run, device, algorithms)
    if trained.sampling is not None:
        return _predict_videos(trained, files, window, progress)
    if window is not None:
        raise ArgumentError(f"{run} was trained on images, which have no --window: leave it out")
    paths = [path for file in files for path in _expand(run, Path(file))]
    if not paths:
        raise DataError("no images given: name image files, or folders that hold some")
    names: list[str] = []
    skipped: list[Skipped] = []
    rows: list[np.ndarray] = []
    batch = batch_of(trained.channels * trained.size[0] * trained.size[1])
    for start in range(0, len(paths), batch):
        images = list(_read(trained, paths[start : start + batch], skipped))
        names += [name for name, _ in images]
        if images:
            rows.append(probabilities_of(trained, np.stack([pixels for _, pixels in images])))
        if progress is not None:
            progress(min(start + batch, len(paths)), len(paths))
    if not rows:
        raise DataError(_none_readable(skipped))
    return Predictions(
        run=str(run),
        images=predictions_of(np.concatenate(rows), names, trained.classes),
        skipped=tuple(skipped),
    )


def _predict_videos(
    trained: Trained, files: Iterable[str | Path], window: float | None, progress: Progress | None
) -> Predictions:
    assert trained.sampling is not None
    if window is not None and (not trained.sampling.whole or not window > 0):
        raise ArgumentError(_no_window(trained, window))
    paths = videos_in(trained.run, files)
    if not paths:
        raise DataError("no videos given: name video files, or folders that hold some")
    videos: list[VideoPrediction] = []
    skipped: list[Skipped] = []
    for number, path in enumerate(paths):
        try:
            videos.append(predict_video(trained, path, window))
        except DataError as problem:
            skipped.append(
                Skipped(str(path), reason=str(problem).removeprefix(f"cannot read the video {path}: "))
            )
        if progress is not None:
            progress(number + 1, len(paths))
    if not videos:
        raise DataError(_none_readable(skipped, "video"))
    return Predictions(str(trained.run), (), tuple(skipped), tuple(videos))


def _no_window(trained: Trained, window: float) -> str:
    sampling = trained.sampling
    assert sampling is not None
    if sampling.whole:
        return f"a window is longer than 0 seconds; got --window {window:g}: try --window 2"
    apart = f"at a distance of {sampling.stride}" if sampling.step is None else f"{sampling.step:.3g} s apart"
    return (
        f"{trained.run} takes frames {apart}, so a window is as long as its "
        f"{sampling.frames} frames: leave --window out"
    )


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
            pixels = read_image(path, channels=trained.channels, size=trained.size)
        except UnreadableError as error:
            skipped.append(Skipped(str(path), reason=error.reason))
        else:
            yield str(path), pixels
