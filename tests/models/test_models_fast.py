"""The fast network: its first layer makes patches white, its blocks begin by handing on what they get."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.models.fast import fast, whiten
from striate.training.number_format import first_wrong_layer
from striate.watching import without_numbers


def correlated(channels: int, seed: int, coarse: int = 6, noise: float = 0.3) -> Tensor:
    """(N, C, 12, 12): neighbours are alike, and so are colours."""
    drawn = torch.randn(40, channels + 1, coarse, coarse, generator=torch.Generator().manual_seed(seed))
    fine = nn.functional.interpolate(drawn, (12, 12), mode="bicubic")
    grain = torch.randn(fine.shape, generator=torch.Generator().manual_seed(seed + 1))
    return (fine + noise * grain)[:, 1:] + 0.8 * fine[:, :1]


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([1, 3]), st.integers(0, 99))
def test_patches_come_out_white_and_once_more_negated(channels: int, seed: int) -> None:
    network, images = fast(classes=2, channels=channels, widths=(4,)), correlated(channels, seed)
    whiten(network, images)
    with torch.no_grad():
        out = network.whiten(images)  # (N, 2 · C · 2 · 2, 11, 11)
    half = channels * 4
    assert out.shape[1] == 2 * half
    torch.testing.assert_close(out[:, half:], -out[:, :half])
    covariance = np.cov(out[:, :half].transpose(0, 1).flatten(1).double().numpy())
    np.testing.assert_allclose(covariance, np.eye(half), atol=0.02)  # FLAT takes something off


def test_a_direction_without_variance_is_not_blown_up() -> None:
    network = fast(classes=2, channels=3, widths=(4,))
    grey = correlated(1, 0).expand(-1, 3, -1, -1)
    whiten(network, grey)
    assert network.whiten.weight.isfinite().all()
    assert network.whiten(grey).abs().max() < 30


@pytest.mark.parametrize(
    "network", [nn.Sequential(nn.Conv2d(3, 24, 2)), fast(classes=2, channels=1, widths=(4,))]
)
def test_other_networks_and_other_images_change_nothing(network: nn.Module) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    whiten(network, correlated(3, 0))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_first_filters_hand_their_channel_on() -> None:
    network = fast(classes=2, widths=(30, 40))
    x = torch.randn(1, 24, 5, 5)
    torch.testing.assert_close(network.conv1(x)[:, :24], x)
    wide = torch.randn(1, 30, 5, 5)
    torch.testing.assert_close(network.conv2(wide), wide)
    torch.testing.assert_close(network.conv3(wide)[:, :30], wide)
    assert network.conv3.weight[30:].std() > 0
    narrow = fast(classes=2, widths=(8,))
    torch.testing.assert_close(narrow.conv1(x), x[:, :8])


def test_its_cost_by_torchs_counter() -> None:
    """By hand: 31²·24·12 + 9·(31²·24·64 + 15²·64² + 15²·64·256 + 2·7²·256² + 3²·256²) + 2560."""
    with without_numbers():
        network, image = fast(classes=10).eval(), torch.empty(1, 3, 32, 32)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    by_hand = 31**2 * 24 * 12 + 2560
    by_hand += 9 * (31**2 * 24 * 64 + 15**2 * 64 * (64 + 256) + (2 * 7**2 + 3**2) * 256**2)
    assert counter.get_total_flops() == 2 * by_hand == 2 * 118_147_360


def test_what_whitens_is_computed_in_fp32() -> None:
    """In bf16 the directions in which patches hardly vary would be noise, and training would stay in fp32."""
    network, images = fast(classes=2, widths=(8, 8)), correlated(3, 0, coarse=2, noise=0.02)
    whiten(network, images)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        assert torch.equal(network.whiten(images), network.whiten.float()(images))
        rough = nn.Conv2d.forward(network.whiten, images)
    exact = network.whiten(images)
    assert (rough - exact).norm() / exact.norm() > 0.02  # what a training takes for wrong
    labels = torch.zeros(40, dtype=torch.int64)

    def loss(copy: nn.Module) -> Tensor:
        return nn.functional.cross_entropy(copy(images).float(), labels)

    assert first_wrong_layer(network, loss, torch.device("cpu"), {}) is None
