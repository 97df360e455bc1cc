"""The loss by hand is the one that the run was trained with."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explaining_networks import image_network, numbers
from torch import nn

import striate
from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.subject import open_subject
from striate.runs import MODEL, RECORD, read_record, write_record
from striate.training.optimisation import make_optimizer
from striate.training.recipe import Recipe
from striate.training.train import Run


def test_the_loss_and_the_limit_of_the_run_count(tmp_path: Path, digits_run: Run) -> None:
    """Of a run whose optimiser remembers nothing, and whose scores nothing divides."""
    for name in (MODEL, RECORD):
        shutil.copy(digits_run.path / name, tmp_path)
    record = read_record(tmp_path) | {"results": {}}
    record["recipe"] |= {"optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
    record["recipe"] |= {"clip_norm": 0.5, "label_smoothing": 0.2}
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
    assert found.gradient.update.clip < 1
    assert float(found.gradient.update.new[1, 1]) == pytest.approx(
        float(network.conv1.weight[2, 0, 1, 1].detach())
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


def test_a_network_of_one_score_has_no_gradient() -> None:
    with pytest.raises(NetworkError) as caught:
        explain(nn.Sequential(nn.Linear(2, 1)), torch.ones(1, 2), layer="0", label=0, through=True)
    assert str(caught.value) == (
        "the network gives one score: softmax makes it 1 and the loss 0 whatever it is, so there is no "
        "gradient; a gradient needs two classes or more"
    )
    found = explain(nn.Sequential(nn.Linear(2, 1)), torch.ones(1, 2), layer="0", label=0)
    assert found.unit is not None


@pytest.mark.parametrize("label", [None, 1])
def test_numbers_that_are_not_finite_are_said_with_their_layer(label: int | None) -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].weight.data.fill_(float("nan"))
    with pytest.raises(NetworkError) as caught:
        explain(network, torch.ones(1, 2), layer="0", label=label)
    assert str(caught.value) == (
        "Sequential gives numbers that are not finite for this input (the first layer that does is 1): "
        "nothing to explain"
    )
