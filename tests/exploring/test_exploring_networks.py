"""A lab on networks by name, and on two of them side by side."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from small_runs import TINY, small_run
from striate.errors import ArgumentError
from striate.evaluating.run_model import Trained
from striate.exploring.networks import name_of, opened_network, untrained
from striate.exploring.news import News
from striate.exploring.session import Session
from striate.exploring.turns import Turns
from striate.training.train import Run

OWN = """
from torch import nn


def make(classes=10, channels=3):
    first, last = nn.Conv2d(channels, 4, 3, stride=8), nn.Linear(4, classes)
    return nn.Sequential(first, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own_net.py").write_text(OWN)
    return f"{tmp_path / 'own_net.py'}:make"


def photograph(folder: Path) -> Path:
    path = folder / "cat.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(path)
    return path


def test_an_untrained_network_is_the_same_each_time(own: str) -> None:
    first, second = (untrained(own) for _ in range(2))
    assert name_of(first) == f"{own}, untrained"
    assert (first.channels, first.size, len(first.classes)) == (3, (224, 224), 10)
    ours, theirs = (dict(one.network.named_parameters()) for one in (first, second))
    assert all(bool((ours[name] == theirs[name]).all()) for name in ours)


def test_names_runs_and_modules(digits_run: Run, own: str) -> None:
    assert opened_network(digits_run.path) == digits_run.path  # read when it is needed, as it may learn
    opened = opened_network(own)
    assert isinstance(opened, Trained)
    assert opened_network(opened) is opened
    with pytest.raises(ArgumentError) as problem:
        opened_network("resnet81")
    assert str(problem.value).startswith("unknown network 'resnet81': did you mean 'resnet18'?")
    with pytest.raises(ArgumentError) as problem:
        opened_network("runs/other", weights="imagenet")
    said = "runs/other has weights of its own; --weights goes with the name of a network, as mobilenet_v2"
    assert str(problem.value) == said


def test_two_different_networks_on_one_picture(digits_run: Run, own: str, tmp_path: Path) -> None:
    picture = photograph(tmp_path)
    session = Session([digits_run.path, opened_network(own)], [picture], News(), Turns())
    session.begin()
    first, second = (session.desk.open(number) for number in session.first)
    assert first.subject.inputs.shape == (1, 1, 8, 8)
    assert second.subject.inputs.shape == (1, 3, 224, 224)
    titles = [one["title"] for one in session.to_json()["states"]]
    assert titles == [f"{digits_run.path}, {picture}", f"{own}, untrained, {picture}"]
    assert second.explain(layer="0", index=(0, 1, 2, 2)).unit is not None


def test_another_network_is_opened_later(digits_run: Run, tmp_path: Path) -> None:
    other = small_run(tmp_path / "other", options=TINY)
    session = Session([digits_run.path], ["digits/test/17"], News(), Turns())
    session.begin()
    number = session.open_network(str(other.path))
    assert session.first == [0, number]
    assert session.desk.open(number).subject.name == str(other.path)
    with pytest.raises(ArgumentError):
        session.open_network("no-network")
    assert len(session.networks) == 2
