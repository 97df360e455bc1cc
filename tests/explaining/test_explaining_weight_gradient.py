"""The gradient of a weight as its terms, against autograd."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explaining_networks import Twice, clip_network, image_network, numbers, seeded
from torch import nn

from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain


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
    assert gradient.matrix.value == pytest.approx(gradient.total, rel=1e-9)
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
        "3 is a MaxPool2d: it has no weights whose gradient could be taken apart; "
        "name a layer that has some: 0, 1, 4, 6, 13, 15"
    )


def test_a_network_that_is_one_layer() -> None:
    network, x = seeded(nn.Linear(4, 3)), numbers(2, 4)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    found = explain(network, x, layer="linear", weight=(2, 1), label=[0, 2], optimizer=optimizer).gradient
    F.cross_entropy(network(x), torch.tensor([0, 2])).backward()  # type: ignore[no-untyped-call]
    assert found is not None
    assert found.total == pytest.approx(float(network.weight.grad[2, 1]), rel=1e-5)  # type: ignore[index]
    assert found.update is not None
    assert found.update.rule == "gradient descent"


def test_where_all_terms_are_told_no_others_are() -> None:
    network, x = seeded(nn.Sequential(nn.Linear(3, 2))), numbers(2, 3)
    for weight in ("0,1", "bias:1"):
        assert "the other" not in explain(network, x, layer="0", weight=weight, label=1).to_html()
    many = explain(network, numbers(9, 3), layer="0", weight="0,1", label=1)
    assert "the other 5 add" in many.to_html()
