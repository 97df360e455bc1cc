"""What is asked of a network about files: plain values, so that another process can ask the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from striate.data.images.transform import Transform
from striate.errors import ArgumentError, DataError
from striate.evaluating.answers import AnswerRules
from striate.evaluating.both_sides import both_sides
from striate.evaluating.embedding import one_for_each
from striate.evaluating.events import EventRules
from striate.evaluating.looking import Look, Looking, images_in, look_at_images, look_at_videos
from striate.evaluating.opening import open_trained
from striate.evaluating.predict_clips import predict_video, videos_in
from striate.evaluating.run_model import Trained


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
        return both_sides(trained, self.flip)

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
