"""`unfold` is torch's, `fold` is its transpose, and the geometry's sizes are torch's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, sizes_that_fit
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import AsMatrixProduct, Convolution, fold, unfold
from striate.derivation.geometry import sliding


@st.composite
def geometries(draw, least=1, most=3):
    axes = draw(st.integers(least, most))
    kernel, dilation = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 1, 2)
    stride, padding = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 0, 2)
    return sliding(sizes_that_fit(draw, kernel, padding, dilation), kernel, stride, padding, dilation)


@given(geometries(2, 2), seeds)
@drawn
def test_unfold_and_fold_equal_torch(slide, seed):
    (x,) = randoms(seed, (2, 3, *slide.size))
    settings = {
        "kernel_size": slide.kernel,
        "stride": slide.stride,
        "padding": tuple(p for p, _ in slide.pads),
        "dilation": slide.dilation,
    }
    columns = unfold(x, slide)
    close(columns, F.unfold(torch.tensor(x), **settings))
    close(fold(columns, slide), F.fold(torch.tensor(columns), slide.size, **settings))


@given(geometries(), seeds)
@drawn
def test_fold_is_the_transpose_of_unfold(slide, seed):
    (x,) = randoms(seed, (2, 3, *slide.size))
    columns = unfold(x, slide)
    (v,) = randoms(seed + 1, columns.shape)
    assert np.vdot(columns, v) == pytest.approx(np.vdot(x, fold(v, slide)), abs=1e-10)


def test_a_patch_is_a_column_and_a_position_a_row():
    x = np.arange(9).reshape(1, 1, 3, 3)
    columns = unfold(x, sliding((3, 3), (2, 2), 1, 0, 1))
    assert columns[0].tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    assert fold(np.ones_like(columns), sliding((3, 3), (2, 2), 1, 0, 1))[0, 0].tolist() == [
        [1, 2, 1],
        [2, 4, 2],
        [1, 2, 1],
    ]


def test_the_product_is_weights_times_patches():
    x, weight, bias = randoms(0, (2, 3, 5, 4), (4, 3, 3, 2), (4,))
    y, saved = AsMatrixProduct(Convolution()).forward(x, weight, bias)
    close(y.reshape(2, 4, -1), weight.reshape(4, -1) @ saved.columns[:, 0] + bias[:, None])


@given(geometries())
@drawn
def test_positions_in_the_padding_are_known(slide):
    padded = slide.pad(np.ones((1, 1, *slide.size)))
    for u in slide.positions:
        outside = slide.in_padding(slide.input_positions(u))
        np.testing.assert_array_equal(slide.seen(padded, u)[0, ..., 0] == 0, outside)
