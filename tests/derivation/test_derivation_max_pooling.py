"""Max pools equal torch's, winners included, with ties, padding, dilation and rounded-up windows."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import MaxPool, winner_cells
from striate.errors import ArgumentError

TORCH = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


@st.composite
def cases(draw):
    axes = draw(st.integers(1, 3))
    kernel, dilation = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 1, 2)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    stride = draw(st.one_of(st.none(), st.just(per_axis(draw, axes, 1, 3))))
    span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = tuple(s + draw(st.integers(0, 4)) for s in span)
    (x,) = randoms(draw(seeds), (2, 3, *size))
    ties = np.round(x), np.maximum(x, 0), np.where(x > 1, x, -np.inf), np.full_like(x, -np.inf)
    values = draw(st.sampled_from([x, *ties]))
    return MaxPool(kernel, stride, padding, dilation, draw(st.booleans())), values


@given(cases(), seeds)
@drawn
def test_equals_torch(case, seed):
    pool, x = case
    pad = [pool.kernel, pool.stride, pool.padding, pool.dilation, pool.ceil_mode]
    their_y, dy, (their_dx,) = torch_says(lambda x: TORCH[x.ndim - 2](x, *pad), seed, x)
    y, saved = pool.forward(x)
    close(y, their_y)
    close(pool.backward(dy, saved), their_dx)
    _, flat = TORCH[x.ndim - 2](torch.tensor(x), *pad, return_indices=True)
    cells = winner_cells(saved)
    close(np.ravel_multi_index(tuple(cells), x.shape[2:]), flat)


def test_equals_numbers_tried():
    (x,) = randoms(0, (2, 2, 5, 6))
    pool = MaxPool(3, 2, 1)
    y, saved = pool.forward(x)
    (dy,) = randoms(1, y.shape)
    close(pool.backward(dy, saved), tried(lambda x: pool.forward(x)[0], x, dy), 1e-8)


def test_worked_by_hand():
    x = np.array([[[[1, 3, 2], [4, 4, 0], [0, 4, 5]]]])
    y, saved = MaxPool(2, stride=1).forward(x)
    assert y.tolist() == [[[[4, 4], [4, 5]]]]
    assert saved.winner.tolist() == [[[[2, 2], [0, 3]]]]  # the first 4 among equals
    assert winner_cells(saved)[:, 0, 0].tolist() == [[[1, 1], [1, 2]], [[0, 1], [0, 2]]]
    dx = MaxPool(2, stride=1).backward(np.array([[[[10, 20], [30, 40]]]]), saved)
    assert dx.tolist() == [[[[0, 0, 0], [10 + 30, 20, 0], [0, 0, 40]]]]


def test_a_value_that_is_no_number_is_not_hidden():
    assert np.isnan(MaxPool(4).forward(np.array([[[1.0, np.nan, 3.0, 2.0]]]))[0]).all()


def test_a_large_window_has_winners_beyond_a_byte():
    x = np.zeros((1, 1, 17, 17), np.float32)
    x[0, 0, 16, 16] = 1
    y, saved = MaxPool(17).forward(x)
    assert y.dtype == np.float32
    assert saved.winner.item() == 288
    assert MaxPool(17).backward(y, saved)[0, 0, 16, 16] == 1


@pytest.mark.parametrize(
    ("pool", "shape", "text"),
    [
        (MaxPool(2), (3, 4), r"a max pool got an input of shape \(3, 4\), expected \(N, C"),
        (MaxPool(2, padding=2), (1, 1, 4, 4), r"more than half of the \(2, 2\) cells that a window spans"),
        (MaxPool(5), (1, 1, 4, 4), r"spans \(5, 5\) does not fit an input of \(4, 4\), \(4, 4\) when padded"),
        (MaxPool((2, 2, 2)), (1, 1, 4, 4), r"kernel \(2, 2, 2\) has 3 numbers, but the input has 2 spatial"),
    ],
)
def test_what_does_not_fit_is_told(pool, shape, text):
    with pytest.raises(ArgumentError, match=text):
        pool.forward(np.zeros(shape))


def test_a_gradient_of_another_shape_is_told():
    _, saved = MaxPool(2).forward(np.zeros((1, 1, 4, 4)))
    with pytest.raises(ArgumentError, match=r"a max pool has shape \(1, 1, 4, 4\), expected \(1, 1, 2, 2\)"):
        MaxPool(2).backward(np.zeros((1, 1, 4, 4)), saved)
