"""The chain rule from the loss back to a layer: the size of the gradient after each step."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.errors import NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.texts import Texts
from striate.explaining.weight_gradient import parameter_name
from striate.numbers import DASH, by, number, percent
from striate.pages import Block, Formula, Paragraph, Section, Table
from striate.pages.maths import partial, row, sub
from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord, Recorded

LARGEST_BY_HAND = 3_000_000
"""Numbers in an input up to which the step through a layer is worked out by hand as well."""
VANISHED, EXPLODED = 1e-3, 1e3
"""Ratios from the scores to the layer that are called so.

A gradient vanishes where its norm does (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent
neural networks", 2013): the mean over a map only tells how many numbers the norm is spread over. And it
matters where the weights' gradients vanish with it, which they need not: in a chain of linear layers δ may
shrink while the inputs grow (Glorot, Bengio, "Understanding the difficulty of training deep feedforward
neural networks", 2010). Weights of layers differ in number and size, so theirs is taken relative to the
weights themselves (You, Gitman, Ginsburg, "Large Batch Training of Convolutional Networks", 2017).
"""
TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class Step(ToJson):
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
    relative: float | None
    """‖∂L/∂W‖/‖W‖ of the layer's weight; None where it has none, or where that is 0."""
    check: Check | None
    """Of the way back from here to the layer's input; None where that is not worked out by hand."""

    def row(self) -> tuple[str, ...]:
        """The step as a row of a table."""
        relative = DASH if self.relative is None else number(self.relative, 3)
        sizes = (number(self.norm), f"×{number(self.factor, 3)}", relative, percent(self.zeros, 1))
        difference = DASH if self.check is None else f"{self.check.difference:.1e}"
        return (self.layer, self.type, by(self.shape), *sizes, number(self.largest), difference)


@dataclass(frozen=True)
class BackwardPath:
    """The steps from the scores back to a layer."""

    layer: str
    steps: tuple[Step, ...]

    @property
    def ratio(self) -> float:
        """The norm at the layer over the norm at the scores."""
        return self.steps[-1].norm / max(self.steps[0].norm, TINY)

    @property
    def weights_ratio(self) -> float | None:
        """‖∂L/∂W‖/‖W‖ of the first layer on the way that has weights, over that of the last one."""
        found = [step.relative for step in self.steps if step.relative is not None]
        return found[-1] / max(found[0], TINY) if len(found) > 1 else None

    @property
    def verdict(self) -> str:
        """vanishes, explodes or steady; shrinks or grows where the weights' gradients do not go along."""
        weights = self.ratio if self.weights_ratio is None else self.weights_ratio
        if self.ratio < VANISHED:
            return "vanishes" if weights < VANISHED else "shrinks"
        if self.ratio > EXPLODED:
            return "explodes" if weights > EXPLODED else "grows"
        return "steady"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        steps = [one.to_json() for one in self.steps]
        found = {"ratio": self.ratio, "weights_ratio": self.weights_ratio, "verdict": self.verdict}
        return {"layer": self.layer, **found, "steps": steps}

    def section(self, say: Texts) -> Section:
        """The chain rule, and a row for every step."""
        return Section(say("through.title", layer=self.layer), tuple(self._blocks(say)))

    def _blocks(self, say: Texts) -> Iterator[Block]:
        yield Paragraph(say("through.text", layer=self.layer))
        first, last = self.steps[0].layer, sub("y", self.layer)
        end, begin = partial(f"y[{first}]", sub("y", "…")), partial("y[…]", last)
        chain = row(partial("L", sub("y", first)), "·", end, "·", "…", "·", begin)
        yield Formula(row(partial("L", last), "=", chain))
        heads = say.heads(
            "layer", "type", "shape", "norm", "factor", "relative", "zeros", "largest", "difference"
        )
        yield Table.of_rows(say("through.table"), heads, tuple(step.row() for step in self.steps))
        weights = self.weights_ratio
        told = DASH if weights is None else number(weights, 3)
        yield Paragraph(say(f"through.{self.verdict}", ratio=number(self.ratio, 3), weights=told))


def explain_backward_path(recorded: Recorded, record: LayerRecord) -> BackwardPath:
    """From the last layer back to `record`: along the chain of inputs, or by order where it forks."""
    if record.upstream is None:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    steps: list[Step] = []
    for one in _path(recorded, record):
        steps.append(_step(recorded, one, steps[-1].norm if steps else None))
    return BackwardPath(record.title, tuple(steps))


def _step(recorded: Recorded, record: LayerRecord, norm_before: float | None) -> Step:
    delta = np.zeros(record.output.shape) if record.upstream is None else as_array(record.upstream)
    norm, sizes = float(np.linalg.norm(delta)), np.abs(delta)
    return Step(
        layer=record.title,
        type=type(record.layer).__name__,
        shape=tuple(delta.shape),
        norm=norm,
        mean_size=float(sizes.mean()),
        largest=float(sizes.max()),
        zeros=float((delta == 0).mean()),
        factor=1.0 if norm_before is None else norm / max(norm_before, TINY),
        relative=_relative(recorded, record),
        check=_check(record),
    )


def _relative(recorded: Recorded, record: LayerRecord) -> float | None:
    """‖∂L/∂W‖/‖W‖ over every call that uses the weight."""
    weight = record.parameters.get("weight")
    gradient = recorded.parameter_gradients.get(parameter_name(recorded, record))
    norm = 0.0 if weight is None else float(weight.norm())
    return None if gradient is None or not norm else float(gradient.norm()) / norm


def _path(recorded: Recorded, record: LayerRecord) -> list[LayerRecord]:
    """Every layer between, the last one first, that a gradient reached."""
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


def _check(record: LayerRecord) -> Check | None:
    """The gradient at a layer's input, by hand from the one at its output."""
    if record.input.numel() > LARGEST_BY_HAND or record.upstream is None or record.input_gradient is None:
        return None
    try:
        kind = kind_of(record)
    except NetworkError:
        return None
    if any(one is not None for one in record.further_upstream) and not kind.hears_all:
        return None
    found = kind.input_gradient()
    what = f"the gradient at the input of {record.title}"
    allowed = rounding(record.upstream, found.terms, found.size)
    return compare(what, found.value, as_array(record.input_gradient), allowed)
