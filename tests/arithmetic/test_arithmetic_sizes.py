"""Output sizes and pools, against torch's own on geometries drawn by chance."""

import doctest

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.arithmetic import factorised, parameters, sizes
from striate.arithmetic.receptive import reshaping

lengths, kernels, strides = st.integers(1, 30), st.integers(1, 5), st.integers(1, 4)


@pytest.mark.parametrize("module", [sizes, parameters, factorised, reshaping])
def test_examples_in_the_docstrings(module) -> None:  # type: ignore[no-untyped-def]
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@settings(max_examples=100, deadline=None)
@given(lengths, kernels, strides, st.integers(0, 3), st.integers(1, 3))
def test_convolutions(length: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    found = sizes.window_count(length, kernel, stride, padding, dilation)
    if found > 0:
        x, w = torch.zeros(1, 1, length), torch.zeros(1, 1, kernel)
        assert F.conv1d(x, w, None, stride, padding, dilation).shape[-1] == found


@settings(max_examples=100, deadline=None)
@given(lengths, st.integers(2, 5), strides, st.integers(0, 1), st.integers(1, 2), st.booleans())
def test_pools(length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> None:
    found = sizes.pool_count(length, kernel, stride, padding, dilation, ceil_mode)
    if sizes.window_count(length, kernel, stride, padding, dilation) > 0:
        x = torch.zeros(1, 1, length)
        assert F.max_pool1d(x, kernel, stride, padding, dilation, ceil_mode).shape[-1] == found


@settings(max_examples=100, deadline=None)
@given(lengths, kernels, strides, st.integers(0, 2), st.integers(1, 3))
def test_transposed(length: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    found = sizes.transposed_length(length, kernel, stride, padding, dilation)
    if found > 0:
        x, w = torch.zeros(1, 1, length), torch.zeros(1, 1, kernel)
        assert F.conv_transpose1d(x, w, None, stride, padding, 0, 1, dilation).shape[-1] == found


@pytest.mark.parametrize(
    ("channels", "filters", "mid"), [(64, 64, 144), (64, 128, 230), (128, 256, 460), (3, 64, 45)]
)
def test_the_width_of_2plus1d_is_the_published_one(channels: int, filters: int, mid: int) -> None:
    side = 7 if channels == 3 else 3
    expected = {45: 83}.get(mid, mid)  # the paper's stem takes 45; by the formula a 3×7×7 one is 83 wide
    assert factorised.mid_channels(3, side, channels, filters) == expected
