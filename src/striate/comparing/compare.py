"""The verb `compare`: data and networks in, or finished runs, a table of cost and accuracy out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Literal

from striate.checked import checked, like
from striate.comparing.comparison import Comparison
from striate.comparing.costs import matched
from striate.comparing.finished import read_finished
from striate.comparing.finished_runs import compare_runs, refuse_processes, stopped
from striate.comparing.request import CompareRequest, Member, planned
from striate.data import ClipData, open_data
from striate.data.sources.given import Source, name_of
from striate.errors import ArgumentError, unknown
from striate.machine import describe, pick_device
from striate.models import OWN, WAYS
from striate.models.building import short_name
from striate.runs import RECORD, read_record
from striate.training.presets import check_names
from striate.training.progress import Reporter, reporter_for
from striate.training.request import AUTO, Backbone, MachineOptions, NetworkOptions, Request
from striate.training.requested import machine_options, requested
from striate.training.starting import with_backbone
from striate.training.train import run_training, train

Match = Literal["params", "macs", "time"]
"""What is to be equal besides the recipe."""
DEFAULT_WAYS = ("2d", "tsm")
"""What is compared on clips if no way is named."""
OF_RUNS = ("data", "runs", "out", "reporter", "training", "device", "num_threads", "offline")
"""Arguments that mean something where nothing is trained."""


@checked
@like(train, without="resume track on_epoch_end")
def compare(
    data: Source | None = None,
    time: Sequence[str] = (),
    *,
    backbone: Backbone | Sequence[Backbone] = AUTO,
    seeds: int = 3,
    minutes_each: float | None = None,
    match: Match | None = None,
    runs: Sequence[str | Path] = (),
    out: str | Path | None = None,
    reporter: Reporter | None = None,
    **training: Any,
) -> Comparison:
    """Trains networks, or ways through time, several times over, and says what each is worth and costs.

    Networks are compared on images, and on clips with each way through time. Each training is a run in the
    comparison's folder. Asked again, the comparison goes on where it was: finished trainings are read, an
    interrupted one is resumed.

    Args:
        data: images or clips, as `train` takes them.
        time: the ways through time: "2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru", "two-stream". By
            default 2d and tsm on clips. Images have none.
        backbone: one network as in `train`, or several of them, each of which is trained in every way.
        seeds: how often each is trained, from `seed` on.
        minutes_each: minutes of each training, in place of the recipe's epochs.
        match: what is to be equal besides the recipe: parameters or MACs, for which the widths of the
            networks are scaled; or the time that the reference, the first of them, took with the same seed.
        runs: finished runs on the same data, made anywhere, that join the table.
        out: the folder of the comparison and its runs. By default one under runs/, the same for the same
            question.
        reporter: as in `train`.
        training: anything else that `train` takes, as size=64 or epochs=6.

    Returns:
        The table: a row for each network and way, with the spread over its trainings.

    Raises:
        StriateError: in one sentence, for whatever in these does not fit.
    """
    arguments = {**locals(), **training}
    check_names(training, compare)
    folder = None if out is None else Path(out)
    machine = machine_options(training)
    listener = reporter or reporter_for()
    if data is None:
        _refuse_of_trainings(arguments)
        return compare_runs(runs, folder, match, machine, listener)
    source = name_of(data)
    several: Sequence[Any] = backbone if isinstance(backbone, list | tuple) else [backbone]
    asked = [requested(source, {**training, "backbone": one}) for one in several]
    if not asked:
        raise ArgumentError("compare which networks? name a backbone, or several")
    if minutes_each is not None and "epochs" in training:
        raise ArgumentError(
            "--minutes-each and --epochs both say how long each training is: give one of them"
        )
    for one in () if time else asked:  # of ways that are named, `CompareRequest` checks each
        one.check()  # before data are opened
    networks = tuple(one.network for one in asked)
    ways, out_yet = _ways(time, asked[0]), folder or _folder(source, networks)
    request = CompareRequest(asked[0], networks, ways, out_yet, seeds, minutes_each, match)
    request = _suited(request, listener)
    if folder is None:
        request = replace(request, out=_folder(source, request.networks))
    return run_comparison(request, runs, machine, listener)


def _refuse_of_trainings(arguments: Mapping[str, Any]) -> None:
    """Raises ArgumentError for what is asked of trainings where finished runs alone are compared."""
    usual = {one.name: one.default for one in signature(compare).parameters.values()}
    idle = [
        f"--{name.replace('_', '-')}"
        for name, value in arguments.items()
        if name not in OF_RUNS and value is not usual.get(name)
    ]
    if idle and arguments["runs"]:
        raise ArgumentError(
            f"finished runs alone are compared as they are, without {' and '.join(idle)}: leave "
            f"{'it' if len(idle) == 1 else 'them'} out, or give data to train on"
        )


def run_comparison(
    request: CompareRequest, runs: Sequence[str | Path], machine: MachineOptions, reporter: Reporter
) -> Comparison:
    """Trains what is missing, and compares it together with finished `runs`; see `compare`."""
    refuse_processes()
    device = pick_device(machine.device)
    for run in runs:
        read_finished(run)  # refused before hours of training
    with planned(request):
        trained = _train_all(request, machine, reporter)
    if trained is None:
        return stopped(request, describe(device))
    return compare_runs([*trained, *runs], request.out, request.match, machine, reporter)


def _suited(request: CompareRequest, reporter: Reporter) -> CompareRequest:
    """With the network that suits the data, where none is named."""
    if all(network.backbone != AUTO for network in request.networks):
        return request
    training = request.training
    chosen, note = with_backbone(training, open_data(training.data, **training.for_data))
    if note is not None:
        reporter.say(note)
    return replace(request, training=chosen, networks=(chosen.network,))


def _folder(data: str, networks: Sequence[NetworkOptions]) -> Path:
    """The same for the same question, so that asking again goes on."""
    named = "-".join(short_name(network.backbone) for network in networks)
    asked = Path(data).name.replace(":", "-")
    return Path("runs") / f"{asked}-{named}-compared"


def _ways(asked: Sequence[str], training: Request) -> tuple[str | None, ...]:
    """The ways through time that are compared; None alone on images."""
    for way in asked:
        if way not in (*WAYS, OWN):
            raise ArgumentError(unknown("way through time", way, WAYS))
    if asked:
        return tuple(asked)
    return DEFAULT_WAYS if isinstance(open_data(training.data, **training.for_data), ClipData) else (None,)


def _train_all(request: CompareRequest, machine: MachineOptions, reporter: Reporter) -> list[Path] | None:
    """The runs of the members, finished; None if somebody stopped it."""
    members, options = request.members, _options(request)
    for number, member in enumerate(members, start=1):
        what = ", ".join(filter(None, (member.network.backbone, member.time)))
        name = f"[{number} of {len(members)}] {what}, seed {member.seed}"
        status = read_record(member.run).get("status") if (member.run / RECORD).exists() else None
        if status == "finished":
            reporter.say(f"{name}: finished already")
            continue
        reporter.say(name if status is None else f"{name}: going on")
        if status is None:
            chosen = options[member.network, member.time]
            asked = request.of_member(member, chosen, _minutes(request, member))
            run = run_training(asked, None, machine, reporter=reporter)
        else:
            run = run_training(Request(request.training.data), member.run, machine, reporter=reporter)
        if run.status != "finished":
            return None
    return [member.run for member in members]


def _minutes(request: CompareRequest, member: Member) -> float | None:
    """How long the member may train, where that is planned."""
    if request.match != "time" or (member.network, member.time) == request.kinds[0]:
        return request.minutes_each
    reference = next(one for one in request.members if one.seed == member.seed)
    finished = read_finished(reference.run)
    return float(finished.summary("total_seconds") or finished.summary("seconds")) / 60


def _options(request: CompareRequest) -> dict[tuple[NetworkOptions, str | None], dict[str, Any]]:
    """The options of each kind of network, scaled where widths are to match."""
    if request.match not in ("params", "macs"):
        return {kind: dict(request.training.options) for kind in request.kinds}
    first = request.of_kind(*request.kinds[0])
    data = open_data(first.data, **first.for_data)
    frames = data.frames if isinstance(data, ClipData) else None
    specs = [request.of_kind(*kind).fit_to(data).spec(data) for kind in request.kinds]
    found = [matched(spec, specs[0], request.match, frames) for spec in specs]
    return {kind: dict(spec.options) for kind, spec in zip(request.kinds, found, strict=True)}
