"""Convolutions over frames: still clips, causality, widths, and 2D kernels in their two halves."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.arithmetic.factorised import mid_channels
from striate.errors import NetworkError
from striate.layers import CausalConv3d, Conv2Plus1d, conv3d, factorise, inflate


def test_an_inflated_kernel_gives_a_still_clip_what_its_picture_gets() -> None:
    flat = nn.Conv2d(4, 6, 3, stride=2, padding=1)
    deep = conv3d(flat, 3, causal=False)
    deep.weight.data = inflate(flat.weight.detach(), 3)
    picture = torch.randn(2, 4, 9, 9)
    made = deep(picture.unsqueeze(2).expand(-1, -1, 5, -1, -1))
    assert made.shape == (2, 6, 5, 5, 5)
    for frame in (1, 2, 3):  # at the ends zeros stand for frames that are not there
        torch.testing.assert_close(made[:, :, frame], flat(picture))


@pytest.mark.parametrize("t", [2, 3, 5])
def test_a_causal_convolution_sees_no_later_frame(t: int) -> None:
    conv = conv3d(nn.Conv2d(2, 3, 3, padding=1), t, causal=True)
    assert isinstance(conv, CausalConv3d)
    x = torch.randn(1, 2, 6, 4, 4, requires_grad=True)
    y = conv(x)
    assert y.shape == (1, 3, 6, 4, 4)
    for frame in range(6):
        (gradient,) = torch.autograd.grad(y[:, :, frame].sum(), x, retain_graph=True)
        seen = gradient.abs().sum(dim=(0, 1, 3, 4)).nonzero().flatten().tolist()
        assert seen == list(range(max(0, frame - t + 1), frame + 1))


@pytest.mark.parametrize(("inputs", "outputs", "groups"), [(16, 16, 1), (3, 64, 1), (12, 12, 12), (8, 16, 4)])
def test_the_width_between_gives_the_weights_of_the_full_kernel(
    inputs: int, outputs: int, groups: int
) -> None:
    block = Conv2Plus1d(nn.Conv2d(inputs, outputs, 3, padding=1, groups=groups), 3, causal=False)
    mid = groups * mid_channels(3, 3, inputs // groups, outputs // groups)
    assert block.space.out_channels == block.time.in_channels == mid
    taken = block.space.weight.numel() + block.time.weight.numel()
    per_channel = (9 * inputs + 3 * outputs) // groups
    assert 0 <= 27 * inputs * outputs // groups - taken <= groups * per_channel


def test_mid_channels_of_a_kernel_that_is_not_square() -> None:
    assert mid_channels(3, (1, 9), 8, 8) == mid_channels(3, 3, 8, 8)


@settings(max_examples=30, deadline=None)
@given(inputs=st.integers(1, 5), filters=st.integers(1, 6), mid=st.integers(2, 14), groups=st.integers(1, 2))
def test_2d_kernels_in_two_halves(inputs: int, filters: int, mid: int, groups: int) -> None:
    kernels = torch.randn(groups * filters, inputs, 3, 3, dtype=torch.float64)
    halves = factorise(kernels, mid, groups)
    picture = torch.randn(1, groups * inputs, 1, 5, 5, dtype=torch.float64)
    between = nn.functional.conv3d(picture, halves.space, groups=groups).relu()
    made = nn.functional.conv3d(between, halves.time, groups=groups)[:, :, 0]
    wanted = nn.functional.conv2d(picture[:, :, 0], kernels, groups=groups)
    assert halves.space.shape == (groups * mid, inputs, 1, 3, 3)
    for filter in range(groups * filters):
        place = filter % filters
        if place < halves.exact:
            torch.testing.assert_close(made[:, filter], wanted[:, filter])
        elif place < halves.exact + halves.rectified:
            torch.testing.assert_close(made[:, filter], wanted[:, filter].relu())
    assert (halves.exact == filters) == (mid >= 2 * filters)
    assert (halves.exact + halves.rectified == filters) == (mid >= filters)
    rank = min(filters, inputs * 9)
    assert halves.kept == pytest.approx(1) if mid >= filters or mid // 2 >= rank else 0 < halves.kept < 1


def test_what_has_no_form_over_frames() -> None:
    with pytest.raises(NetworkError) as raised:
        conv3d(nn.Conv2d(1, 1, 3), 2, causal=False)
    assert str(raised.value) == "a kernel over time needs a middle frame: give an odd number of frames; got 2"
    with pytest.raises(NetworkError) as raised:
        conv3d(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), 3, causal=False)
    assert str(raised.value) == (
        "a convolution with padding_mode 'reflect' has no form over frames: use 'zeros'"
    )
    with pytest.raises(NetworkError) as raised:
        conv3d(nn.Conv2d(1, 1, 4, padding="same"), 3, causal=False)
    assert str(raised.value) == (
        "padding='same' of an even kernel has no form over frames: give the padding in numbers"
    )
