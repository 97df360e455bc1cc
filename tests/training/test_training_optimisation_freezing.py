"""Fine-tuning: parts that do not learn, and parts that learn more slowly."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from small_runs import TINY, go_on, small_recipe, small_run
from striate import runs
from striate.errors import ArgumentError
from striate.models import build
from striate.training.optimisation import (
    Pace,
    freeze,
    make_optimizer,
    set_pace,
    training_mode,
    untrained_parts,
)
from striate.training.recipe import Recipe
from striate.training.train import Run


class Through(nn.Module):
    """A network that holds its backbone under that name, as those through time do."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = build("resnet18", classes=3)


def learning(network: nn.Module) -> set[str]:
    """The first words of the names of what learns."""
    names = (name for name, parameter in network.named_parameters() if parameter.requires_grad)
    return {name.removeprefix("backbone.").split(".")[0] for name in names}


@pytest.mark.parametrize("network", [build("resnet18", classes=3), Through()], ids=["images", "clips"])
def test_parts_are_named_with_or_without_their_backbone(network: nn.Module) -> None:
    network = deepcopy(network)
    freeze(network, [])
    assert len(learning(network)) == 7
    freeze(network, ["layer1.0"])
    assert "layer1" in learning(network)
    freeze(network, ["conv1", "bn1", "layer1", "layer2."])
    assert learning(network) == {"layer3", "layer4", "fc"}
    freeze(network, [])  # what its maker has taken out stays out
    assert learning(network) == {"layer3", "layer4", "fc"}


def test_the_names_of_a_backbone_may_be_given_whole() -> None:
    network = Through()
    freeze(network, ["backbone.conv1", "backbone.layer1"])
    assert learning(network) == {"bn1", "layer2", "layer3", "layer4", "fc"}


def test_an_unknown_part_and_all_parts() -> None:
    with pytest.raises(ArgumentError) as caught:
        freeze(Through(), ["conv1", "layr1"])
    assert str(caught.value) == (
        "the network has no part 'layr1' to freeze: did you mean 'layer1'? "
        "Its parts: conv1, bn1, layer1, layer2, layer3, layer4, fc"
    )
    with pytest.raises(ArgumentError) as caught:
        freeze(build("plain", classes=3, size=8, **TINY), ["layer", "conv1"])
    assert str(caught.value).startswith("the network has no part 'layer' to freeze: ")
    with pytest.raises(ArgumentError) as caught:
        freeze(Through(), ["backbone"])
    assert str(caught.value) == "--freeze backbone leaves nothing to learn: name fewer parts"


def test_norms_of_frozen_parts_are_in_evaluation_mode() -> None:
    network = Through()
    training_mode(network, ["layer1", "bn1"])
    assert network.training
    assert not network.backbone.get_submodule("layer1.0.bn1").training
    assert not network.backbone.get_submodule("bn1").training
    assert network.backbone.get_submodule("layer2.0.bn1").training
    training_mode(network, [])
    assert all(module.training for module in network.modules())


def test_the_backbone_learns_at_its_share_of_the_rate() -> None:
    network = build("resnet18", classes=3)
    fresh = untrained_parts(network, ["bn1.bias"])
    assert fresh == ("bn1.bias", "fc.bias", "fc.weight")
    recipe = Recipe(backbone_rate=0.1, learning_rate=0.5)
    optimizer = make_optimizer(network, recipe, fresh)
    assert set_pace(optimizer, recipe, Pace(0.5, 0.9)) == 0.25
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        assert rates[id(parameter)] == pytest.approx(0.25 if name in fresh else 0.025), name
    assert len(rates) == len(list(network.parameters()))


@pytest.mark.parametrize(
    ("time", "fresh"),
    [
        ("tsm", {"backbone.fc1"}),
        ("2plus1d", {"backbone.fc1"}),
        ("lstm", {"recurrent", "head"}),
        ("two-stream", {"backbone.fc1", "flow.fc1"}),
    ],
)
def test_what_is_fresh_in_a_network_through_time(time: str, fresh: set[str]) -> None:
    network = build("plain", classes=3, channels=1, size=8, time=time, widths=(8, 8), hidden=())
    assert {name.rpartition(".")[0] for name in untrained_parts(network)} == fresh


def test_with_the_full_rate_the_groups_are_those_of_old() -> None:
    network = build("plain", classes=3, size=8, **TINY)
    assert len(make_optimizer(network, Recipe(), untrained_parts(network)).param_groups) == 2


OWN = Path(__file__).parent / "own_networks.py"
RESNET: dict[str, Any] = {"backbone": f"{OWN}:make_resnet", "options": {}}


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> Run:
    """A small ResNet to start from."""
    folder = tmp_path_factory.mktemp("taught") / "run"
    return small_run(folder, small_recipe(epochs=1, batch_size=88), data=small_set, **RESNET)


@pytest.mark.usefixtures("quick")
def test_frozen_parts_are_bit_for_bit_the_same_afterwards(
    tmp_path: Path, taught: Run, small_set: Path
) -> None:
    frozen = ("conv1", "bn1", "layer1", "layer2", "layer3")
    recipe = small_recipe(epochs=1, batch_size=88, freeze=frozen, backbone_rate=0.1)
    tuned = small_run(
        tmp_path / "run",
        recipe,
        data=small_set,
        weights=taught.path,
        **RESNET,
    )
    before, after = (load_file(run.path / runs.MODEL) for run in (taught, tuned))
    for name, value in before.items():
        assert torch.equal(value, after[name]) == name.startswith(tuple(f"{part}." for part in frozen)), name
    record = runs.read_record(tuned.path)
    assert Recipe.from_json(record["recipe"]) == recipe
    assert record["recipe"]["freeze"] == list(frozen)
    assert record["fresh"] == ["fc.bias", "fc.weight"]


@pytest.mark.usefixtures("quick")
def test_it_goes_on_as_it_began(tmp_path: Path, small_set: Path) -> None:
    from small_runs import STEPS, At, assert_equal, state_of

    recipe = small_recipe(epochs=3, freeze=("conv1",), backbone_rate=0.1)
    whole = small_run(tmp_path / "whole", recipe, data=small_set)
    small_run(tmp_path / "run", recipe, data=small_set, reporter=At(STEPS + 2))
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), state_of(whole.path))


def test_an_unknown_part_leaves_no_run(tmp_path: Path, small_set: Path) -> None:
    with pytest.raises(ArgumentError, match="the network has no part 'cnv1' to freeze: did you mean 'conv1'"):
        small_run(tmp_path / "run", small_recipe(freeze=("cnv1",)), data=small_set)
    assert not (tmp_path / "run").exists()
