"""Temporal shift against a plain reference: values, gradients, memory, layouts."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from striate.derivation import TemporalShift as ByHand
from striate.layers import Frames, ShiftedConv2d, TemporalShift
from striate.layers.temporal_shift import joined


def reference(x: Tensor, frames: int, folds: int, causal: bool) -> Tensor:
    """Frame by frame and channel by channel."""
    fold, y = x.shape[1] // folds, x.clone()
    for place in range(len(x)):
        t = place % frames
        steps = [(slice(0, fold), -1)] if causal else [(slice(0, fold), 1), (slice(fold, 2 * fold), -1)]
        for channels, k in steps:
            y[place, channels] = x[place + k, channels] if 0 <= t + k < frames else 0
    return y


@settings(max_examples=40, deadline=None)
@given(
    clips=st.integers(1, 3),
    frames=st.integers(1, 5),
    channels=st.integers(1, 19),
    folds=st.integers(2, 9),
    causal=st.booleans(),
    last=st.booleans(),
)
def test_values_and_gradients_are_those_of_the_reference(
    clips: int, frames: int, channels: int, folds: int, causal: bool, last: bool
) -> None:
    layout = torch.channels_last if last else torch.contiguous_format
    x = torch.randn(clips * frames, channels, 2, 3).to(memory_format=layout).requires_grad_()
    shift = TemporalShift(Frames(frames), folds, causal)
    y, expected = shift(x), reference(x, frames, folds, causal)
    assert torch.equal(y, expected)
    assert y.is_contiguous(memory_format=layout)
    upstream = torch.randn_like(expected)
    (gradient,) = torch.autograd.grad(y, x, upstream)
    (wanted,) = torch.autograd.grad(expected, x, upstream)
    assert torch.equal(gradient, wanted)
    fold = channels // folds
    ahead, behind = (0, fold) if causal else (fold, fold)
    assert torch.equal(joined(x, frames, ahead, behind), expected)


def test_it_is_the_shift_that_is_worked_out_by_hand() -> None:
    clips = torch.randn(2, 16, 4, 3, 3)
    frames = Frames()
    y = TemporalShift(frames)(frames.fold(clips))
    by_hand, _ = ByHand().forward(clips.numpy())
    assert torch.equal(frames.unfold(y).transpose(1, 2), torch.from_numpy(by_hand))


def test_the_gradient_is_right_twice() -> None:
    x = torch.randn(6, 8, 2, 2, dtype=torch.float64, requires_grad=True)
    shift = TemporalShift(Frames(3))
    assert torch.autograd.gradcheck(shift, x)
    assert torch.autograd.gradgradcheck(lambda x: shift(x).square(), x)


class Allocated(TorchDispatchMode):
    """Counts the bytes of memory that operations take for their results."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self.known: set[int] = set()
        self.kept: list[Tensor] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        for tensor in [*args, result]:
            if isinstance(tensor, Tensor):
                key = tensor.untyped_storage().data_ptr()
                if tensor is result and key not in self.known:
                    self.bytes += tensor.untyped_storage().nbytes()
                self.known.add(key)
                self.kept.append(tensor)
        return result


@pytest.mark.parametrize("causal", [False, True])
def test_one_copy_forward_and_one_backward(causal: bool) -> None:
    x = torch.randn(16, 64, 8, 8, requires_grad=True)
    size = x.numel() * x.element_size()
    with Allocated() as forward:
        y = TemporalShift(Frames(8), causal=causal)(x)
    upstream = torch.ones_like(y)
    with Allocated() as backward:
        torch.autograd.grad(y, x, upstream)
    assert forward.bytes == size
    assert backward.bytes == size


def test_the_input_stays_as_it_was_for_the_residual_sum() -> None:
    x = torch.randn(4, 8, 2, 2)
    before = x.clone()
    TemporalShift(Frames(4))(x)
    assert torch.equal(x, before)


def test_a_shifted_convolution_has_the_names_and_weights_of_the_convolution() -> None:
    conv = nn.Conv2d(8, 4, 3, padding=1)
    frames = Frames(4)
    shifted = ShiftedConv2d.of(conv, frames)
    assert list(shifted.state_dict()) == ["weight", "bias"]
    x = torch.randn(8, 8, 5, 5)
    assert torch.equal(shifted(x), conv(reference(x, 4, 8, False)))
    twin = copy.deepcopy(shifted)
    frames.count = 2  # not the twin's
    assert torch.equal(twin(x), conv(reference(x, 4, 8, False)))
