"""The verb `train`: data in, a run out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError
from striate.evaluating.calibration import fit_temperature, with_temperature
from striate.evaluating.confusion import draw_confusion
from striate.evaluating.metrics import Scores, score
from striate.evaluating.scoring import probabilities, readable
from striate.machine import keep_memory, pick_device, threads
from striate.models.saved import network_of
from striate.runs import (
    CONFUSION,
    CURVES,
    lock,
    read_history,
    read_record,
    write,
    write_record,
)
from striate.training.curves import draw_curves
from striate.training.distributed import Team, team
from striate.training.job import Ask, Job, RecipeFor, new_job, old_job, refuse_existing
from striate.training.loop import Loop
from striate.training.progress import Reporter, Silent, reporter_for
from striate.training.signals import stop_on_signal
from striate.training.tracking import Tracked, require_tensorboard


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
    images_per_second: float
    """In training, median over the epochs."""
    parameters: int
    number_format: str
    temperature: float
    """Logits are divided by it for probabilities; fitted to the validation images."""
    val: Scores | None
    test: Scores | None
    pictures: tuple[Path, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values; fractions, not percent."""
        return {
            "run": str(self.path),
            "status": self.status,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            "parameters": self.parameters,
            "number_format": self.number_format,
            "temperature": self.temperature,
            "val": self.val and self.val.to_json(),
            "test": self.test and self.test.to_json(),
            "pictures": [str(path) for path in self.pictures],
            "notes": list(self.notes),
        }


def train(
    data: str | Path | None = None,
    *,
    resume: str | Path | None = None,
    recipe: RecipeFor = None,
    backbone: str = "plain",
    options: dict[str, Any] | None = None,
    weights: str | Path | None = None,
    out: str | Path | None = None,
    size: int | None = None,
    channels: int | None = None,
    device: str = "auto",
    num_threads: int | None = None,
    tensorboard: bool = False,
    reporter: Reporter | None = None,
) -> Run:
    """Trains a network on labelled images, keeps the best weights, and scores them on the test images.

    data: a built-in name, or a folder of images. resume: instead of data, the folder of a run that was
    interrupted; it goes on exactly where it was. recipe: a Recipe, a preset, or None for the default.
    backbone, options: a network of the catalogue and its keyword arguments. weights: where to start from.
    out: the run's folder, by default a new one under runs/. size, channels: of the images, by default the
    data's own. tensorboard: also write the history for it. reporter: what is told meanwhile, by default
    a bar on a terminal and lines elsewhere.

    Raises StriateError, in one sentence, for whatever in these does not fit.
    """
    if (data is None) == (resume is None):
        raise ArgumentError("give either data to train on, or --resume with the folder of a run")
    if tensorboard:
        require_tensorboard()
    chosen = pick_device(device)
    keep_memory()
    ask = Ask(
        data=str(data),
        out=None if out is None else Path(out),
        backbone=backbone,
        options=options or {},
        weights=None if weights is None else Path(weights),
        size=size,
        channels=channels,
        recipe=recipe,
    )
    if resume is not None:
        _refuse_changes(ask)
    with ExitStack() as stack:
        stack.enter_context(threads(_threads(num_threads, resume)))
        stack.enter_context(torch.random.fork_rng(devices=range(torch.cuda.device_count())))
        group = stack.enter_context(team(chosen))
        teller = reporter or reporter_for()
        return _train(ask, resume, group, teller if group.leads else Silent(), tensorboard)


def _refuse_changes(ask: Ask) -> None:
    """A resumed training would not be the one that was interrupted if anything in these were another."""
    plain = Ask(ask.data)
    given = [one.name for one in fields(Ask) if getattr(ask, one.name) != getattr(plain, one.name)]
    if given:
        raise ArgumentError(
            f"a training goes on exactly as it began, so --resume takes no {' or '.join(given)} "
            "(a recipe is whatever says how to train, as --epochs): leave it out, or start a new run"
        )


def _threads(asked: int | None, resume: str | Path | None) -> int | None:
    """A resumed training keeps its number of threads, on which sums depend in the last bit."""
    if asked is not None or resume is None:
        return asked
    return int(read_record(resume).get("machine", {}).get("threads", 0)) or None


def _train(ask: Ask, resume: str | Path | None, group: Team, reporter: Reporter, tensorboard: bool) -> Run:
    try:
        job = new_job(ask, group, reporter) if resume is None else old_job(Path(resume), group, reporter)
    except BaseException:
        reporter.end()  # it may be drawing how much has been read
        raise
    with _held(job), stop_on_signal() as request:
        if resume is None and group.leads:
            refuse_existing(job.run)
        if tensorboard and group.leads:
            reporter = Tracked(reporter, job.run)
        for note in job.notes:
            reporter.say(note)
        if resume is None and group.leads:
            write_record(job.run, job.record)
        loop = Loop(job, reporter, request)
        if resume is not None:
            loop.go_on()
        reporter.say(f"run {job.run}")
        status = loop.run()
        result = _conclude(job, loop, status)
        for note in result.notes[len(job.notes) :]:
            reporter.say(note)
        if group.leads:
            _keep(job, result)
    return result


@contextmanager
def _held(job: Job) -> Iterator[None]:
    """The run's folder, held by the leader."""
    with lock(job.run) if job.team.leads else nullcontext():
        yield


def _conclude(job: Job, loop: Loop, status: str) -> Run:
    """Scores the best weights in fp32, as `evaluate` will, and draws the pictures."""
    history = read_history(job.run) if job.team.leads else []
    temperature, val, test = _final_scores(job, loop) if status == "finished" else (1.0, None, None)
    rates = sorted(row["images_per_second"] for row in history)
    return Run(
        path=job.run,
        status=status,
        epochs=len(history),
        best_epoch=loop.position.best_epoch,
        seconds=loop.position.seconds,
        images_per_second=rates[len(rates) // 2] if rates else 0.0,
        parameters=sum(parameter.numel() for parameter in job.network.parameters()),
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
    val, test = (_rows(job, loop, split) for split in ("val", "test"))
    temperature = fit_temperature(*val) if len(val[0]) else 1.0

    def scores(rows: np.ndarray, labels: np.ndarray) -> Scores | None:
        return score(with_temperature(rows, temperature), labels, job.data.classes) if len(rows) else None

    return temperature, scores(*val), scores(*test)


def _rows(job: Job, loop: Loop, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, K) in fp32 and labels (N,) of a split; empty where there is none."""
    images = job.data.splits.get(split)
    if images is None or not len(images):
        return np.zeros((0, len(job.data.classes))), np.zeros(0, np.int64)
    rows = probabilities(loop.kept, images, job.normalise)
    kept = readable(images)
    return rows[kept], images.labels[kept]


def _draw(job: Job, history: list[dict[str, Any]], scores: Scores | None) -> tuple[Path, ...]:
    pictures = [job.run / CURVES]
    write(pictures[0], lambda path: draw_curves(history, path))
    if scores is not None:
        pictures.append(job.run / CONFUSION)
        title = f"{job.data.name}: {scores.top1:.2%} of {scores.images:,} images"
        write(pictures[1], lambda path: draw_confusion(scores, title, path))
    return tuple(pictures)


def _late_notes(job: Job) -> tuple[str, ...]:
    """Files that turned out to be unreadable while training."""
    late = [one for split in job.data.splits.values() for one in split.skipped]
    if not late:
        return ()
    named = ", ".join(f"{one.path} ({one.reason})" for one in late[:3]) + ", …" * (len(late) > 3)
    return (f"files unreadable by now, replaced by others of their class: {len(late)}, as {named}",)


def _keep(job: Job, result: Run) -> None:
    results: dict[str, Any] = {"temperature": result.temperature}
    results |= {name: scores.to_json() for name in ("val", "test") if (scores := getattr(result, name))}
    summary = {"epochs": result.epochs, "best_epoch": result.best_epoch, "seconds": result.seconds}
    summary |= {"images_per_second": result.images_per_second, "parameters": result.parameters}
    write_record(job.run, {**job.record, "status": result.status, "results": results, "summary": summary})
