"""The gradient of a weight as its terms, the update, and the way back through the layers."""

from pathlib import Path

import numpy as np
import one_digit
import pytest
import torch
import torch.nn.functional as F
from explaining_networks import Twice, clip_network, image_network, numbers, seeded
from torch import nn

import striate
from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.subject import open_subject
from striate.runs import read_record, write_record
from striate.training.optimisation import make_optimizer
from striate.training.recipe import Recipe
from striate.training.train import Run


@pytest.mark.parametrize(
    ("layer", "weight"), [("0", (5, 1, 2, 0)), ("4", (3, 2, 0, 0)), ("6", (7, 0, 1, 1)), ("13", (4, 47))]
)
def test_the_terms_add_up_to_the_gradient_of_autograd(layer: str, weight: tuple[int, ...]) -> None:
    network, x = image_network(), numbers(3, 4, 9, 8)
    gradient = explain(network, x, layer=layer, weight=weight, label=[0, 2, 1]).gradient
    F.cross_entropy(network(x), torch.tensor([0, 2, 1])).backward()  # type: ignore[no-untyped-call]
    theirs = network[int(layer)].weight.grad  # type: ignore[index]
    assert gradient is not None
    assert gradient.total == pytest.approx(float(theirs[weight]), rel=1e-4, abs=1e-7)
    assert gradient.entry.value == pytest.approx(gradient.total, rel=1e-9)
    assert np.allclose(gradient.kernel, theirs[weight[:2]].numpy(), rtol=1e-4, atol=1e-7)
    assert sum(use.terms.values.sum() for use in gradient.uses) == pytest.approx(gradient.total, rel=1e-9)
    assert gradient.uses[0].terms.per_sample.sum() == pytest.approx(gradient.total, rel=1e-9)
    sizes = [abs(term.value) for _, term in gradient.largest()]
    assert sizes == sorted(sizes, reverse=True)


def test_a_kernel_with_frames() -> None:
    found = explain(clip_network(), numbers(2, 8, 4, 8, 8), layer="1", weight=(2, 7, 0, 1, 2), label=[0, 1])
    assert found.gradient is not None
    assert found.gradient.count == 2 * 4 * 8 * 8
    assert found.gradient.kernel.shape == (3, 3, 3)


def test_the_loss_and_the_limit_of_the_run_count(tmp_path: Path) -> None:
    one_digit.save(tmp_path)
    record = read_record(tmp_path)
    record["recipe"] |= {"clip_norm": 0.5, "label_smoothing": 0.2, "momentum": 0.9, "weight_decay": 0.01}
    record["plan"]["class_weights"] = [0.5 + 0.1 * number for number in range(10)]
    write_record(tmp_path, record)
    found = explain(tmp_path, ["test/17", "test/18"], layer="conv1", weight=(2, 0, 1, 1))
    assert found.loss is not None
    assert found.gradient is not None
    assert found.gradient.update is not None
    network, subject = striate.load(tmp_path), open_subject(tmp_path, ["test/17", "test/18"], None)
    labels, weights = torch.tensor(subject.labels), torch.tensor(record["plan"]["class_weights"])
    each = F.cross_entropy(network(subject.inputs), labels, label_smoothing=0.2, reduction="none")
    loss = (each * weights[labels]).mean()
    optimizer = make_optimizer(network, Recipe.from_json(record["recipe"]))
    loss.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
    optimizer.step()
    assert found.loss.value == pytest.approx(float(loss.detach()), rel=1e-5)
    assert found.gradient.update.clip == pytest.approx(0.5 / float(norm), rel=1e-4)
    assert float(found.gradient.update.new[1, 1]) == pytest.approx(
        float(network.conv1.weight[2, 0, 1, 1].detach())
    )


def test_a_weight_that_is_used_twice_has_the_terms_of_both_calls() -> None:
    network, x = seeded(Twice()), numbers(1, 2, 4, 4)
    found = explain(network, x, layer="conv", weight=(0, 1, 2, 2), label=1, through=True)
    F.cross_entropy(network(x), torch.tensor([1])).backward()  # type: ignore[no-untyped-call]
    assert found.gradient is not None
    assert [use.layer for use in found.gradient.uses] == ["conv", "conv#2"]
    assert found.gradient.total == pytest.approx(float(network.conv.weight.grad[0, 1, 2, 2]), rel=1e-4)
    assert found.through is not None
    assert [step.layer for step in found.through.steps] == ["fc", "conv#2", "conv"]
    second = explain(network, x, layer="conv#2", weight=(0, 1, 2, 2), label=1).gradient
    assert second is not None
    assert second.total == pytest.approx(found.gradient.total)


def test_the_way_back_is_checked_at_every_layer() -> None:
    through = explain(image_network(), numbers(2, 4, 9, 8), layer="0", label=1, through=True).through
    assert through is not None
    assert [step.layer for step in through.steps] == [str(number) for number in reversed(range(16))]
    assert all(step.check is not None for step in through.steps)
    assert through.steps[0].norm * np.prod([step.factor for step in through.steps]) == pytest.approx(
        through.steps[-1].norm
    )


@pytest.mark.parametrize(("scale", "verdict"), [(0.02, "vanishes"), (1.0, "steady"), (60.0, "explodes")])
def test_gradients_that_vanish_and_explode(scale: float, verdict: str) -> None:
    layers = [nn.Linear(4, 4, bias=False) for _ in range(5)]
    for layer in layers:
        nn.init.eye_(layer.weight)
        layer.weight.data *= scale
    found = explain(nn.Sequential(*layers), numbers(1, 4) * 1e-10, layer="0", label=0, through=True)
    assert found.through is not None
    assert found.through.verdict == verdict


OPTIMISERS = {
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95)),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
}


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("steps", [0, 3])
def test_the_update_is_the_one_the_optimiser_makes(name: str, steps: int) -> None:
    network, x, labels = image_network(), numbers(2, 4, 9, 8), torch.tensor([1, 2])
    optimizer = OPTIMISERS[name](network.parameters())  # type: ignore[no-untyped-call]

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(x), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    for _ in range(steps):
        step()
    found = explain(network, x, layer="4", weight=(3, 2, 0, 0), label=[1, 2], optimizer=optimizer)
    assert found.gradient is not None
    update = found.gradient.update
    assert update is not None
    before = float(network[4].weight[3, 2, 0, 0].detach())  # type: ignore[index]
    step()
    after = float(network[4].weight[3, 2, 0, 0].detach())  # type: ignore[index]
    assert (float(update.old[0, 0]), float(update.new[0, 0])) == (pytest.approx(before), pytest.approx(after))


def test_an_optimiser_that_has_no_derivation() -> None:
    network = image_network()
    with pytest.raises(
        NetworkError, match=r"^the optimiser Rprop cannot be worked out by hand; those that can: "
    ):
        explain(
            network, numbers(1, 4, 9, 8), layer="4", weight=(0, 0, 0, 0), label=1,
            optimizer=torch.optim.Rprop(network.parameters()),
        )  # fmt: skip


def test_the_run_has_its_own_optimiser_loss_and_labels(digits_run: Run) -> None:
    found = explain(digits_run.path, "digits/test/17", layer="conv1", weight=(3, 0, 1, 1))
    assert (found.label, found.inputs) == ("2", ("digits/test/17",))
    assert found.gradient is not None
    assert found.gradient.update is not None
    assert found.gradient.update.rule == "AdamW"
    assert found.gradient.update.steps > 0
    assert found.gradient.update.memory.keys() == {"m", "v"}
    faster = explain(digits_run.path, "digits/test/17", layer="conv1", weight=(3, 0, 1, 1), rate=0.1)
    assert faster.gradient is not None
    assert faster.gradient.update is not None
    assert faster.gradient.update.settings["rate"] == 0.1


@pytest.mark.parametrize(
    ("layer", "weight", "expected"),
    [
        (
            "0",
            (6, 0, 0, 0),
            "0: expected filter 0–5, channel 0–1, row 0–2, column 0–2; the nearest is 5,0,0,0",
        ),
        ("0", (1, 0, 0), "0: expected filter 0–5, channel 0–1, row 0–2, column 0–2"),
        ("13", (5, 0), "13: expected output 0–4, input 0–47; the nearest is 4,0"),
    ],
)
def test_weights_out_of_range(layer: str, weight: tuple[int, ...], expected: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        explain(image_network(), numbers(1, 4, 9, 8), layer=layer, weight=weight, label=0)
    assert str(caught.value) == f"weight {','.join(map(str, weight))} is not in {expected}"


def test_a_layer_without_kernels() -> None:
    with pytest.raises(NetworkError) as caught:
        explain(image_network(), numbers(1, 4, 9, 8), layer="3", weight=(0, 0), label=0)
    assert str(caught.value) == (
        "3 is a MaxPool2d: it has no kernel whose gradient could be taken apart; "
        "name a layer that has one: 0, 4, 6, 13, 15"
    )


def test_a_gradient_says_what_it_needs(digits_run: Run) -> None:
    expected = (
        r"^a gradient needs the loss, and the loss needs a label: the network is in evaluation mode and"
    )
    with pytest.raises(ArgumentError, match=expected):
        explain(image_network(), numbers(1, 4, 9, 8), layer="0", weight=(0, 0, 0, 0))
    pixels = np.zeros((1, 1, 8, 8), np.uint8)
    with pytest.raises(
        ArgumentError, match=r"give --label NAME \(one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\), or an image"
    ):
        explain(digits_run.path, pixels, layer="conv1", through=True)
    with pytest.raises(ArgumentError, match=r"^label 7 is not a class of the network: expected 0–2$"):
        explain(image_network(), numbers(1, 4, 9, 8), layer="0", through=True, label=7)
    with pytest.raises(
        NetworkError, match=r"^a gradient needs scores of shape N×classes for the cross-entropy; the"
    ):
        explain(nn.Conv2d(1, 1, 1), numbers(1, 1, 2, 2), layer="conv2d", through=True, label=0)
