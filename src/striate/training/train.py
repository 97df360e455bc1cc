"""The verb `train`: data in, a run out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from striate.checked import checked
from striate.errors import ArgumentError
from striate.machine import cudnn_benchmark, keep_memory, pick_device, threads
from striate.runs import lock, read_record, write_record
from striate.training.concluding import Run, conclude, keep
from striate.training.distributed import Team, team
from striate.training.loop import Loop
from striate.training.progress import Reporter, Silent, reporter_for
from striate.training.request import Ask, RecipeFor
from striate.training.setup import Job, new_job, old_job, refuse_existing
from striate.training.signals import stop_on_signal
from striate.training.tracking import Tracked, require_tensorboard

__all__ = ["Run", "train"]


@checked
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
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    stride: int | None = None,
    flow: str | None = None,
    group_by: str | None = None,
    device: str = "auto",
    num_threads: int | None = None,
    tensorboard: bool = False,
    reporter: Reporter | None = None,
) -> Run:
    """Trains a network on labelled images or clips, keeps the best weights, and scores them.

    data: a built-in name, a folder of images or clips, or a list of clips. resume: instead of data, the
    folder of a run that was interrupted; it goes on exactly where it was. recipe: a Recipe, a preset, or None
    for the default. backbone, options: a network of the catalogue and its keyword arguments. weights: where
    to start from. out: the run's folder, by default a new one under runs/. size, channels: of the images, by
    default the data's own. time, frames, causal: the network's way through time, "tsm" where clips are given
    and none is named, on so many frames, seeing none from the future if causal. stride, flow, group_by: see
    `open_data`; the way "two-stream" brings its flow along. tensorboard: also write the history for it.
    reporter: what is told meanwhile, by default a bar on a terminal and lines elsewhere.

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
        time=time,
        frames=frames,
        causal=causal,
        stride=stride,
        flow=flow,
        group_by=group_by,
    )
    if resume is not None:
        _refuse_changes(ask)
    with ExitStack() as stack:
        stack.enter_context(threads(_threads(num_threads, resume)))
        stack.enter_context(torch.random.fork_rng(devices=range(torch.cuda.device_count())))
        stack.enter_context(cudnn_benchmark(chosen))
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
        result = conclude(job, loop, status)
        for note in result.notes[len(job.notes) :]:
            reporter.say(note)
        if group.leads:
            keep(job, result)
    return result


@contextmanager
def _held(job: Job) -> Iterator[None]:
    """The run's folder, held by the leader."""
    with lock(job.run) if job.team.leads else nullcontext():
        yield
