"""A network as a value: it survives JSON, builds what it says, and refuses what `build` would refuse."""

import json

import pytest

from striate.errors import NetworkError
from striate.models import NetworkSpec

PLAIN = NetworkSpec("plain", classes=10, channels=1, size=28, options={"widths": [8, 16], "dropout": 0.1})


@pytest.mark.parametrize("spec", [PLAIN, NetworkSpec("resnet18", classes=5)])
def test_json_gives_it_back(spec: NetworkSpec) -> None:
    assert NetworkSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_what_run_json_stores() -> None:
    assert PLAIN.to_json() == {
        "backbone": "plain",
        "classes": 10,
        "channels": 1,
        "size": [28, 28],
        "options": {"widths": [8, 16], "dropout": 0.1},
        "time": None,
        "frames": None,
        "causal": False,
        "source": None,
    }


def test_values_are_kept_in_one_form() -> None:
    assert PLAIN.size == (28, 28)
    assert PLAIN.options["widths"] == (8, 16)
    assert NetworkSpec("plain", 10, 1, (28, 28), {"dropout": 0.1, "widths": (8, 16)}) == PLAIN
    assert len({PLAIN, NetworkSpec("plain", 10, 1, (28, 28), PLAIN.options)}) == 1


def test_it_builds_what_it_says() -> None:
    network = PLAIN.build()
    assert network.get_submodule("conv2").weight.shape == (16, 8, 3, 3)
    assert network.get_submodule("dropout1").p == 0.1


def test_unknown_names_are_refused_at_once() -> None:
    with pytest.raises(NetworkError, match="unknown backbone 'resnet': did you mean 'resnet50'"):
        NetworkSpec("resnet", classes=3)
    with pytest.raises(NetworkError, match="resnet18 takes no options; got 'depth'"):
        NetworkSpec("resnet18", classes=3, options={"depth": 2})
    with pytest.raises(NetworkError, match="plain needs the size of the images"):
        NetworkSpec("plain", classes=3)


@pytest.mark.parametrize(
    ("content", "got"),
    [({"backbone": "plain", "depth": 3}, "backbone, depth"), ({}, "nothing"), ({"classes": 3}, "classes")],
)
def test_json_of_something_else(content: dict[str, object], got: str) -> None:
    with pytest.raises(NetworkError) as raised:
        NetworkSpec.from_json(content)
    fields = "backbone, classes, channels, size, options, time, frames, causal, source"
    assert str(raised.value) == f"a network is described by {fields}; got {got}"
