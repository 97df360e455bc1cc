"""Finished runs, read and compared → the rows of the table, the best of them marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch

from striate.comparing.comparison import Row, Spread
from striate.comparing.costs import flow_ms, inference_ms, macs_of, streams
from striate.errors import DataError, MissingExtraError, NetworkError, RunError
from striate.models import NetworkSpec
from striate.models import options as options_of
from striate.runs import read_record

# Finished runs, as a comparison reads them.

_BUDGET = ("seed", "minutes", "epochs")
"""What may differ between the recipes of a comparison, as it is told in the table."""


@dataclass(frozen=True)
class Finished:
    """What a comparison needs of one run."""

    run: Path
    spec: NetworkSpec
    record: dict[str, Any]
    split: str
    scores: dict[str, Any]

    @property
    def frames(self) -> int | None:
        """Of each clip; None of images."""
        return None if self.spec.time is None else int(self.record["data"]["frames"])

    @property
    def samples(self) -> int:
        """Images or clips that were scored."""
        return int(self.scores["images" if self.spec.time is None else "clips"])

    @property
    def kind(self) -> tuple[object, ...]:
        """Runs of one kind are one row: they differ by their seeds only."""
        spec = self.spec
        return (spec.backbone, spec.time, spec.causal, self.frames, str(sorted(spec.options.items())))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Classes of the data that only the order of frames tells apart."""
        return tuple((str(one), str(other)) for one, other in self.record["data"].get("pairs", ()))

    def summary(self, name: str) -> Any:
        """A figure of the training; None where the record is of before it was kept."""
        return self.record["summary"].get(name)


def read_finished(run: str | Path) -> Finished:
    """Reads one run. Raises RunError for one that is not finished."""
    run = Path(run)
    record = read_record(run)
    if record.get("status") != "finished":
        raise RunError(
            f"{run} is not finished, and a comparison reads finished runs only: "
            f"go on with `striate train --resume {run}`, or leave it out"
        )
    try:
        spec, results = NetworkSpec.from_json(record["network"]), record["results"]
        split = next((name for name in ("test", "val") if name in results), None)
        counted = (spec.time is None or "frames" in record["data"]) and "parameters" in record["summary"]
    except (AttributeError, KeyError, TypeError, NetworkError):
        counted = False
    if not counted:
        raise RunError(f"the record of {run} lacks what a comparison reads: train again")
    if split is None:
        raise RunError(f"{run} has no scores, as its data have no test and no validation split: leave it out")
    return Finished(run, spec, record, split, results[split])


def check_alike(runs: Sequence[Finished]) -> None:
    """Raises DataError where runs were trained or scored on different data, or one row cannot hold them."""
    first = runs[0]
    counted = "images" if first.frames is None else "clips"
    for other in runs[1:]:
        if (first.frames is None) is not (other.frames is None):
            raise DataError(
                f"{other.run} cannot be compared with {first.run}: one is of images, one of clips"
            )
        for name, what in (("name", "data"), ("classes", "classes"), ("counts", counted), ("size", "size")):
            one, two = first.record["data"].get(name), other.record["data"].get(name)
            if one != two:
                raise DataError(
                    f"{other.run} cannot be compared with {first.run}: they were trained on other {what}"
                    f"{f' ({two} and {one})' if name in ('name', 'size') else ''}; leave one of them out"
                )
        if first.split != other.split:
            raise DataError(
                f"{other.run} was scored on {other.split} and {first.run} on {first.split}: leave one out"
            )
    _check_seeds(runs)


def _check_seeds(runs: Sequence[Finished]) -> None:
    """Of one network, runs that another seed does not tell apart are no sample of what chance does."""
    known: dict[object, Finished] = {}
    for run in runs:
        seed = run.record["recipe"].get("seed")
        other = known.setdefault((run.kind, seed), run)
        if other is not run:
            raise DataError(
                f"{run.run} and {other.run} train the same network from the same seed, {seed}: a row is the "
                "mean over seeds, so leave one of them out"
            )


def differences(runs: Sequence[Finished]) -> Iterator[str]:
    """What makes the runs differ besides their networks, in words."""
    recipes = [_flat(run.record["recipe"]) for run in runs]
    names = {name for recipe in recipes for name in recipe}
    differ = [name for name in names - set(_BUDGET) if len({str(recipe.get(name)) for recipe in recipes}) > 1]
    if differ:
        yield f"not by the same recipe: the runs differ in {', '.join(sorted(differ))}"
    speeds = {run.record["data"].get("seconds_per_frame") for run in runs}
    if len(speeds) > 1:
        told = sorted("unknown" if speed is None else f"{speed:.3g} s" for speed in speeds)
        yield f"not at the same speed: their frames are {' and '.join(told)} apart"
    formats = {str(run.record.get("plan", {}).get("number_format")) for run in runs}
    if len(formats) > 1:
        yield (
            f"trained in {' and '.join(sorted(formats))}, as a trial chose for each: memory and speed of "
            "training differ by that too; --number-format fp32 makes them alike"
        )
    machines = {str(run.record.get("machine", {}).get("processor")) for run in runs}
    if len(machines) > 1:
        yield "not trained on the same machine: clips per second in training cannot be compared"


def _flat(recipe: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in recipe.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat


# Finished runs → the rows of the table: which are on the front, and how pairs of classes are told apart.


def rows_of(runs: Sequence[Finished], device: torch.device) -> tuple[Row, ...]:
    """One row for each kind of network, in the order in which they come; each is measured here."""
    kinds: dict[tuple[object, ...], list[Finished]] = {}
    for run in runs:
        kinds.setdefault(run.kind, []).append(run)
    groups = list(kinds.values())
    specs, frames = [group[0].spec for group in groups], [group[0].frames for group in groups]
    lengths = [1 if streams(spec) else count for spec, count in zip(specs, frames, strict=True)]
    times = inference_ms([*specs, *specs], [*frames, *lengths], device)
    halves = zip(times[: len(specs)], times[len(specs) :], strict=True)
    rows = [_row(group, *ms) for group, ms in zip(groups, halves, strict=True)]
    best = front([row.macs for row in rows], [row.top1.mean for row in rows])
    return tuple(replace(row, on_front=on) for row, on in zip(rows, best, strict=True))


def _row(runs: list[Finished], clip_ms: float, frame_ms: float) -> Row:
    first, spec = runs[0], runs[0].spec
    one_by_one, macs = streams(spec), macs_of(spec, first.frames)
    in_pairs, right_pair = _pairs(runs)
    return Row(
        time=spec.time,
        backbone=spec.backbone,
        causal=spec.causal,
        frames=first.frames,
        options=_chosen(first),
        runs=tuple(str(run.run) for run in runs),
        top1=Spread.of([float(run.scores["top1"]) for run in runs]),
        in_pairs=in_pairs,
        right_pair=right_pair,
        parameters=int(first.summary("parameters")),
        macs=macs,
        macs_per_frame=macs_of(spec, 1) if one_by_one else macs,
        step_bytes=first.summary("step_bytes"),
        samples_per_second=median(_speed(run) for run in runs),
        epochs=fmean(run.summary("epochs") for run in runs),
        seconds=fmean(run.summary("seconds") for run in runs),
        inference_ms=clip_ms,
        inference_ms_per_frame=frame_ms if one_by_one else clip_ms,
        streams=one_by_one,
        flow_ms=_flow(first),
    )


def _speed(run: Finished) -> float:
    return float(run.summary("images_per_second" if run.spec.time is None else "clips_per_second"))


def _chosen(run: Finished) -> dict[str, Any]:
    """Options that are not the defaults."""
    known = options_of(run.spec.backbone, run.spec.time)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in run.spec.options.items()
        if value != known.get(name)
    }


def _pairs(runs: list[Finished]) -> tuple[Spread | None, Spread | None]:
    """(right class within the right pair, right pair)."""
    scores = [
        pair_scores(run.record["classes"], run.scores["confusion"], run.pairs) for run in runs if run.pairs
    ]
    if len(scores) < len(runs):
        return None, None
    within = [right for _, right in scores if right is not None]
    right_pair = Spread.of([found for found, _ in scores])
    return (Spread.of(within) if len(within) == len(scores) else None), right_pair


def _flow(run: Finished) -> float | None:
    method = run.record["data"].get("flow")
    if method is None or run.frames is None:
        return None
    try:
        return flow_ms(run.spec, run.frames, method)
    except MissingExtraError:
        return None


def pair_scores(
    classes: Sequence[str], confusion: Sequence[Sequence[int]], pairs: Sequence[tuple[str, str]]
) -> tuple[float, float | None]:
    """(share of clips given the right pair, share of those given the right class), from a confusion matrix.

    Rows are the true classes. The second is None where no clip was given the right pair. A network that is
    blind to the order of frames gets half of those right when each clip is there both ways.

    >>> pair_scores(["left", "right", "still"], [[3, 1, 0], [2, 2, 0], [0, 0, 9]], [("left", "right")])
    (1.0, 0.625)
    """
    numbers = {name: number for number, name in enumerate(classes)}
    every = found = right = 0
    for names in pairs:
        one, other = (numbers[name] for name in names)
        for true in (one, other):
            every += sum(confusion[true])
            found += confusion[true][one] + confusion[true][other]
            right += confusion[true][true]
    return found / every if every else 0.0, right / found if found else None


def front(costs: Sequence[float], gains: Sequence[float]) -> list[bool]:
    """Whether each (cost, gain) is on the Pareto front: no other is at least as good in both, better in one.

    Equal offers stand or fall together.

    >>> front([1, 1, 2, 3], [0.5, 0.9, 0.8, 0.95])
    [False, True, False, True]
    """
    pairs = list(zip(costs, gains, strict=True))
    return [not any(_beats(other, one) for other in pairs) for one in pairs]


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other
