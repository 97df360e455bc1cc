"""The verb `train`: data in, a run out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from striate.checked import checked
from striate.data.images.framing import Fit
from striate.data.images.transform import AsTransform
from striate.data.optical_flow import Flow
from striate.data.sources.given import Source, is_given, name_of
from striate.errors import ArgumentError
from striate.machine import keep_memory, pick_device, same_bits, threads
from striate.runs import lock, read_record, write_record
from striate.training.concluding import Run, conclude, keep
from striate.training.loop import Loop
from striate.training.plan import clock
from striate.training.presets import Preset, PresetName, check_names
from striate.training.process_group import ProcessGroup, process_group
from striate.training.progress import Reporter, reporter_for
from striate.training.recipe import Recipe
from striate.training.refusing import refuse_changes, refuse_existing, refuse_other_data
from striate.training.request import AUTO, Backbone, MachineOptions, Request
from striate.training.requested import machine_options, requested
from striate.training.setup import Setup, new_setup, resumed_setup
from striate.training.stopping import OnEpochEnd, asking, stop_on_signal
from striate.training.tracking import TrackerName, require_trackers, tracking

__all__ = ["Run", "train"]


@checked
def train(
    data: Source | None = None,
    *,
    resume: str | Path | None = None,
    recipe: Recipe | PresetName | Preset | None = None,
    backbone: Backbone = AUTO,
    options: dict[str, Any] | None = None,
    weights: str | Path | None = None,
    weights_mean: Sequence[float] = (),
    weights_std: Sequence[float] = (),
    from_scratch: bool = False,
    offline: bool = False,
    out: str | Path | None = None,
    size: int | None = None,
    channels: int | None = None,
    fit: Fit | None = None,
    transform: AsTransform | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    span: float | str | None = None,
    rate: float | None = None,
    stride: int | None = None,
    frame_rate: float | None = None,
    mirrored: Mapping[str, str] | Sequence[str] = (),
    reversed: Mapping[str, str] | Sequence[str] = (),
    flow: Flow | None = None,
    group_by: str | None = None,
    device: str = "auto",
    num_threads: int | None = None,
    track: Sequence[TrackerName] = (),
    reporter: Reporter | None = None,
    on_epoch_end: OnEpochEnd | None = None,
    **settings: Any,
) -> Run:
    """Trains a network on labelled images or clips, keeps the best weights, and scores them.

    Args:
        data: "digits", "mnist", "fashion-mnist", "motion-digits", a folder of IDX files, one with a folder of
            images or of videos per class, or a list of videos; in Python also the data themselves, as
            `open_data` takes them, which are given again with `resume`.
        resume: go on with the training in this run folder, exactly where it was interrupted.
        recipe: a preset, which fits to the data whatever is not given, in place of the defaults told with
            each. By default the one called "default"; in Python also a function like one, or a Recipe, whose
            named fields are laid over the default preset.
        backbone: the network: "auto" is what suits the data, and said: plain for clips and grey pictures, for
            colour ones under 64 pixels fast, for larger ones resnet18 with published weights; "plain",
            "fast", "resnet18", 34, 50 or 101, "mobilenet_v2", "squeezenet1_1", "vgg16", "alexnet", or one
            that takes clips by itself, as "r3d_18"; your own, "my.py:make" or "package.module:make"; one of
            timm's, "timm:resnet26"; in Python also the function, class or module itself.
        options: keyword arguments of the network, as widths=32,64,128 dropout=0.2; in Python a dict.
        weights: start from these: "imagenet" or another name that `striate models` tells of the network,
            fetched once; "hf://owner/name", a repository of timm's form (needs striate[hub]); a .pth or
            .safetensors file; or a run folder.
        weights_mean: what their training took off each channel, of pixels in [0, 255]. By default what their
            publisher or their run says.
        weights_std: what it then divided each channel by, of pixels in [0, 255]; goes with `weights_mean`.
        from_scratch: "auto" takes no published weights for photographs, which it else does where they are
            here or come at once.
        offline: fetch nothing.
        out: the run's folder. By default a new one under runs/.
        size: height and width of what the network sees. By default the data's own; of large images 64, of
            large videos 112.
        channels: 1 for grey, 3 for RGB. By default the data's own.
        fit: how pictures that are not square are brought to the size: "crop" cuts off what stands over at the
            ends, "pad" puts black around, "squash" resizes each side by itself. By default crop, and squash
            where a cut would lose more than half of the typical picture, which is said.
        transform: your own function, "my.py:function", of a picture of Pillow, through which each goes before
            it is brought to the size, in use as in training; in Python also the function itself. The run
            holds its file's checksum.
        time: the way through time, for clips: "2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru" or
            "two-stream". By default tsm. Of your own network that takes clips, (N, C, T, H, W), by itself:
            "own".
        frames: frames of each clip. By default 8; needed where the clips are folders of frames.
        causal: no frame sees a later one, so that the network can run on a live stream.
        span: seconds of a video that a clip stands for, its frames evenly spread; "whole": all of each video.
            By default what nine in ten clips are long, 10 at most.
        rate: frames a second that a clip takes of a video, in place of `span`.
        stride: distance of the frames in the video, counted in frames, in place of `span`; for videos of one
            rate.
        frame_rate: frames a second of clips that tell no times, as folders of frames do.
        mirrored: pairs of classes that a mirror exchanges, as "left=right": mirrored with the label swapped;
            in Python also a dict.
        reversed: pairs of classes that are each other's played backwards, as "open=close": played backwards
            with the label swapped; in Python also a dict.
        flow: how the optical flow of "two-stream" is computed (needs striate[flow]). By default dis.
        group_by: clips cut from one recording stay on one side of a split: a pattern whose first group names
            the recording.
        device: "auto", "cpu", "cuda" or "cuda:1".
        num_threads: processor threads. By default one per core.
        track: also write the history for "tensorboard", into the run's folder (needs striate[track]), for
            "mlflow" (needs striate[mlflow]) or for "wandb", Weights & Biases (needs striate[wandb]), as
            these are set up.
        reporter: hears what happens; by default a bar on a terminal and lines elsewhere.
        on_epoch_end: a function that is called after each epoch, when it is scored and saved, with the row
            that the history holds of it (read only); where it returns False the training stops as by Ctrl-C
            and can go on with `resume`. What it raises ends the training; that too can go on.
        settings: anything of `Recipe` or its augmentation, laid over the preset, as epochs=6 or flip=True.

    Returns:
        The run that has ended: its scores, figures and files.

    Raises:
        StriateError: in one sentence, for whatever in these does not fit.

    >>> train("digits", epochs=6, batch_size=64).test.top1  # doctest: +SKIP
    """
    arguments = {**locals(), **settings}
    check_names(settings, train)
    source = None if data is None else name_of(data)
    again = resume is not None and source is not None and is_given(source)
    if (data is None) == (resume is None) and not again:
        raise ArgumentError("give either data to train on, or --resume with the folder of a run")
    if resume is not None and source is not None:
        refuse_other_data(Path(resume), source)
    request = requested(str(source), arguments)
    old = None if resume is None else Path(resume)
    machine = machine_options(arguments)
    return run_training(request, old, machine, tuple(track), reporter, on_epoch_end)


def run_training(
    request: Request,
    resume: Path | None = None,
    machine: MachineOptions | None = None,
    track: Sequence[str] = (),
    reporter: Reporter | None = None,
    on_epoch_end: OnEpochEnd | None = None,
) -> Run:
    """Trains as requested, or goes on with the run `resume`; see `train`."""
    began = clock()
    machine = machine or MachineOptions()
    device = pick_device(machine.device)
    keep_memory()
    if resume is not None:
        refuse_changes(request)
    with ExitStack() as stack:
        group = stack.enter_context(process_group(device))
        if group.is_main:
            require_trackers(track)
        num_threads = group.from_main(lambda: _threads(machine.num_threads, resume))
        stack.enter_context(threads(num_threads))
        stack.enter_context(torch.random.fork_rng(devices=range(torch.cuda.device_count())))
        stack.enter_context(same_bits(device))
        listener = (reporter or reporter_for()) if group.is_main else Reporter()
        setup = _set_up(request, resume, group, listener)
        return _train(
            replace(setup, began=began),
            listener,
            on_epoch_end if group.is_main else None,
            resumed=resume is not None,
            track=track if group.is_main else (),
        )


def _threads(asked: int | None, resume: Path | None) -> int | None:
    """A resumed training keeps its number of threads, on which sums depend in the last bit."""
    if asked is not None or resume is None:
        return asked
    return int(read_record(resume).get("machine", {}).get("threads", 0)) or None


def _set_up(request: Request, resume: Path | None, group: ProcessGroup, reporter: Reporter) -> Setup:
    try:
        return (
            new_setup(request, group, reporter) if resume is None else resumed_setup(resume, group, reporter)
        )
    except BaseException:
        reporter.end()  # it may be drawing how much has been read
        raise


def _train(
    setup: Setup,
    reporter: Reporter,
    on_epoch_end: OnEpochEnd | None,
    *,
    resumed: bool,
    track: Sequence[str],
) -> Run:
    with _held(setup), stop_on_signal() as stop, ExitStack() as stack:
        if not resumed and setup.group.is_main:
            refuse_existing(setup.run)
        settings = {name: setup.record[name] for name in ("recipe", "network")} | {
            "data": setup.record["data"]["source"]
        }
        trackers = stack.enter_context(tracking(track, setup.run, settings, reporter.say))
        reporter = trackers.beside(reporter)
        if on_epoch_end is not None:
            reporter = asking(reporter, on_epoch_end, stop)
        for note in setup.notes:
            reporter.say(note)
        if not resumed and setup.group.is_main:
            write_record(setup.run, setup.record)
        trackers.keep()
        loop = Loop(setup, reporter, stop)
        if resumed:
            loop.go_on()
        reporter.say(f"run {setup.run}")
        status = loop.run()
        result = conclude(setup, loop, status)
        trackers.conclude(status, {} if result.test is None else result.test.to_json(), loop.position.step)
        for note in result.notes[len(setup.notes) :]:
            reporter.say(note)
        if setup.group.is_main:
            keep(setup, result)
    return result


@contextmanager
def _held(setup: Setup) -> Iterator[None]:
    """The run's folder, held by the main process."""
    with lock(setup.run) if setup.group.is_main else nullcontext():
        yield
