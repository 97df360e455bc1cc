"""The step of the optimiser, against the one that torch makes."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from explaining_networks import image_network, numbers

from small_runs import small_recipe, small_run
from striate.errors import NetworkError
from striate.evaluating.run_model import open_run
from striate.explaining.explain import explain
from striate.explaining.update import stepped
from striate.runs import read_record
from striate.training.checkpoint import read_checkpoint
from striate.training.train import Run

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
    faster = explain(digits_run.path, "digits/test/17", layer="conv1", weight=(3, 0, 1, 1), learning_rate=0.1)
    assert faster.gradient is not None
    assert faster.gradient.update is not None
    assert faster.gradient.update.settings["rate"] == 0.1


def test_a_finished_run_steps_at_its_highest_rate_and_its_average_follows(digits_run: Run) -> None:
    """The optimiser moves the raw weights of the checkpoint; what the run keeps is their moving average."""
    found = explain(digits_run.path, "digits/test/17", layer="conv1", weight=(3, 0, 1, 1)).gradient
    assert found is not None
    update, kept = found.update, open_run(digits_run.path, "cpu").network
    assert update is not None
    assert update.average is not None
    recipe = read_record(digits_run.path)["recipe"]
    assert update.settings["rate"] == recipe["learning_rate"]
    raw = read_checkpoint(digits_run.path)[1]["network"]["conv1.weight"]
    assert float(update.old[1, 1]) == pytest.approx(float(raw[3, 0, 1, 1]))
    before, after, decay = update.average
    assert before == pytest.approx(float(kept.get_parameter("conv1.weight")[3, 0, 1, 1].detach()))
    assert after == pytest.approx(decay * before + (1 - decay) * float(update.new[1, 1]))
    assert abs(float(update.new[1, 1] - update.old[1, 1])) > 1e-6


def test_a_bias_is_updated_too() -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    found = explain(network, x, layer="4", weight="bias:3", label=1, optimizer=optimizer).gradient
    F.cross_entropy(network(x), torch.tensor([1])).backward()  # type: ignore[no-untyped-call]
    assert found is not None
    assert found.update is not None
    bias = network[4].bias  # type: ignore[index]
    assert float(found.update.new) == pytest.approx(float((bias - 0.1 * bias.grad)[3].detach()), rel=1e-5)


def test_what_is_frozen_and_what_muon_turns_have_a_gradient_and_no_step_of_their_own(tmp_path: Path) -> None:
    recipe = small_recipe(epochs=1, optimizer="muon", freeze=("conv1",), ema=0.0)
    run = small_run(tmp_path / "run", recipe, options={"widths": (4, 6), "hidden": ()})
    weights = {"conv1": (1, 0, 1, 1), "conv2": (3, 2, 1, 1), "fc1": (2, 5)}
    found = {layer: explain(run, "digits/test/17", layer=layer, weight=at) for layer, at in weights.items()}
    assert all(one.gradient is not None for one in found.values())
    rules = {layer: one.gradient.update and one.gradient.update.rule for layer, one in found.items()}  # type: ignore[union-attr]
    assert rules == {"conv1": None, "conv2": None, "fc1": "AdamW"}
    assert explain(run, "digits/test/17", layer="conv2", show=["update"]).pictures


@pytest.mark.parametrize("rank", [4, 5])
@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_the_step_does_not_hang_on_how_things_lie_in_memory(rank: int, name: str) -> None:
    """Fused optimisers read memory in order: the weights of a checkpoint lay as they were trained."""
    last = {4: torch.channels_last, 5: torch.channels_last_3d}[rank]
    shape = (4, 3, *[3] * (rank - 2))
    start, gradient = numbers(*shape), numbers(*shape, seed=1)
    kinds = {
        "adamw": lambda p: torch.optim.AdamW([p], lr=0.1, fused=True),
        "sgd": lambda p: torch.optim.SGD([p], lr=0.1, momentum=0.9, fused=True),
    }
    found = []
    for of_parameter in (torch.contiguous_format, last):
        parameter = torch.nn.Parameter(start.to(memory_format=of_parameter))
        optimizer = kinds[name](parameter)  # type: ignore[no-untyped-call]
        parameter.grad = gradient.to(memory_format=of_parameter)
        optimizer.step()
        found += [
            stepped(optimizer, parameter, gradient.to(memory_format=one), start.to(memory_format=other))
            for one in (torch.contiguous_format, last)
            for other in (torch.contiguous_format, last)
        ]
    for one in found[1:]:
        torch.testing.assert_close(one, found[0], rtol=1e-6, atol=1e-7)
