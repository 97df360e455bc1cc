"""A network opened once, asked often, and changed."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from every_kind import EXAMPLES
from explaining_networks import numbers, seeded
from torch import nn

from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.explainer import Change, open_explainer
from striate.tracing.arguments import tensors_in
from striate.training.train import Run


@pytest.fixture(scope="module")
def network() -> nn.Module:
    layers = (nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 4))
    return seeded(nn.Sequential(*layers))


def test_answers_as_the_verb_does(digits_run: Run) -> None:
    opened = open_explainer(digits_run.path, "digits/test/17")
    for asked in ({}, {"layer": "conv2", "delta": True}, {"layer": "conv1", "weight": (3, 0, 1, 1)}):
        assert (
            opened.explain(**asked).to_json() == explain(digits_run.path, "digits/test/17", **asked).to_json()
        )


def test_a_number_by_its_whole_index(network: nn.Module) -> None:
    opened = open_explainer(network, numbers(2, 2, 6, 6), label=1)
    found = opened.explain(layer="0", index=(1, 2, 3, 0)).unit
    assert found is not None
    assert found.index == (1, 2, 3, 0)
    given = opened.numbers("0")
    assert given is not None
    assert found.value == pytest.approx(given[1, 2, 3, 0], rel=1e-5)


def test_delta_is_what_autograd_says(network: nn.Module) -> None:
    x = numbers(1, 2, 6, 6)
    opened = open_explainer(network, x, label=1)
    link = opened.delta("1", (0, 2, 1, 3))
    back = opened.numbers("1", gradient=True)
    assert back is not None
    assert link.delta == pytest.approx(back[0, 2, 1, 3])
    assert sum(part.value for part in link.parts) + link.rest == pytest.approx(link.delta, abs=1e-6)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("key", EXAMPLES)
def test_only_what_is_read_counts(key: str) -> None:
    """For every kind: whatever else stands in the input, the number is the same."""
    for layer, shape in EXAMPLES[key]:
        layer = seeded(deepcopy(layer))
        x = numbers(*shape)
        opened = open_explainer(layer, x)
        (line,) = [one for one in opened.explain().layers if one.kind][-1:]
        if line.kind != key:
            continue
        index = tuple(size // 2 for size in line.shape)
        reads, given = opened.reads(line.name, index), opened.numbers(line.name)
        if reads is None or key == "recurrent":  # which remembers the steps before, too
            continue
        record = opened.observed.recorded.named(line.name)
        other = numbers(record.input.numel(), seed=1)
        kept = torch.from_numpy(reads[reads >= 0])
        other[kept] = record.input.reshape(-1)[kept]
        with torch.no_grad():
            (now, *_) = tensors_in([record.layer(other.reshape(record.input.shape))])
        assert given is not None
        assert float(now[index]) == pytest.approx(given[index], rel=1e-4, abs=1e-5), (layer, index)


def test_patch_and_reads_stand_in_one_order(network: nn.Module) -> None:
    x = numbers(1, 2, 6, 6)
    opened = open_explainer(network, x)
    for layer, index in (("0", (0, 1, 2, 3)), ("2", (0, 1, 1, 0)), ("4", (0, 2))):
        unit, reads = opened.explain(layer=layer, index=index).unit, opened.reads(layer, index)
        assert unit is not None
        assert reads is not None
        told = unit.to_json()
        cells = np.ravel(told.get("patch") or told.get("values") or told["inputs"])
        taken = opened.observed.recorded.named(layer).input.reshape(-1)[torch.from_numpy(reads)]
        assert np.allclose(cells, taken, atol=1e-6)


def test_changes(network: nn.Module) -> None:
    x = numbers(1, 2, 6, 6)
    opened = open_explainer(network, x, label=1)
    before = opened.numbers("0")
    assert before is not None
    off = opened.changed(Change(off={"0": (2,)})).numbers("0")
    assert off is not None
    assert not off[:, 2].any()
    assert np.array_equal(off[:, :2], before[:, :2])
    weight = opened.parameters("0")["weight"]
    weight[1] *= 2
    twice = opened.changed(Change(weights={"0.weight": weight}))
    assert twice.explain(layer="0", filter=1).checks()  # worked out by hand again, of the new weight
    moved = opened.changed(Change(inputs=-x.numpy(), label=2))
    assert moved.subject.labels == (2,)
    assert np.array_equal(moved.subject.inputs, -x)
    after = opened.numbers("0")
    assert after is not None
    assert np.array_equal(after, before)  # what was opened first is as it was


def test_a_network_changed_by_hand_has_no_update(digits_run: Run) -> None:
    opened = open_explainer(digits_run.path, "digits/test/17")
    drawn = opened.changed(Change(inputs=opened.subject.pixels[:, :, ::-1]))  # type: ignore[index]
    changed = opened.changed(Change(off={"conv1": (0,)}))
    for one, has in ((opened, True), (drawn, True), (changed, False)):
        gradient = one.explain(layer="conv1", weight=(1, 0, 1, 1)).gradient
        assert gradient is not None
        assert (gradient.update is not None) == has


def test_a_shift_is_switched_off() -> None:
    from striate.models import build

    network = seeded(build("plain", classes=3, size=8, time="tsm", frames=4, widths=(8, 8)))
    opened = open_explainer(network, numbers(1, 3, 4, 8, 8), label=0)
    shift = next(one.name for one in opened.explain().layers if one.kind == "temporal_shift")
    still = opened.changed(Change(unshifted=(shift,)))
    taken = still.observed.recorded.named(shift)
    assert torch.equal(taken.input, taken.output)
    assert not torch.equal(
        opened.observed.recorded.named(shift).input, opened.observed.recorded.named(shift).output
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(weights={"0.wight": np.zeros(3)}), "0.wight of shape (3,) is no parameter of the network"),
        (
            Change(weights={"0.bias": np.zeros(4)}),
            "0.bias of shape (4,) is no parameter of the network: it has shape (3,)",
        ),
        (Change(off={"0": (3,)}), "0 has filters 0–2; got [3]"),
        (Change(off={"1": (0,)}), "1 has no filters that could be switched off: name a convolution"),
        (Change(unshifted=("0",)), "0 is no temporal shift of the network"),
        (Change(inputs=np.zeros((1, 2, 5, 5))), "inputs of shape (2, 5, 5) in place of (2, 6, 6)"),
        (Change(inputs=np.full((1, 2, 6, 6), np.nan)), "an input holds numbers that are not finite"),
        (
            Change(inputs=np.zeros((1, 2, 6, 6), np.uint8)),
            "a module does not say how pixels are prepared: give numbers as it takes them",
        ),
    ],
)
def test_what_is_no_change_is_refused(network: nn.Module, change: Change, said: str) -> None:
    with pytest.raises((ArgumentError, NetworkError)) as problem:
        open_explainer(network, numbers(1, 2, 6, 6), label=1).changed(change)
    assert str(problem.value) == said


def test_an_index_that_is_not_there(network: nn.Module) -> None:
    with pytest.raises(ArgumentError) as problem:
        open_explainer(network, numbers(1, 2, 6, 6)).explain(layer="0", index=(0, 3, 0, 0))
    assert str(problem.value) == "0 has no number [0, 3, 0, 0]: expected 0–0 × 0–2 × 0–3 × 0–3"
