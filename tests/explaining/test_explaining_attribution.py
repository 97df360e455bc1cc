"""What speaks for a class: pictures whose numbers can be worked out on paper."""

import numpy as np
import pytest
import torch
from explaining_networks import clip_network, numbers
from torch import nn

from striate.explaining.explain import explain
from striate.explaining.picture import draw


def mean_of_a_corner() -> nn.Module:
    """Scores that look only at the upper left 2×2 pixels, for class 1, and at nothing for class 0."""
    conv = nn.Conv2d(1, 2, 1, bias=False)
    fc = nn.Linear(2 * 16, 2, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, 0.5]).view(2, 1, 1, 1))
        fc.weight.zero_()
        fc.weight.view(2, 2, 4, 4)[1, :, :2, :2] = 1
    return nn.Sequential(conv, nn.Flatten(), fc)


def test_integrated_gradients_add_up_and_lie_where_the_network_looks() -> None:
    x = numbers(1, 1, 4, 4).abs()
    (picture,) = explain(mean_of_a_corner(), x, show=["integrated-gradients"], target=1).pictures
    assert picture.facts["sum"] == pytest.approx(picture.facts["rise"], rel=1e-5)
    heat = picture.tiles[0]
    assert np.allclose(heat[:2, :2], 1.5 * x[0, 0, :2, :2].numpy(), atol=1e-5)
    assert not heat[2:].any()
    assert not heat[:, 2:].any()


def test_occlusion_finds_what_the_network_looks_at() -> None:
    x = torch.ones(1, 1, 4, 4)
    (picture,) = explain(mean_of_a_corner(), x, show=["occlusion"], target=1).pictures
    assert (picture.tiles[0][:2, :2] > 0).all()
    assert not picture.tiles[0][2:].any()


def test_grad_cam_is_the_weighted_sum_of_the_maps() -> None:
    x = numbers(1, 1, 4, 4).abs()
    (picture,) = explain(mean_of_a_corner(), x, layer="0", show=["grad-cam"], target=1).pictures
    share = 4 / 16  # each map has a gradient of 1 at four of sixteen places; the maps are x and x/2
    assert np.allclose(picture.tiles[0], share * 1.5 * x[0, 0].numpy(), atol=1e-5)


def test_a_picture_per_frame_of_a_clip() -> None:
    x = numbers(1, 8, 4, 8, 8)
    pictures = explain(clip_network(), x, show=["grad-cam", "integrated-gradients", "occlusion"]).pictures
    assert [len(picture.tiles) for picture in pictures] == [4, 4, 4]
    assert all(draw(picture).width > 100 for picture in pictures)
