"""What a run says about some files: the result of `predict`, its tables, and the files it writes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from striate.data import Skipped
from striate.evaluating.answers import USUAL, AnswerRules, Prediction, to_csv
from striate.evaluating.events import EventRules
from striate.evaluating.part import PartDone
from striate.evaluating.predict_clips import VideoPrediction, damage_notes, videos_to_csv
from striate.pages import Shown
from striate.runs import write, write_text


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
    part: PartDone | None = None
    """Where a part of the files was asked for, what was done of it: the predictions are in its file."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        if self.part is not None:
            return {"run": self.run, **self.part.to_json(), "notes": list(self.notes)}
        return {
            "run": self.run,
            **({} if self.rules is None else {"event_rules": self.rules.to_json()}),
            **self._found(),
            "notes": list(self.notes),
            "skipped": [{"file": one.path, "reason": one.reason} for one in self.skipped],
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """A row for each image or video; of a part, one that tells what was done."""
        if self.part is not None:
            return [self.part.to_json()]
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
        from striate.evaluating.pictures import draw_timeline  # it loads matplotlib

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
