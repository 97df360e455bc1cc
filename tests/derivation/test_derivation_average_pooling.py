"""Average, adaptive and global pools equal torch's, divisors included."""

import numpy as np
import pytest
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import AdaptiveAveragePool, AveragePool, GlobalAveragePool, MeanOverFrames
from striate.errors import ArgumentError

TORCH = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
ADAPTIVE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


@st.composite
def cases(draw):
    axes = draw(st.integers(1, 3))
    kernel = per_axis(draw, axes, 1, 3)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    stride = draw(st.one_of(st.none(), st.just(per_axis(draw, axes, 1, 3))))
    size = tuple(k + draw(st.integers(0, 4)) for k in kernel)
    override = draw(st.sampled_from([None, None, 3])) if axes > 1 else None
    return (
        AveragePool(kernel, stride, padding, draw(st.booleans()), draw(st.booleans()), override),
        randoms(draw(seeds), (2, 3, *size))[0],
    )


@given(cases(), seeds)
@drawn
def test_equals_torch(case, seed):
    pool, x = case
    settings = [pool.kernel, pool.stride, pool.padding, pool.ceil_mode, pool.count_include_pad]
    settings += [pool.divisor_override] if x.ndim > 3 else []
    their_y, dy, (their_dx,) = torch_says(lambda x: TORCH[x.ndim - 2](x, *settings), seed, x)
    y, saved = pool.forward(x)
    close(y, their_y)
    close(pool.backward(dy, saved), their_dx)


@given(st.integers(1, 3), st.data(), seeds)
@drawn
def test_adaptive_equals_torch(axes, data, seed):
    size, out = per_axis(data.draw, axes, 1, 7), per_axis(data.draw, axes, 1, 7)
    (x,) = randoms(seed, (2, 3, *size))
    their_y, dy, (their_dx,) = torch_says(lambda x: ADAPTIVE[axes](x, out), seed, x)
    y, saved = AdaptiveAveragePool(out).forward(x)
    close(y, their_y)
    close(AdaptiveAveragePool(out).backward(dy, saved), their_dx)


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5), (2, 3, 2, 4, 5)])
def test_global_is_one_adaptive_bin(shape):
    (x,) = randoms(0, shape)
    axes = tuple(range(2, x.ndim))
    their_y, dy, (their_dx,) = torch_says(lambda x: x.mean(dim=axes), 1, x)
    y, saved = GlobalAveragePool().forward(x)
    close(y, their_y)
    close(y, AdaptiveAveragePool(1).forward(x)[0].reshape(y.shape))
    close(GlobalAveragePool().backward(dy, saved), their_dx)


@pytest.mark.parametrize(
    "pool",
    [AveragePool(3, 2, 1, count_include_pad=False), AdaptiveAveragePool((2, 3)), GlobalAveragePool()],
)
def test_equals_numbers_tried(pool):
    (x,) = randoms(2, (2, 2, 5, 4))
    y, saved = pool.forward(x)
    (dy,) = randoms(3, y.shape)
    close(pool.backward(dy, saved), tried(lambda x: pool.forward(x)[0], x, dy), 1e-8)


def test_worked_by_hand():
    x = np.array([[[2.0, 4.0, 9.0]]])
    assert AveragePool(2, ceil_mode=True).forward(x)[0].tolist() == [[[3, 9]]]
    assert AveragePool(2, padding=1).forward(x)[0].tolist() == [[[1, 6.5]]]
    y, saved = AveragePool(2, padding=1, count_include_pad=False).forward(x)
    assert y.tolist() == [[[2, 6.5]]]
    assert AveragePool(2, padding=1).backward(np.array([[[1.0, 2.0]]]), saved).tolist() == [[[1, 1, 1]]]


def test_float32_stays():
    x = np.ones((1, 2, 5, 5), np.float32)
    for pool in (AveragePool(2), AdaptiveAveragePool(2), GlobalAveragePool()):
        y, saved = pool.forward(x)
        assert y.dtype == pool.backward(y, saved).dtype == np.float32


@pytest.mark.parametrize(
    ("pool", "shape", "text"),
    [
        (AveragePool(2), (3, 4), r"an average pool got an input of shape \(3, 4\), expected \(N, C"),
        (
            AveragePool(3, padding=2),
            (1, 1, 9),
            r"padding \(\(2, 2\),\) is more than half of the \(3,\) cells",
        ),
        (AdaptiveAveragePool((2, 2)), (1, 1, 4), r"output size \(2, 2\) has 2 numbers, but the input has 1"),
        (GlobalAveragePool(), (3, 4), r"a global average pool got an input of shape \(3, 4\), expected"),
    ],
)
def test_what_does_not_fit_is_told(pool, shape, text):
    with pytest.raises(ArgumentError, match=text):
        pool.forward(np.zeros(shape))


def test_the_mean_over_frames_of_clips_and_of_folded_frames():
    (x,) = randoms(0, (2, 3, 4, 2, 2))
    their_y, dy, (their_dx,) = torch_says(lambda x: x.mean(dim=2), 1, x)
    y, saved = MeanOverFrames().forward(x)
    close(y, their_y)
    close(MeanOverFrames().backward(dy, saved), their_dx)
    folded = np.moveaxis(x, 2, 1).reshape(8, 3, 2, 2)
    close(MeanOverFrames(4).forward(folded)[0], their_y)
    back = MeanOverFrames(4).backward(dy, folded.shape)
    close(back, np.moveaxis(their_dx, 2, 1).reshape(8, 3, 2, 2))
