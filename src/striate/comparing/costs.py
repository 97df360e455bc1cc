"""What a network costs, counted and measured; and networks scaled until they cost alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Literal

import torch
from torch import Tensor, nn

from striate.data.optical_flow import flow_planes
from striate.errors import ArgumentError
from striate.evaluating.scoring import channels_last, in_evaluation, to_device
from striate.inspecting import inspect
from striate.models import NetworkSpec
from striate.models import options as options_of

# What a network costs: counted without computing, and measured in milliseconds.

WARM_UP, LEAST, MOST, SECONDS = 3, 5, 50, 0.5
"""Runs before measuring, and measured runs of each network: between five and fifty, as many as fit."""
FLOW_PLANES = 2


def planes_of(spec: NetworkSpec) -> int:
    """Of a clip: the picture's channels, and for two-stream the flow's."""
    return spec.channels + (FLOW_PLANES if spec.time == "two-stream" else 0)


def streams(spec: NetworkSpec) -> bool:
    """Whether a new frame costs that frame only: what was computed of earlier ones is kept, not redone.

    Recurrent ways and 2d look at each frame once. Where no frame sees a later one, neither shifts nor kernels
    over time change what was computed of earlier frames; otherwise the whole clip is needed again.
    """
    return spec.time in ("2d", "rnn", "lstm", "gru") or spec.causal


def bare(spec: NetworkSpec) -> nn.Module:
    """The network without numbers, to be counted."""
    return spec.without_numbers()


def parameters_of(spec: NetworkSpec) -> int:
    """Numbers that are learnt."""
    return sum(parameter.numel() for parameter in bare(spec).parameters())


def shape_of(spec: NetworkSpec, frames: int | None) -> tuple[int, ...]:
    """(C, H, W) of an image, (planes, T, H, W) of a clip of so many frames."""
    assert isinstance(spec.size, tuple)
    return (planes_of(spec), *(() if frames is None else (frames,)), *spec.size)


def macs_of(spec: NetworkSpec, frames: int | None) -> int:
    """Multiply-accumulates of one image, or of one clip of so many frames, as `inspect` counts them."""
    return int(inspect(bare(spec), shape_of(spec, frames)).totals.macs.value)


def milliseconds(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Of each call: the median, after some that do not count. They run in turn, so that a machine that slows
    down slows them all.
    """
    for call in calls:
        for _ in range(WARM_UP):
            call()
    slowest = max((_seconds(call) for call in calls), default=0.0)
    rounds = max(LEAST, min(MOST, int(SECONDS / max(slowest, 1e-9))))
    rows = [[_seconds(call) for call in calls] for _ in range(rounds)]
    return [1e3 * median(column) for column in zip(*rows, strict=True)]


def inference_ms(
    specs: Sequence[NetworkSpec], frames: Sequence[int | None], device: torch.device
) -> list[float]:
    """Milliseconds of one image or clip through each network, in fp32 as `predict` computes. Weights do not
    matter.
    """
    networks = [to_device(spec.build(), device).eval() for spec in specs]
    inputs = [
        channels_last(torch.randn(1, *shape_of(spec, count), device=device))
        for spec, count in zip(specs, frames, strict=True)
    ]
    with torch.inference_mode():
        return milliseconds([_call(network, x, device) for network, x in zip(networks, inputs, strict=True)])


def _call(network: nn.Module, x: Tensor, device: torch.device) -> Callable[[], object]:
    def call() -> None:
        with in_evaluation(network):
            network(x)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return call


def flow_ms(spec: NetworkSpec, frames: int, method: str) -> float:
    """Milliseconds of the optical flow of one clip, on one thread; MissingExtraError without OpenCV."""
    assert isinstance(spec.size, tuple)
    clip = torch.randint(0, 256, (frames, spec.channels, *spec.size), dtype=torch.uint8).numpy()
    return milliseconds([lambda: flow_planes(clip, method)])[0]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# `match`: networks of another width, so that every way has as many parameters, or MACs, as the reference.
#
# All widths of a network are multiplied by one factor and rounded; the factor is found by bisection, as
# both figures grow with it.

Match = Literal["params", "macs", "time"]
MATCHES = ("params", "macs", "time")
WIDTHS = ("widths", "hidden")
"""Options that are numbers of channels or units."""
SMALLEST, LARGEST = 1 / 16, 16.0
"""Factors that are tried."""
STEPS = 24
"""Halvings of that interval: more than any width can tell apart."""
NEAR = 0.05
"""A match that misses by more than this share is no match."""


def matched(spec: NetworkSpec, reference: NetworkSpec, match: str, frames: int | None) -> NetworkSpec:
    """`spec` in the width at which it has as many parameters, or MACs, as `reference`.

    Raises ArgumentError where the backbone has no widths to choose, or none comes near.
    """
    count = _counter(match, frames)
    target, known = count(reference), options_of(spec.backbone)
    if spec == reference or count(spec) == target:
        return spec
    names = [name for name in WIDTHS if name in known]
    if not names:
        raise ArgumentError(
            f"--match {match} scales the widths of a network, and {spec.backbone} has none to choose: "
            "compare at the backbone's own width (leave --match out), match time, or take the backbone plain"
        )
    widths = {name: {**known, **spec.options}[name] for name in names}
    best, nearest = _nearest(spec, widths, count, target)
    if abs(nearest - target) > NEAR * target:
        raise ArgumentError(
            f"no width of {_told(spec)} comes near the {target:,} {match} of {_told(reference)} (the "
            f"nearest has {nearest:,}): start from other --options widths, or leave --match out"
        )
    return best


def _told(spec: NetworkSpec) -> str:
    return spec.backbone if spec.time is None else f"{spec.backbone} with {spec.time}"


def _nearest(
    spec: NetworkSpec, widths: Mapping[str, Any], count: Callable[[NetworkSpec], int], target: int
) -> tuple[NetworkSpec, int]:
    """Of the widths that bisection comes upon, those whose count is nearest, and that count."""
    low, high = SMALLEST, LARGEST
    known: dict[str, tuple[NetworkSpec, int]] = {}
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        tried = _scaled(spec, widths, middle)
        key = str(tried.options)  # rounding makes many factors one
        if key not in known:
            known[key] = (tried, count(tried))
        low, high = (middle, high) if known[key][1] < target else (low, middle)
    return min(known.values(), key=lambda pair: abs(pair[1] - target))


def _counter(match: str, frames: int | None) -> Callable[[NetworkSpec], int]:
    return parameters_of if match == "params" else lambda spec: macs_of(spec, frames)


def _scaled(spec: NetworkSpec, widths: Mapping[str, Any], factor: float) -> NetworkSpec:
    scaled = {name: tuple(max(1, round(factor * width)) for width in given) for name, given in widths.items()}
    return replace(spec, options={**spec.options, **scaled})
