"""Whatever attributes a module has, they are what they were."""

import random
from collections import OrderedDict, defaultdict, deque
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune, weight_norm

from striate.watching import untouched

ATTRIBUTES: dict[str, Any] = {
    "a tensor": torch.rand(3, 1, 1),
    "a tensor of one number": torch.zeros(()),
    "an array": np.arange(6.0).reshape(2, 3),
    "a list of tensors": [torch.rand(2), torch.rand(2)],
    "a dictionary of tensors": {"mean": torch.rand(2), 3: np.zeros(2)},
    "a dictionary in order": OrderedDict(b=1, a=2),
    "a dictionary with a default": defaultdict(list, a=[1]),
    "a set": {"a", "b"},
    "an empty list": [],
    "a function": len,
    "a module in a list": [nn.Linear(2, 2)],
    "not a number": float("nan"),
}


class Plain(nn.Module):
    """Has one attribute and no parameters."""

    def __init__(self, attribute: Any) -> None:
        super().__init__()
        self.attribute = attribute


def content(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, id(thing)) for key, thing in value.items()]
    if isinstance(value, set):
        return {id(thing) for thing in value}
    if isinstance(value, list):
        return [id(thing) for thing in value]
    return id(value)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_any_attribute_stays(name: str) -> None:
    module = Plain(ATTRIBUTES[name])
    before = id(module.attribute), content(module.attribute)
    with untouched(module):
        assert not module.training
    assert (id(module.attribute), content(module.attribute)) == before
    with untouched(module):
        module.attribute = "another"
        module.new = 1
    assert (id(module.attribute), content(module.attribute)) == before
    assert not hasattr(module, "new")


@pytest.mark.parametrize(
    "name", [name for name in ATTRIBUTES if isinstance(ATTRIBUTES[name], list | dict | set)]
)
def test_what_containers_held_is_put_back(name: str) -> None:
    module = Plain(ATTRIBUTES[name])
    before = content(module.attribute)
    with untouched(module):
        module.attribute.clear()
    assert content(module.attribute) == before
    with untouched(module):
        add = getattr(module.attribute, "append", None) or getattr(module.attribute, "add", None)
        if add is None:
            module.attribute["new"] = torch.zeros(1)
        else:
            add(torch.zeros(1))
    assert content(module.attribute) == before


@pytest.mark.parametrize("change", [prune.random_unstructured, weight_norm])
def test_layers_that_keep_their_weight_as_an_attribute(change: Any) -> None:
    layer = nn.Linear(3, 2)
    if change is weight_norm:
        with pytest.warns(FutureWarning):
            change(layer)
    else:
        change(layer, "weight", 0.5)
    weight = layer.weight
    with untouched(layer), torch.no_grad():
        layer(torch.randn(1, 3))
    assert layer.weight is weight


class Ruinous(nn.Sequential):
    """Takes itself apart while it runs, and fails."""

    def forward(self, x: Tensor) -> Tensor:
        self[1].running_mean = torch.ones(2)
        self[1].train()
        del self[0].weight
        raise RuntimeError


def test_modes_buffers_and_parameters_stay_even_after_an_error() -> None:
    network = Ruinous(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)).train()
    network[1].eval()
    weight, mean = network[0].weight, network[1].running_mean
    with pytest.raises(RuntimeError), untouched(network):
        network(torch.randn(1, 1, 2, 2))
    assert network[0].weight is weight
    assert network[1].running_mean is mean
    assert [module.training for module in network.modules()] == [True, True, False]


def test_the_random_state_stays() -> None:
    states: list[tuple[Tensor, Any, Any]] = []
    for _ in range(2):
        states.append((torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()))
        with untouched(nn.Identity()):
            torch.rand(1), random.random(), np.random.rand()
    assert torch.equal(states[0][0], states[1][0])
    assert states[0][1:] == states[1][1:]


class Silent(dict):  # type: ignore[type-arg]
    """A dictionary that does not say what it holds."""

    def __len__(self) -> int:
        raise RuntimeError("not for you")

    def items(self):  # type: ignore[no-untyped-def]
        raise RuntimeError("not for you")


def test_containers_of_any_kind_are_what_they_were_or_left_alone() -> None:
    network = nn.ReLU()
    network.seen, network.silent = deque([1, 2], maxlen=2), Silent()
    with untouched(network):
        network.seen.append(3)
    assert list(network.seen) == [1, 2]
    assert type(network.silent) is Silent
