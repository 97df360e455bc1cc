"""Names, options and sizes: what `build` accepts, and the sentences with which it refuses."""

import doctest
import importlib
import pkgutil
from typing import Any

import pytest
import torch

import striate.models
from striate.errors import ArgumentError, NetworkError
from striate.models import CATALOGUE, NETWORKS, build, options
from striate.watching import without_numbers


def test_the_catalogue_names_what_the_readme_promises() -> None:
    names = "plain fast resnet18 resnet34 resnet50 resnet101 mobilenet_v2 squeezenet1_1 vgg16 alexnet"
    assert list(CATALOGUE) == names.split()


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(striate.models.__path__)])
def test_examples_in_docstrings_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"striate.models.{module}")).failed == 0


def test_options_are_those_of_the_builder_with_their_defaults() -> None:
    assert options("plain") == {"widths": (32, 64), "hidden": (128,), "dropout": 0.0}
    assert options("resnet18") == {}
    assert options("mobilenet_v2") == {"dropout": 0.2}


def test_options_reach_the_network() -> None:
    with without_numbers():
        network = build("mobilenet_v2", classes=10, dropout=0.4)
    assert network.get_submodule("classifier.0").p == 0.4


def test_asking_for_a_size_changes_no_weights() -> None:
    torch.manual_seed(0)
    unasked = build("squeezenet1_1", classes=3)
    torch.manual_seed(0)
    asked = build("squeezenet1_1", classes=3, size=64)
    assert all(torch.equal(a, b) for a, b in zip(unasked.parameters(), asked.parameters(), strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"backbone": "resnet81"},
            f"unknown backbone 'resnet81': did you mean 'resnet18'? Known: {', '.join(sorted(NETWORKS))}; "
            "or name your own, as in my.py:make",
        ),
        (
            {"backbone": "plain", "size": 28, "width": 3},
            "unknown option of plain 'width': did you mean 'widths'? Known: dropout, hidden, widths",
        ),
        ({"backbone": "resnet18", "widths": 3}, "resnet18 takes no options; got 'widths'"),
        ({"backbone": "resnet18", "classes": 0}, "classes must be a whole number of at least 1; got 0"),
        (
            {"backbone": "resnet18", "classes": 2.5},
            "classes must be a whole number; got 2.5: for example classes=10",
        ),
        (
            {"backbone": "resnet18", "channels": "3"},
            "channels must be a whole number; got '3': for example channels=3",
        ),
        (
            {"backbone": "resnet18", "size": (1, 2, 3)},
            "size must be 2 whole numbers, a whole number or None; got (1, 2, 3): for example size=112",
        ),
        ({"backbone": "resnet18", "size": -1}, "size must be a whole number of at least 1; got -1"),
        ({"backbone": "alexnet", "size": 28}, "alexnet needs images of at least 63×63; got 28×28"),
        ({"backbone": "vgg16", "size": (224, 31)}, "vgg16 needs images of at least 32×32; got 224×31"),
        ({"backbone": "squeezenet1_1", "size": 9}, "squeezenet1_1 needs images of at least 17×17; got 9×9"),
        ({"backbone": "alexnet", "dropout": -0.1}, "dropout must be at least 0 and less than 1; got -0.1"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((NetworkError, ArgumentError)) as raised:
        build(**{"classes": 10, **arguments})
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("name", "side"), [("alexnet", 63), ("vgg16", 32), ("squeezenet1_1", 17), ("resnet50", 1)]
)
def test_the_smallest_size_named_does_work(name: str, side: int) -> None:
    with without_numbers():
        network = build(name, classes=10, size=side).eval()
        assert network(torch.empty(1, 3, side, side)).shape == (1, 10)


def test_options_of_an_unknown_network() -> None:
    with pytest.raises(NetworkError, match="unknown backbone 'vgg': did you mean 'vgg16'"):
        options("vgg")
