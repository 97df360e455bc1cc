"""What an evaluation comes to, and the files of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from striate.evaluating.answers import USUAL, AnswerRules, Prediction, SureAnswers, TopK, to_csv
from striate.evaluating.curves import Curves
from striate.evaluating.event_scores import EventScores
from striate.evaluating.metrics import Scores
from striate.evaluating.mistakes import Mistake
from striate.numbers import percent
from striate.pages import Shown
from striate.runs import write, write_text


@dataclass(frozen=True)
class Views:
    """How often each video was looked at, and what a single look scores."""

    clips: int
    crops: int
    scores: Scores

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"clips": self.clips, "crops": self.crops, "clip_scores": self.scores.to_json()}


@dataclass(frozen=True)
class Evaluation(Shown):
    """What a run scores on one split of a data set."""

    run: str
    data: str
    split: str
    scores: Scores
    predictions: tuple[Prediction, ...]
    """One an image or video, in the set's order."""
    notes: tuple[str, ...] = ()
    views: Views | None = None
    """Of videos: what their single clips score."""
    files: tuple[Path, ...] = ()
    """What was written of it."""
    events: EventScores | None = None
    """Of whole files, where it was asked for: the events found in them against the set's segments."""
    told: AnswerRules = USUAL
    """How much the predictions tell."""
    top_k: TopK | None = None
    """Where a number of classes was asked for."""
    sure: SureAnswers | None = None
    """Where a threshold was given."""
    curves: Curves | None = None
    """None where all images are of one class."""
    mistakes: tuple[Mistake, ...] = ()
    """The worst, as many as were asked for."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; the predictions of single images are left to `predictions.csv`."""
        more = {"views": self.views, "events": self.events, "top_k": self.top_k, "sure": self.sure}
        return {
            "run": self.run,
            "data": self.data,
            "split": self.split,
            **self.scores.to_json(),
            **{name: part.to_json() for name, part in more.items() if part is not None},
            "curves": self.curves and self.curves.to_json(),
            **({"mistakes": [one.to_json() for one in self.mistakes]} if self.mistakes else {}),
            "notes": list(self.notes),
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """A row for each image or video."""
        return [one.to_json() for one in self.predictions]

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes evaluation.json, predictions.csv and confusion.png into a folder; returns the paths.

        Where several classes were there, also their curves: curves.png, and curves.json with the points.
        """
        from striate.evaluating.confusion import draw_confusion  # it loads matplotlib, which scoring does not

        scores = self.scores
        title = f"{self.data}, {self.split}: {percent(scores.top1)} of {scores.images:,} {scores.unit}"
        names = ("evaluation.json", "predictions.csv", "confusion.png")
        report, table, picture = (Path(folder) / name for name in names)
        write_text(report, _json_text(self.to_json()))
        classes = tuple(one.name for one in scores.classes)
        write_text(table, to_csv(self.predictions, self.told, classes))
        write(picture, lambda path: draw_confusion(scores, title, path))
        return report, table, picture, *self._save_curves(Path(folder))

    def _save_curves(self, folder: Path) -> Iterator[Path]:
        if self.curves is None:
            return
        from striate.evaluating.pictures import draw_curves

        write(folder / "curves.png", partial(draw_curves, self.curves))
        yield folder / "curves.png"
        write_text(folder / "curves.json", _json_text(self.curves.points_to_json()))
        yield folder / "curves.json"


def _json_text(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
