"""Temporal shift: which frame every channel came from, and its gradient on the way back."""

import numpy as np
import pytest
import torch
from derivation_witness import close, drawn, randoms, seeds, torch_says, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import TemporalShift
from striate.errors import ArgumentError


def as_published(x, folds, causal):
    """The paper's own slices, out of place."""
    fold = x.shape[1] // folds
    parts = list(torch.split(x, [fold, fold, x.shape[1] - 2 * fold], dim=1))
    nothing = torch.zeros_like(parts[0][:, :, :1])
    later = torch.cat([parts[0][:, :, 1:], nothing], dim=2)
    earlier = [torch.cat([nothing, part[:, :, :-1]], dim=2) for part in parts[:2]]
    return torch.cat([earlier[0], *parts[1:]] if causal else [later, earlier[1], parts[2]], dim=1)


@given(st.integers(1, 20), st.integers(1, 4), st.sampled_from([2, 3, 8]), st.booleans(), seeds)
@drawn
def test_equals_torch(channels, frames, folds, causal, seed):
    (x,) = randoms(seed, (2, channels, frames, 2, 3))
    shift = TemporalShift(folds, causal)
    their_y, dy, (their_dx,) = torch_says(lambda x: as_published(x, folds, causal), seed, x)
    y, saved = shift.forward(x)
    close(y, their_y)
    close(shift.backward(dy, saved), their_dx)


@pytest.mark.parametrize("causal", [False, True])
def test_equals_numbers_tried(causal):
    (x,) = randoms(0, (1, 8, 3, 1, 2))
    shift = TemporalShift(causal=causal)
    y, saved = shift.forward(x)
    (dy,) = randoms(1, y.shape)
    close(shift.backward(dy, saved), tried(lambda x: shift.forward(x)[0], x, dy), 1e-8)


def test_worked_by_hand():
    x = np.arange(1.0, 25.0).reshape(1, 8, 3, 1, 1)
    y, _ = TemporalShift().forward(x)
    assert y[0, :3, :, 0, 0].tolist() == [[2, 3, 0], [0, 4, 5], [7, 8, 9]]
    y, _ = TemporalShift(causal=True).forward(x)
    assert y[0, :2, :, 0, 0].tolist() == [[0, 1, 2], [4, 5, 6]]


@pytest.mark.parametrize("causal", [False, True])
def test_source_frames_say_where_each_value_came_from(causal):
    shift = TemporalShift(4, causal)
    (x,) = randoms(2, (1, 9, 4, 2, 2))
    y, _ = shift.forward(x)
    source = shift.source_frames(9, 4)
    for c, t in np.ndindex(source.shape):
        expected = x[0, c, source[c, t]] if source[c, t] >= 0 else np.zeros((2, 2))
        np.testing.assert_array_equal(y[0, c, t], expected)
    assert not causal or (source <= np.arange(4)).all()  # never from the future


def test_the_residual_path_keeps_its_input():
    (x,) = randoms(3, (1, 8, 4, 2, 2))
    before = x.copy()
    TemporalShift().forward(x)
    np.testing.assert_array_equal(x, before)


def test_what_does_not_fit_is_told():
    with pytest.raises(ArgumentError, match=r"input of shape \(2, 8, 4, 4\), expected \(N, C, T, H, W\)"):
        TemporalShift().forward(np.zeros((2, 8, 4, 4)))
    with pytest.raises(ArgumentError, match="a temporal shift of 1 folds moves too much: give 2 or more"):
        TemporalShift(1)
