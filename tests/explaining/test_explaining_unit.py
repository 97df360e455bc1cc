"""Which number is chosen, what follows it, and what is said of one that is not there."""

import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch
from explaining_networks import clip_network, image_network, numbers
from torch import nn

from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.kinds.normalisation import Normalised
from striate.explaining.unit import ReceptiveFields, choose, explain_unit, rectangle, traced
from striate.pages import Paragraph, document_of
from striate.tracing.recording import record


@pytest.mark.parametrize("number", range(16))
def test_every_kind_of_layer_for_images(number: int) -> None:
    recorded = record(image_network(), numbers(2, 4, 9, 8))
    one = recorded.layers[number]
    random = np.random.default_rng(number)
    for _ in range(8):
        index = tuple(int(random.integers(size)) for size in one.output.shape)
        unit = explain_unit(one, index)
        assert unit.value == pytest.approx(float(one.output[index]), rel=1e-5, abs=1e-6)
        assert unit.check.difference <= unit.check.rounding < 1e-4


@pytest.mark.parametrize("number", range(8))
def test_every_kind_of_layer_for_clips(number: int) -> None:
    recorded = record(clip_network(), numbers(1, 8, 4, 8, 8))
    one = recorded.layers[number]
    unit = explain_unit(one, choose(one, None, None))
    assert unit.value == pytest.approx(float(one.output.max()), rel=1e-5)


def test_what_follows_at_the_same_place() -> None:
    unit = explain(image_network(), numbers(1, 4, 9, 8), layer="0", filter=2, at=(1, 3)).unit
    assert unit is not None
    assert [one.kind for one in unit.after] == ["batch_norm", "silu"]
    assert isinstance(unit.after[0].detail, Normalised)
    assert unit.after[0].detail.input == pytest.approx(unit.value, abs=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "at", "said"),
    [
        (nn.Conv2d(1, 1, 3), (5, 5), (1, 2), "H 1–3, W 2–4: its receptive field, 3×3 in size."),
        (nn.Conv2d(1, 1, 1), (5, 5), (1, 2), "H 1, W 2: its receptive field, 1×1 in size."),
        (
            nn.Conv2d(1, 1, 3, padding=1),
            (5, 5),
            (0, 2),
            "H 0–1, W 1–3: its receptive field, 3×3 in size, as far as it lies inside.",
        ),
        (nn.Linear(5, 2), (), None, None),
    ],
)
def test_what_a_number_depends_on(
    layer: nn.Module, shape: tuple[int, ...], at: tuple[int, ...] | None, said: str | None
) -> None:
    x = numbers(1, 1, *shape) if shape else numbers(1, 5)
    blocks = document_of(explain(nn.Sequential(layer), x, layer="0", at=at)).sections[1].blocks
    found = [one.text for one in blocks if isinstance(one, Paragraph) and "depends" in one.text]
    assert found == ([] if said is None else [f"This number depends on the input at {said}"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"layer": "3", "filter": 9}, r"^filter 9 is not in 3: expected 0–5; the nearest is 5$"),
        ({"layer": "3", "at": (9, 0)}, r"^position 9,0 is not in 3: expected 0–2 × 0–4; the nearest is 2,0$"),
        ({"layer": "3", "at": (1,)}, r"^position 1 is not in 3: expected 0–2 × 0–4, 2 numbers$"),
        (
            {"layer": "15", "at": (1,)},
            r"^position 1 is not in 15: its outputs have no position: leave it out$",
        ),
        ({"layer": "15", "filter": 3}, r"^unit 3 is not in 15: expected 0–2; the nearest is 2$"),
        ({"layer": "33"}, r"^unknown layer '33': did you mean '3'\? Known: 0, 1, 10, 11"),
        (
            {"filter": 1},
            r"^a filter, a position, a weight or the way through is of a layer: give --layer too$",
        ),
        (
            {"layer": "3", "show": ("map",)},
            r"^show must be a row of which each is 'maps', .* got \('map',\) \(did you mean maps\?\): ",
        ),
        (
            {"layer": "3", "language": "fr"},
            r"^language must be 'en' or 'vi'; got 'fr': for example language='en'$",
        ),
    ],
)
def test_what_is_out_of_range(asked: dict[str, object], expected: str) -> None:
    with pytest.raises((ArgumentError, NetworkError), match=expected):
        explain(image_network(), numbers(1, 4, 9, 8), **asked)  # type: ignore[arg-type]


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
