"""The chain rule from the loss back to a layer: the size of the gradient after each step."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.layers.working import Working, working
from striate.tracing.recording import LayerRecord, Recorded

LARGEST_BY_HAND = 3_000_000
"""Numbers in an input up to which the step through a layer is worked out by hand as well."""
VANISHED, EXPLODED = 1e-3, 1e3
"""Ratios of gradient sizes, from the scores to the layer, that are called so."""


@dataclass(frozen=True)
class Step:
    """∂L/∂(output of a layer): its size, and the check of the way from there back to the layer's input."""

    layer: str
    type: str
    shape: tuple[int, ...]
    norm: float
    mean_size: float
    """Mean of the absolute values."""
    largest: float
    zeros: float
    """Share of exact zeros."""
    factor: float
    """The norm, divided by that of the step before."""
    check: Check | None
    """Of the way back from here to the layer's input; None where that is not worked out by hand."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = {name: getattr(self, name) for name in vars(self) if name not in ("shape", "check")}
        return {**told, "shape": list(self.shape), "check": self.check and self.check.to_json()}


@dataclass(frozen=True)
class Through:
    """The steps from the scores back to a layer."""

    layer: str
    steps: tuple[Step, ...]

    @property
    def ratio(self) -> float:
        """Mean size at the layer over mean size at the scores."""
        return self.steps[-1].mean_size / max(self.steps[0].mean_size, np.finfo(float).tiny)

    @property
    def verdict(self) -> str:
        """vanishes, explodes or steady."""
        return "vanishes" if self.ratio < VANISHED else "explodes" if self.ratio > EXPLODED else "steady"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        steps = [one.to_json() for one in self.steps]
        return {"layer": self.layer, "ratio": self.ratio, "verdict": self.verdict, "steps": steps}


def explain_through(recorded: Recorded, record: LayerRecord) -> Through:
    """From the last layer back to `record`: along the chain of inputs, or by order where it forks."""
    if record.upstream is None:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    path = _path(recorded, record)
    steps: list[Step] = []
    for one in path:
        delta = as_array(one.upstream) if one.upstream is not None else np.zeros(one.output.shape)
        norm = float(np.linalg.norm(delta))
        factor = 1.0 if not steps else norm / max(steps[-1].norm, np.finfo(float).tiny)
        share = float((delta == 0).mean())
        size, largest = float(np.abs(delta).mean()), float(np.abs(delta).max())
        kind, shape = type(one.layer).__name__, tuple(delta.shape)
        steps.append(Step(one.title, kind, shape, norm, size, largest, share, factor, _check(one)))
    return Through(record.title, tuple(steps))


def _path(recorded: Recorded, record: LayerRecord) -> list[LayerRecord]:
    """Every layer between, the last one first, that heard a gradient."""
    last = [one for one in recorded.layers if one.whole and one.upstream is not None]
    chain = _chain(recorded, last[-1], record)
    if chain is not None:
        return chain
    start = recorded.layers.index(record)
    between = [one for one in recorded.layers[start + 1 :] if one.whole and one.upstream is not None]
    return [*reversed(between), record]


def _chain(recorded: Recorded, last: LayerRecord, record: LayerRecord) -> list[LayerRecord] | None:
    """From the last layer along first inputs to `record`; None where a function stands between."""
    found = [last]
    while found[-1] is not record:
        source = found[-1].source
        if source is None:
            return None
        found.append(recorded.layers[source])
    return found


def _check(one: LayerRecord) -> Check | None:
    """The gradient at a layer's input, by hand from the one at its output."""
    if one.input.numel() > LARGEST_BY_HAND or one.upstream is None or one.input_gradient is None:
        return None
    try:
        how = working(one)
    except NetworkError:
        return None
    ours, size, terms = _back(how, as_array(one.input), as_array(one.upstream))
    what = f"the gradient at the input of {one.title}"
    return compare(what, ours, as_array(one.input_gradient), rounding(one.upstream, terms, size))


def _back(how: Working, x: Array, delta: Array) -> tuple[Array, Array, int]:
    """∂L/∂input by hand, Σ|term| of each number, and the number of terms."""
    gradient = _input_gradient(how, x, delta, how.arguments)
    if how.slides or how.kind == "fully_connected":
        positive = {name: np.abs(value) for name, value in how.arguments.items()}
        weight = how.arguments["weight"]
        return (
            gradient,
            _input_gradient(how, x, np.abs(delta), positive),
            weight.shape[0] * prod(weight.shape[2:]),
        )
    if how.kind == "batch_norm":
        return gradient, np.abs(gradient), 0
    return gradient, np.abs(gradient) + _input_gradient(how, x, np.abs(delta), how.arguments), 8


def _input_gradient(how: Working, x: Array, delta: Array, arguments: dict[str, Array]) -> Array:
    _, saved = how.operation.forward(x, **arguments)
    if how.slides:
        found: Array = how.operation.input_gradient(delta, saved)
        return found
    result = how.operation.backward(delta, saved)
    gradient: Array = getattr(result, "input", result)
    return gradient
