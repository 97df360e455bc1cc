"""Looking at files, some at a time: what is found in each, or why it cannot be looked at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Skipped, UnreadableError
from striate.data.sources.files_below import files_below
from striate.data.sources.list_files import LIST_SUFFIXES, clips_named
from striate.errors import ArgumentError, DataError
from striate.evaluating.answers import AnswerRules, Prediction, predictions_of
from striate.evaluating.predict_clips import VideoPrediction, probabilities_of
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress, batch_of
from striate.machine import return_memory

Look = Callable[[Path], VideoPrediction]
"""What looks at one video."""


class Seen(NamedTuple):
    """What was found in some files, and those of them that could not be looked at."""

    found: Sequence[Prediction | VideoPrediction]
    skipped: Sequence[Skipped] = ()
    unfit: ArgumentError | None = None
    """Why, where the file is whole but does not fit what was asked for."""


Looking = Callable[[Sequence[Path]], Iterator[Seen]]
"""What looks at files, some at a time."""


def images_in(run: str | Path, files: Iterable[str | Path]) -> list[Path]:
    """The images named, those in folders, and those of lists.

    Raises:
        DataError: one does not exist or is a video.
    """
    return [path for file in files for path in _expand(run, Path(file))]


def _expand(run: str | Path, path: Path) -> list[Path]:
    if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
        raise DataError(f"{run} was trained on images, and {path} is a video: give image files")
    if path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        return [Path(name) for name in clips_named(path)]
    files = files_below(path, "image")
    return files if files == [path] else [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]


def look_at_images(trained: Trained, told: AnswerRules, paths: Sequence[Path]) -> Iterator[Seen]:
    """What is found in images, a batch at a time."""
    batch = batch_of(trained.channels * trained.size[0] * trained.size[1])
    for start in range(0, len(paths), batch):
        names: list[str] = []
        pixels: list[np.ndarray] = []
        skipped: list[Skipped] = []
        for path in paths[start : start + batch]:
            try:
                pixels.append(trained.preprocess.pixels(path)[0])
            except UnreadableError as error:
                skipped.append(Skipped(str(path), reason=error.reason))
            else:
                names.append(str(path))
        rows = probabilities_of(trained, np.stack(pixels)) if pixels else np.empty((0, len(trained.classes)))
        yield Seen(predictions_of(rows, names, trained.classes, rules=told), skipped)


def look_at_videos(look: Look, paths: Sequence[Path]) -> Iterator[Seen]:
    """What is found in videos, one at a time."""
    return_memory()
    for path in paths:
        try:
            yield Seen([look(path)])
        except (ArgumentError, DataError) as problem:
            reason = problem.reason if isinstance(problem, UnreadableError) else str(problem)
            unfit = problem if isinstance(problem, ArgumentError) else None
            yield Seen((), [Skipped(str(path), reason=reason)], unfit)


def look_at_all(
    looking: Looking, paths: Sequence[Path], kind: str, progress: Progress | None
) -> tuple[list[Prediction | VideoPrediction], tuple[Skipped, ...]]:
    """What is found in all files, and those that cannot be looked at.

    Raises:
        DataError: there is none that can be read.
        ArgumentError: there is none that fits what was asked for.
    """
    found: list[Prediction | VideoPrediction] = []
    skipped: list[Skipped] = []
    unfit: list[ArgumentError] = []
    for seen in looking(paths):
        found += seen.found
        skipped += seen.skipped
        unfit += [] if seen.unfit is None else [seen.unfit]
        if progress is not None:
            progress(len(found) + len(skipped), len(paths))
    if not found:
        raise next(iter(unfit), DataError(_none_readable(skipped, kind)))
    return found, tuple(skipped)


def _none_readable(skipped: list[Skipped], kind: str) -> str:
    first = f"{skipped[0].path}: {skipped[0].reason}"
    if len(skipped) == 1:
        return f"cannot read the {kind} {first}; give a whole {kind} file"
    article = "an" if kind == "image" else "a"
    return (
        f"none of the {len(skipped)} files is {article} {kind} that can be read ({first}); "
        f"give whole {kind} files"
    )
