"""Output sizes, against torch's own on geometries drawn by chance."""

import doctest
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from striate import sizes
from striate.sizes import adaptive_windows, transposed_length, window_count

lengths, kernels, strides = st.integers(1, 30), st.integers(1, 5), st.integers(1, 4)


def test_examples_in_the_docstrings() -> None:
    result = doctest.testmod(sizes)
    assert result.attempted
    assert not result.failed


@given(lengths, kernels, strides, st.integers(0, 3), st.integers(1, 3))
def test_convolutions(length: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    found = window_count(length, kernel, stride, padding, dilation)
    x, w = torch.zeros(1, 1, length), torch.zeros(1, 1, kernel)
    if found > 0:
        assert F.conv1d(x, w, None, stride, padding, dilation).shape[-1] == found
    else:
        with pytest.raises(RuntimeError):
            F.conv1d(x, w, None, stride, padding, dilation)


@given(lengths, kernels, strides, st.integers(0, 3), st.integers(0, 3), st.integers(1, 3))
def test_unlike_padding_is_that_of_a_padded_input(
    length: int, kernel: int, stride: int, before: int, after: int, dilation: int
) -> None:
    padded = window_count(length + before + after, kernel, stride, 0, dilation)
    assert window_count(length, kernel, stride, (before, after), dilation) == padded


@given(lengths, st.integers(2, 5), strides, st.integers(0, 1), st.integers(1, 2), st.booleans())
def test_pools(length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> None:
    found = window_count(length, kernel, stride, padding, dilation, ceil_mode)
    if window_count(length, kernel, stride, padding, dilation) > 0:
        x = torch.zeros(1, 1, length)
        assert F.max_pool1d(x, kernel, stride, padding, dilation, ceil_mode).shape[-1] == found


def test_a_rounded_up_window_may_not_start_beyond_the_input() -> None:
    assert window_count(4, 2, 2, (0, 0), 1, ceil_mode=True) == 2
    assert window_count(5, 2, 2, (0, 0), 1, ceil_mode=True) == 3
    assert window_count(2, 1, 3, (0, 0), 1, ceil_mode=True) == 1  # a second window would start at cell 3


@given(lengths, kernels, strides, st.integers(0, 2), st.integers(1, 3), st.integers(0, 3))
def test_transposed(length: int, kernel: int, stride: int, padding: int, dilation: int, extra: int) -> None:
    found = transposed_length(length, kernel, stride, padding, dilation, extra)
    if found > 0 and extra < max(stride, dilation):  # what PyTorch allows
        x, w = torch.zeros(1, 1, length), torch.zeros(1, 1, kernel)
        assert F.conv_transpose1d(x, w, None, stride, padding, extra, 1, dilation).shape[-1] == found


@pytest.mark.parametrize(("length", "outputs"), [*product((1, 2, 5, 7, 12), (1, 2, 3, 5, 14))])
def test_adaptive_windows_are_those_of_pytorch(length: int, outputs: int) -> None:
    x = torch.randn(1, 1, length, dtype=torch.float64)
    means = [
        np.mean(x[0, 0].numpy()[window.start : window.stop]) for window in adaptive_windows(length, outputs)
    ]
    torch.testing.assert_close(F.adaptive_avg_pool1d(x, outputs)[0, 0], torch.tensor(means))
