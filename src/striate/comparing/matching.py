"""`match`: networks of another width, so that every way has as many parameters, or MACs, as the reference.

All widths of a network are multiplied by one factor and rounded; the factor is found by bisection, as both
figures grow with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from striate.comparing.costs import macs_of, parameters_of
from striate.errors import ArgumentError
from striate.models import NetworkSpec
from striate.models import options as options_of

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


def matched(spec: NetworkSpec, reference: NetworkSpec, match: str, frames: int) -> NetworkSpec:
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
            f"no width of {spec.backbone} with {spec.time} comes near the {target:,} {match} of "
            f"{reference.time} (the nearest has {nearest:,}): start from other --option widths, or leave "
            "--match out"
        )
    return best


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


def _counter(match: str, frames: int) -> Callable[[NetworkSpec], int]:
    return parameters_of if match == "params" else lambda spec: macs_of(spec, frames)


def _scaled(spec: NetworkSpec, widths: Mapping[str, Any], factor: float) -> NetworkSpec:
    scaled = {name: tuple(max(1, round(factor * width)) for width in given) for name, given in widths.items()}
    return replace(spec, options={**spec.options, **scaled})
