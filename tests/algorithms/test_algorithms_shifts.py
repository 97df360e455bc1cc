"""A temporal shift and its convolution as one, against the shift and the convolution after each other."""

from importlib import import_module

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.algorithms import ALGORITHMS, Choice, Choices, Geometry, Operation, using_algorithms
from striate.algorithms.catalogue import fitting
from striate.algorithms.in_network import DTYPES
from striate.layers import Frames, ShiftedConv2d

FOLDED = "shift folded into products"


@st.composite
def layers(draw: st.DrawFn) -> tuple[ShiftedConv2d, torch.Tensor]:
    """A shifted convolution in float64, and frames for it."""
    kernel, groups = draw(st.sampled_from(((1, 1), (3, 1), (1, 2), (3, 2))))
    stride, padding = draw(st.sampled_from((1, 2))), draw(st.integers(0, kernel // 2))
    channels, clips, frames = (
        draw(st.sampled_from((4, 8, 10))),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 5)),
    )
    torch.manual_seed(draw(st.integers(0, 2**32)))
    layer = torch.nn.Conv2d(channels, 6, kernel, stride, padding, groups=groups, bias=draw(st.booleans()))
    held = Frames(frames)
    folds = draw(st.sampled_from((2, 3, 8)))
    made = ShiftedConv2d.of(layer.double(), held, draw(st.booleans()), folds)
    return made, torch.randn(clips * frames, channels, 4, 5, dtype=torch.float64)


@settings(max_examples=60)
@given(layers())
def test_every_algorithm_of_a_shifted_convolution(drawn: tuple[ShiftedConv2d, torch.Tensor]) -> None:
    """The table's number format is that of float64 here, so that equal means equal."""
    layer, x = drawn
    geometry = Geometry.of(layer)
    assert geometry is not None
    assert geometry.shift is not None
    expected = _gradients(layer, x)
    fits = {operation: fitting(geometry, operation) for operation in Operation}
    for name in set().union(*fits.values()):
        algorithms = (Choice(name if name in fits[operation] else "plain", "fp64") for operation in Operation)
        table = {(geometry, tuple(x.shape)): Choices(*algorithms)}
        with pytest.MonkeyPatch.context() as patch, using_algorithms(layer, table):
            patch.setitem(DTYPES, "fp64", torch.float64)
            found = _gradients(layer, x)
        for what, truth in zip(found, expected, strict=True):
            torch.testing.assert_close(what, truth, rtol=1e-9, atol=1e-9, msg=name)


def test_where_the_shift_is_folded() -> None:
    shifted = Geometry.of(ShiftedConv2d.of(torch.nn.Conv2d(16, 8, 1), Frames(4)))
    assert shifted is not None
    assert FOLDED in fitting(shifted, Operation.OUTPUT)
    assert FOLDED not in fitting(
        shifted, Operation.INPUT_GRADIENT
    )  # turned back in place behind any algorithm
    assert FOLDED not in fitting(shifted.unshifted(), Operation.OUTPUT)
    strided = Geometry.of(ShiftedConv2d.of(torch.nn.Conv2d(16, 8, 1, 2), Frames(4)))
    assert strided is not None
    assert FOLDED not in fitting(strided, Operation.OUTPUT)


def test_the_folded_shift_copies_only_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = Geometry.of(ShiftedConv2d.of(torch.nn.Conv2d(64, 8, 1), Frames(4)))
    assert geometry is not None
    copied = []
    shifts = import_module("striate.algorithms.shifts")
    whole = shifts.shifted
    monkeypatch.setattr(shifts, "shifted", lambda x, *how: copied.append(x.shape[1]) or whole(x, *how))
    ALGORITHMS[FOLDED].output(torch.randn(8, 64, 3, 3), torch.randn(8, 64, 1, 1), geometry)
    assert copied == [16]


def test_a_clip_of_another_length_is_another_convolution() -> None:
    """Eight frames are one clip of eight or two of four, of the same shape once folded."""
    frames = Frames(4)
    layer = ShiftedConv2d.of(torch.nn.Conv2d(8, 6, 1), frames)
    x, folded, plain = torch.randn(8, 8, 3, 3), Choice(FOLDED, "fp32"), Choice("plain", "fp32")
    geometry = Geometry.of(layer)
    assert geometry is not None
    table = {(geometry, tuple(x.shape)): Choices(folded, plain, folded)}
    for count in (4, 8):
        frames.count = count
        expected = layer(x)
        with using_algorithms(layer, table):
            torch.testing.assert_close(layer(x), expected)


def _gradients(layer: ShiftedConv2d, x: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    y = layer(x)
    return [y.detach(), *torch.autograd.grad(y.square().sum(), [x, *layer.parameters()])]
