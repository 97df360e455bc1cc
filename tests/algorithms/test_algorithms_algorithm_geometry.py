"""A convolution's geometry, against torch's own layers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from striate.algorithms import Geometry

axes = st.sampled_from([2, 3])
KINDS = {2: nn.Conv2d, 3: nn.Conv3d}


@given(st.data(), axes, st.sampled_from([(4, 6, 1), (4, 6, 2), (4, 4, 4)]))
def test_sizes_and_weights_are_those_of_the_layer(
    data: st.DataObject, count: int, channels: tuple[int, int, int]
) -> None:
    inputs, outputs, groups = channels
    kernel, stride, padding, dilation = (
        tuple(data.draw(st.integers(low, 3)) for _ in range(count)) for low in (1, 1, 0, 1)
    )
    layer = KINDS[count](inputs, outputs, kernel, stride, padding, dilation, groups)
    geometry = Geometry.of(layer)
    assert geometry is not None
    size = (9, 8, 7)[:count]
    assert geometry.weight_shape == tuple(layer.weight.shape)
    assert geometry.output_size(size) == tuple(layer(torch.empty(1, inputs, *size)).shape[2:])
    assert geometry.depthwise == (groups == 4)
    assert geometry.unit_stride == all(s == 1 for s in stride)
    unpadded = geometry.unpadded().output_size(tuple(n + 2 * p for n, p in zip(size, padding, strict=True)))
    assert unpadded == geometry.output_size(size)


@pytest.mark.parametrize("padding", [(0, 0, 0), (1, 2, 0)])
def test_a_flipped_convolution_gives_back_the_size_of_the_input(padding: tuple[int, ...]) -> None:
    geometry = Geometry(2, 5, (3, 3, 2), (1, 1, 1), padding, (1, 2, 1))
    turned = geometry.flipped()
    assert (turned.channels, turned.filters) == (5, 2)
    assert turned.output_size(geometry.output_size((7, 8, 9))) == (7, 8, 9)


def test_within_frames_and_along_time() -> None:
    geometry = Geometry(4, 6, (3, 5, 5), (1, 2, 2), (1, 2, 2), (1, 1, 1))
    assert geometry.without_time() == Geometry(4, 6, (5, 5), (2, 2), (2, 2), (1, 1))
    assert geometry.of_time() == Geometry(4, 6, (3, 1), (1, 1), (1, 0), (1, 1))
    assert geometry.reach == (2, 4, 4)


def test_layers_whose_padding_is_not_zeros_are_left_alone() -> None:
    assert Geometry.of(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")) is None
    assert Geometry.of(nn.Conv2d(3, 4, 3, padding="same")) is None
    assert Geometry.of(nn.Conv2d(3, 4, 3, padding="valid")).padding == (0, 0)
