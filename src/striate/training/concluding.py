"""What a training comes to: the best weights scored, the pictures, the record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.evaluating.calibration import fit_temperature, probabilities
from striate.evaluating.confusion import draw_confusion
from striate.evaluating.metrics import Scores, score
from striate.evaluating.run_model import algorithms_of
from striate.evaluating.scoring import NO_ALGORITHMS, logits_of, readable
from striate.models.saved import network_of
from striate.runs import CONFUSION, CURVES, read_history, write, write_record
from striate.training.curves import draw_curves
from striate.training.loop import Loop
from striate.training.setup import Job


@dataclass(frozen=True)
class Run:
    """A training that has ended."""

    path: Path
    status: str
    """'finished', or 'stopped' where somebody asked for it."""
    epochs: int
    best_epoch: int
    seconds: float
    """Training and scoring; not opening the data."""
    unit: str
    """What it was trained on: images or clips."""
    per_second: float
    """Images or clips in training, median over the epochs."""
    parameters: int
    step_bytes: int | None
    """Memory of a training step: weights with all they carry, and what is kept for the backward pass."""
    number_format: str
    temperature: float
    """Logits are divided by it for probabilities; fitted to the validation images."""
    val: Scores | None
    test: Scores | None
    pictures: tuple[Path, ...]
    notes: tuple[str, ...]

    def __fspath__(self) -> str:
        """The run's folder: a run may stand wherever a path is taken."""
        return str(self.path)

    def to_json(self) -> dict[str, Any]:
        """Plain values; fractions, not percent."""
        return {
            "run": str(self.path),
            "status": self.status,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
            f"{self.unit}_per_second": self.per_second,
            "parameters": self.parameters,
            "step_bytes": self.step_bytes,
            "number_format": self.number_format,
            "temperature": self.temperature,
            "val": self.val and self.val.to_json(),
            "test": self.test and self.test.to_json(),
            "pictures": [str(path) for path in self.pictures],
            "notes": list(self.notes),
        }


def conclude(job: Job, loop: Loop, status: str) -> Run:
    """Scores the best weights in fp32, as `evaluate` will, and draws the pictures."""
    history = read_history(job.run) if job.team.leads else []
    temperature, val, test = _final_scores(job, loop) if status == "finished" else (1.0, None, None)
    unit = job.data.unit
    rates = sorted(row[f"{unit}_per_second"] for row in history)
    return Run(
        path=job.run,
        status=status,
        epochs=len(history),
        best_epoch=loop.position.best_epoch,
        seconds=loop.position.seconds,
        unit=unit,
        per_second=rates[len(rates) // 2] if rates else 0.0,
        parameters=sum(parameter.numel() for parameter in job.network.parameters()),
        step_bytes=loop.step_bytes,
        number_format=job.plan.number_format,
        temperature=temperature,
        val=val,
        test=test,
        pictures=_draw(job, history, test or val) if job.team.leads and history else (),
        notes=(*job.notes, *_late_notes(job)),
    )


def _take_best(job: Job, loop: Loop) -> None:
    best = network_of(job.run, job.record) if job.team.leads else loop.kept
    state = job.team.agree(best.state_dict())
    loop.kept.load_state_dict(state)


def _final_scores(job: Job, loop: Loop) -> tuple[float, Scores | None, Scores | None]:
    """The temperature, and the scores of the validation and the test images with it."""
    _take_best(job, loop)
    val, test = (_logits(job, loop, split) for split in ("val", "test"))
    temperature = fit_temperature(*val)

    def scores(logits: np.ndarray, labels: np.ndarray) -> Scores | None:
        if not len(logits):
            return None
        return score(probabilities(logits, temperature), labels, job.data.classes, job.data.unit)

    return temperature, scores(*val), scores(*test)


def _logits(job: Job, loop: Loop, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, K) in fp32 and labels (N,) of a split; empty where there is none."""
    images = job.data.splits.get(split)
    if images is None or not len(images):
        return np.zeros((0, len(job.data.classes))), np.zeros(0, np.int64)
    one = tuple(images.take([0]).shape[1:])
    algorithms = NO_ALGORITHMS if job.recipe.algorithms == "plain" else algorithms_of(loop.kept, one)
    logits = logits_of(loop.kept, images, job.normalise, algorithms=algorithms)
    read = readable(images)
    return logits[read], images.labels[read]


def _draw(job: Job, history: list[dict[str, Any]], scores: Scores | None) -> tuple[Path, ...]:
    pictures = [job.run / CURVES]
    write(pictures[0], lambda path: draw_curves(history, path))
    if scores is not None:
        pictures.append(job.run / CONFUSION)
        title = f"{job.data.name}: {scores.top1:.2%} of {scores.images:,} {scores.unit}"
        write(pictures[1], lambda path: draw_confusion(scores, title, path))
    return tuple(pictures)


def _late_notes(job: Job) -> tuple[str, ...]:
    """Files that turned out to be unreadable while training."""
    late = [one for split in job.data.splits.values() for one in split.skipped]
    if not late:
        return ()
    named = ", ".join(f"{one.path} ({one.reason})" for one in late[:3]) + ", …" * (len(late) > 3)
    return (f"files unreadable by now, replaced by others of their class: {len(late)}, as {named}",)


def keep(job: Job, result: Run) -> None:
    results: dict[str, Any] = {"temperature": result.temperature}
    results |= {name: scores.to_json() for name in ("val", "test") if (scores := getattr(result, name))}
    names = ("epochs", "best_epoch", "seconds", f"{result.unit}_per_second", "parameters", "step_bytes")
    told = result.to_json()
    summary = {name: told[name] for name in names}
    write_record(job.run, {**job.record, "status": result.status, "results": results, "summary": summary})
