"""The verb `compare`: data and ways through time in, or finished runs, a table of cost and accuracy out."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.checked import checked
from striate.comparing.comparison import Comparison, Row
from striate.comparing.drawing import draw_front
from striate.comparing.finished import Finished, check_alike, differences, read_finished
from striate.comparing.matching import matched
from striate.comparing.request import Asked, Member, planned
from striate.comparing.rows import rows_of
from striate.data import ClipData, open_data
from striate.errors import ArgumentError, DataError
from striate.machine import describe, pick_device, threads
from striate.runs import RECORD, read_record, write, write_text
from striate.training.progress import Reporter, reporter_for
from striate.training.request import RecipeFor
from striate.training.train import train

JSON, PICTURE, PAGE = "comparison.json", "pareto.png", "comparison.html"


@checked
def compare(
    data: str | Path | None = None,
    times: Sequence[str] = ("2d", "tsm"),
    *,
    backbone: str = "plain",
    seeds: int = 3,
    minutes_each: float | None = None,
    match: str | None = None,
    runs: Sequence[str | Path] = (),
    out: str | Path | None = None,
    recipe: RecipeFor = None,
    options: dict[str, Any] | None = None,
    weights: str | Path | None = None,
    size: int | None = None,
    channels: int | None = None,
    frames: int | None = None,
    causal: bool = False,
    stride: int | None = None,
    flow: str | None = None,
    group_by: str | None = None,
    device: str = "auto",
    num_threads: int | None = None,
    reporter: Reporter | None = None,
) -> Comparison:
    """Trains each way through time on clips, several times over, and says what it is worth and what it costs.

    Each training is a run below `out`. Asked again, the comparison goes on where it was: finished trainings
    are read, an interrupted one is resumed.

    data: clips; None: only compare `runs`. times: ways through time; the first is the reference of `match`.
    seeds: trainings of each. minutes_each: for each training, in place of the recipe's epochs. match: what
    is to be equal besides the recipe: "params" or "macs" (the widths of the networks are scaled), or "time"
    (each trains for as long as the first way's training with the same seed took). runs: finished runs of the
    same data that join. recipe: a Recipe, a preset, or None for the default; its seed is the first one. The
    others: see `train`; `flow` is for "two-stream" only, and `causal` does not go with it.

    Raises StriateError, in one sentence, for whatever in these does not fit.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ArgumentError(
            "compare trains one network after another in one process: train on several with "
            "`torchrun -m striate train`, then `striate compare --runs RUN…`"
        )
    chosen, teller = pick_device(device), reporter or reporter_for()
    joined = [read_finished(run) for run in runs]
    given = {
        "weights": None if weights is None else Path(weights),
        "size": size,
        "channels": channels,
        "frames": frames,
        "causal": causal,
        "stride": stride,
        "flow": flow,
        "group_by": group_by,
    }
    if data is None and not joined:
        raise ArgumentError("compare what? give clips to train on, or --runs with finished runs")
    folder = None if out is None else Path(out)
    trained: list[Finished] = []
    if data is not None:
        folder = folder or _folder(str(data), backbone)
        asked = Asked(
            str(data),
            tuple(times),
            folder,
            backbone,
            seeds,
            minutes_each,
            match,
            recipe,
            options or {},
            given,
        )
        how = {"device": device, "num_threads": num_threads}
        with planned(asked):
            members = _train_all(asked, teller, _options(asked), **how)
        if members is None:
            return _stopped(asked, describe(chosen))
        trained = members
    every = _each_once([*trained, *joined])
    check_alike(every)
    teller.say(f"measuring inference of {len({run.kind for run in every})} networks")
    with threads(num_threads):
        rows = rows_of(every, chosen)
        result = _result(every, rows, match, folder, describe(chosen))
    return result if folder is None else _keep(result, folder)


def _folder(data: str, backbone: str) -> Path:
    """The same for the same question, so that asking again goes on."""
    return Path("runs") / f"{Path(data).name}-{backbone}-compared"


def _train_all(
    asked: Asked, teller: Reporter, options: dict[str, dict[str, Any]], **how: Any
) -> list[Finished] | None:
    """The members, finished; None if somebody stopped it. options: of each way."""
    members = asked.members
    for number, member in enumerate(members, start=1):
        told = f"[{number} of {len(members)}] {asked.backbone}, {member.time}, seed {member.seed}"
        record = read_record(member.run) if (member.run / RECORD).exists() else {}
        if record.get("status") == "finished":
            teller.say(f"{told}: finished already")
            continue
        teller.say(told + (": going on" if record else ""))
        if record:
            run = train(resume=member.run, reporter=teller, **how)
        else:
            run = train(reporter=teller, **_new(asked, member, options[member.time]), **how)
        if run.status != "finished":
            return None
    return [read_finished(member.run) for member in members]


def _new(asked: Asked, member: Member, options: dict[str, Any]) -> dict[str, Any]:
    """What `train` is told of a member."""
    ask = asked.ask(member.time)
    told = {name: getattr(ask, name) for name in asked.given}
    return told | {
        "data": ask.data,
        "out": member.run,
        "backbone": ask.backbone,
        "options": options,
        "time": ask.time,
        "recipe": asked.recipe_for(member, _minutes(asked, member)),
    }


def _minutes(asked: Asked, member: Member) -> float | None:
    """How long the member may train, where that is planned."""
    if asked.match != "time" or member.time == asked.times[0]:
        return asked.minutes_each
    reference = next(one for one in asked.members if (one.time, one.seed) == (asked.times[0], member.seed))
    return float(read_finished(reference.run).summary("seconds")) / 60


def _options(asked: Asked) -> dict[str, dict[str, Any]]:
    """The network's options of each way, scaled where widths are to match."""
    if asked.match not in ("params", "macs"):
        return dict.fromkeys(asked.times, asked.options)
    data = open_data(asked.data, **asked.ask(asked.times[0]).for_data)
    if not isinstance(data, ClipData):
        raise DataError(
            f"{asked.data} holds images, which have no time: give clips to compare ways through it"
        )
    specs = [asked.ask(time).fit_to(data).network(data) for time in asked.times]
    found = [matched(spec, specs[0], asked.match, data.frames) for spec in specs]
    return {time: dict(spec.options) for time, spec in zip(asked.times, found, strict=True)}


def _each_once(runs: Sequence[Finished]) -> list[Finished]:
    """A run that is given and is a member of the comparison counts once."""
    return list({run.run.resolve(): run for run in runs}.values())


def _result(
    runs: Sequence[Finished],
    rows: tuple[Row, ...],
    match: str | None,
    out: Path | None,
    machine: dict[str, Any],
) -> Comparison:
    first = runs[0]
    return Comparison(
        status="finished",
        data=str(first.record["data"]["name"]),
        split=first.split,
        clips=int(first.scores["clips"]),
        match=match,
        rows=rows,
        out=out,
        files=(),
        machine=machine,
        notes=tuple(_notes(runs, rows)),
    )


def _notes(runs: Sequence[Finished], rows: Sequence[Row]) -> Iterator[str]:
    """What is to be known of the table."""
    yield from differences(runs)
    counts = {len(row.runs) for row in rows}
    if counts == {1}:
        yield "one training of each: what chance does to the accuracies is not known; --seeds 3 shows it"
    elif len(counts) > 1:
        yield "not as many trainings of each way"
    looking_again = [row.label for row in rows if not row.streams]
    if looking_again:
        yield f"a new frame costs the whole clip again with {', '.join(dict.fromkeys(looking_again))}"
    if any(row.flow_ms is not None for row in rows):
        yield "optical flow is computed before the network sees the clip: its time comes on top"


def _stopped(asked: Asked, machine: dict[str, Any]) -> Comparison:
    return Comparison("stopped", asked.data, "test", 0, asked.match, (), asked.out, (), machine, ())


def _keep(result: Comparison, out: Path) -> Comparison:
    """Writes the picture, the page and the numbers."""
    files = tuple(out / name for name in (PICTURE, PAGE, JSON))
    kept = replace(result, out=out, files=files)
    write(files[0], lambda path: draw_front(kept, path))
    write_text(files[1], kept.to_html())
    write_text(files[2], json.dumps(kept.to_json(), indent=2, ensure_ascii=False) + "\n")
    return kept
