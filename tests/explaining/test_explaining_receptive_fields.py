"""Where in the input a number looks."""

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from explaining_networks import clip_network, image_network, numbers
from torch import nn

from striate.explaining.explain import explain
from striate.explaining.receptive_fields import ReceptiveFields, rectangle, traced
from striate.tracing.recording import record


def test_where_it_lies_in_the_input() -> None:
    unit = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer="3", filter=0, at=(1, 1, 2)).unit
    assert unit is not None
    assert unit.receptive_field is not None
    assert unit.receptive_field.axes == ("T", "H", "W")
    assert unit.receptive_field.clipped == ((0, 3), (1, 4), (3, 6))
    assert unit.receptive_field.unclipped == ((-1, 3), (1, 4), (3, 6))


def test_only_what_lies_in_the_field_acts_on_a_number() -> None:
    """The second witness: the gradient of the number at the input is not 0 inside, and 0 outside."""
    network, x = image_network(), numbers(1, 4, 9, 8).requires_grad_()
    recorded = record(network, x.detach())
    fields = ReceptiveFields(network, x.detach())
    for layer, index in (("0", (0, 1, 2, 3)), ("3", (0, 2, 1, 1)), ("4", (0, 4, 0, 0))):
        field = fields.of(recorded.named(layer), index)
        assert field is not None
        output = network[: int(layer) + 1](x)  # type: ignore[index]
        (gradient,) = torch.autograd.grad(output[index], x)
        acts = gradient[0].abs().sum(0)
        rows, columns = (acts.sum(axis).nonzero().flatten().tolist() for axis in (1, 0))
        top, left, bottom, right = rectangle(field) or (0, 0, 0, 0)
        assert top <= min(rows) <= max(rows) <= bottom
        assert left <= min(columns) <= max(columns) <= right


def test_what_has_no_rectangle() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    assert rectangle(None) is None
    assert ReceptiveFields(network, x).of(record(network, x).layers[0], (0, 1)) is None  # no such index


def test_a_trace_is_kept_while_nothing_changes() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    first = traced(network, x)
    assert traced(network, 2 * x) is first
    with torch.no_grad():
        next(network.parameters()).add_(1)  # values decide nothing here
    assert traced(network, x) is first
    assert traced(network, numbers(1, 4, 12, 8)) is not first


@pytest.mark.parametrize(
    "change",
    [
        lambda network: setattr(network[0], "stride", (2, 2)),
        lambda network: network.__setitem__(1, nn.Identity()),
        lambda network: network.insert(1, nn.Conv2d(6, 6, 3, padding=1)),
        lambda network: setattr(network[0], "forward", network[0].forward),
        lambda network: network[0].register_forward_hook(lambda *_: None),
    ],
)
def test_a_changed_network_is_traced_anew(change: Callable[[nn.Module], object]) -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    first = traced(network, x)
    change(network)
    assert traced(network, x) is not first


def test_a_trace_keeps_no_network_alive() -> None:
    network = image_network()
    traced(network, numbers(1, 4, 9, 8))
    there = weakref.ref(network)
    del network
    gc.collect()
    assert there() is None
