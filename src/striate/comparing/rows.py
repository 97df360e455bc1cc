"""Finished runs → the rows of the table, the best of them marked, and how pairs of classes are told apart."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median
from typing import Any

import torch

from striate.comparing.comparison import Row, Spread
from striate.comparing.costs import flow_ms, inference_ms, macs_of, streams
from striate.comparing.finished import Finished
from striate.errors import MissingExtraError
from striate.models import options as options_of


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
