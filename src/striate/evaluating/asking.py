"""What is asked of a network about files, in values that other processes can take; and looking at them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from striate.data import Skipped, UnreadableError
from striate.data.images.transform import AsTransform, Transform, transform_of
from striate.errors import ArgumentError, DataError
from striate.evaluating.answers import AnswerRules, Prediction, predictions_of
from striate.evaluating.both_sides import both_sides
from striate.evaluating.embedding import one_for_each
from striate.evaluating.events import EventRules, event_rules
from striate.evaluating.named_files import images_in, videos_in
from striate.evaluating.opening import open_trained
from striate.evaluating.predict_clips import VideoPrediction, predict_video
from striate.evaluating.run_model import Trained, probabilities_of
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


@dataclass(frozen=True)
class Asking:
    """A network, how it is opened, and what it is asked."""

    run: str
    told: AnswerRules
    flip: bool = False
    window: float | None = None
    hop: float | None = None
    events: EventRules | None = None
    weights: str | Path | None = None
    classes: str | Path | None = None
    offline: bool = False
    device: str = "auto"
    algorithms: str = "auto"
    transform: Transform | None = None

    @classmethod
    def of(
        cls,
        run: str | Path,
        *,
        top: int | None = None,
        all_classes: bool = False,
        transform: AsTransform | None = None,
        events: bool = False,
        threshold: float | None = None,
        **others: Any,
    ) -> "Asking":
        """What is asked, by the names that `predict` has for it; where events are, the threshold is theirs.

        Raises:
            ArgumentError: thresholds of events that were not asked for, numbers that cannot be.
        """
        told = AnswerRules(top, None if events else threshold, all_classes)
        limits = {name: others.pop(name, None) for name in ("threshold_off", "min_duration", "min_gap")}
        rules = event_rules(events, threshold if events else None, **limits)
        return cls(str(run), told, events=rules, transform=transform_of(transform), **others)

    def opened(self) -> Trained:
        """The network.

        Raises:
            ArgumentError: windows or events of images; a mirror where there is no other side.
            RunError, WeightsError: as for `open_trained`.
        """
        named: dict[str, Any] = {"weights": self.weights, "classes": self.classes}
        named["transform"] = self.transform
        trained = open_trained(self.run, self.device, self.algorithms, **named, offline=self.offline)
        if trained.sampling is None and (self.window, self.hop, self.events) != (None, None, None):
            raise ArgumentError(
                f"{self.run} was trained on images, which have no time: leave --window, --hop and --events "
                "out"
            )
        return both_sides(trained) if self.flip else trained

    def files(self, trained: Trained, named: Iterable[str | Path]) -> list[Path]:
        """The images or videos that are meant.

        Raises:
            DataError: there are none, or one does not exist or is of the other kind.
        """
        paths = images_in(self.run, named) if trained.sampling is None else videos_in(self.run, named)
        if not paths:
            kind = kind_of(trained)
            raise DataError(f"no {kind}s given: name {kind} files, or folders that hold some")
        return paths

    def looking(self, trained: Trained, vectors: list[np.ndarray] | None = None) -> Looking:
        """What looks at files; `vectors` gets what a layer gives, where that is heard."""
        if trained.sampling is None:
            return partial(look_at_images, trained, self.told)
        look: Look = partial(
            predict_video, trained, window=self.window, hop=self.hop, rules=self.events, told=self.told
        )
        if vectors is not None:
            look = one_for_each(look, vectors, whole=trained.sampling.whole)
        return partial(look_at_videos, look)

    def about(self) -> dict[str, Any]:
        """What decides what is told of a file, in plain values."""
        events = None if self.events is None else self.events.to_json()
        own = {} if self.transform is None else {"transform": self.transform.to_json()}
        return {
            **vars(self.told),
            **own,
            "flip": self.flip,
            "window": self.window,
            "hop": self.hop,
            "events": events,
        }


def kind_of(trained: Trained) -> str:
    """What it looks at: "image" or "video"."""
    return "image" if trained.sampling is None else "video"
