"""Logits of a set: every image once, in order, the network as it was before."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import ImageSet, open_data
from striate.errors import NetworkError
from striate.evaluating.scoring import Normalisation, autocast, batch_of, classify, in_evaluation, logits_of

NORMALISE = Normalisation((80.0,), (90.0,))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 10)
    )


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return open_data("digits").splits["test"]


def test_every_image_once_in_order(images: ImageSet) -> None:
    net = network()
    with torch.inference_mode():
        whole = net.eval()(NORMALISE(images.take(range(len(images)))))
    told: list[tuple[int, int]] = []
    rows = logits_of(net, images, NORMALISE, progress=lambda *numbers: told.append(numbers))
    assert rows.dtype == np.float32
    assert np.allclose(rows, whole.numpy(), atol=1e-6)
    assert told == [(256, 359), (359, 359)]


def test_the_network_is_as_it_was(images: ImageSet) -> None:
    net = network()
    net[2].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    logits_of(net, images, NORMALISE)
    assert [part.training for part in net] == [True, True, False, True, True]
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())


def test_mixed_modes_come_back_after_an_error_too() -> None:
    net = network().train()
    net[1].eval()
    with pytest.raises(ZeroDivisionError), in_evaluation(net):
        1 / any(part.training for part in net.modules())
    assert [part.training for part in net.modules()] == [True, True, False, True, True, True]


def test_a_network_that_takes_other_images() -> None:
    with pytest.raises(NetworkError) as caught:
        classify(nn.Linear(3, 2), torch.zeros(2, 1, 8, 8))
    assert str(caught.value) == (
        "Linear does not take images of shape 2×1×8×8 (N×C×H×W): mat1 and mat2 shapes cannot be multiplied "
        "(16x8 and 3x2); check --size and --channels against the network"
    )


def test_out_of_memory() -> None:
    class Greedy(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(NetworkError) as caught:
        classify(Greedy(), torch.zeros(2, 1, 8, 8))
    assert str(caught.value) == (
        "out of memory on images of shape 2×1×8×8 (N×C×H×W): try --device cpu, or a smaller network"
    )


def test_large_images_are_scored_fewer_at_once() -> None:
    assert [batch_of(values) for values in (64, 3 * 64 * 64, 3 * 224 * 224, 10**9)] == [256, 256, 20, 1]


def test_bf16_where_it_is_asked_for() -> None:
    layer = nn.Linear(2, 2)
    cpu = torch.device("cpu")
    with autocast(cpu, "bf16"):
        assert layer(torch.zeros(1, 2)).dtype == torch.bfloat16
    with autocast(cpu, "fp32"):
        assert layer(torch.zeros(1, 2)).dtype == torch.float32
