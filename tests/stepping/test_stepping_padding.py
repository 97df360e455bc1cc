"""Networks of others that are causal by zeros before a clip, or by frames cut off it, beside their clips."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping import step_of


class Net(nn.Module):
    """A convolution over frames between what a test puts before and behind it."""

    def __init__(
        self, before: Callable[[Tensor], Tensor], after: Callable[[Tensor], Tensor], **options: Any
    ) -> None:
        super().__init__()
        self.stem = nn.Conv3d(2, 3, (1, 3, 3), padding=(0, 1, 1))
        self.over, self.norm = nn.Conv3d(3, 3, (3, 1, 1), **options), nn.BatchNorm3d(3)
        self.before, self.after, self.head = before, after, nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(self.stem(x))
        x = self.after(self.norm(self.over(x))).relu()
        return self.head(x.mean((2, 3, 4)))  # type: ignore[no-any-return]


class Temporal(nn.Module):
    """As temporal convolutional networks are written: padded on both sides, cut on one, a branch beside."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv2d(2, 3, 4), nn.Linear(3, 4)
        self.over = nn.Conv1d(3, 3, 3, padding=4, dilation=2)

    def forward(self, x: Tensor) -> Tensor:
        N, C, T, H, W = x.shape
        y = self.stem(x.transpose(1, 2).reshape(N * T, C, H, W)).reshape(N, T, 3).transpose(1, 2)
        y = y + self.over(y)[..., :-4].relu()
        return self.head(y[..., -1])  # type: ignore[no-any-return]


def same(x: Tensor) -> Tensor:
    return x


def agree(network: nn.Module, lookahead: bool, lengths: tuple[int, ...] = (5, 9)) -> bool:
    """Whether it has a step, which then is the clip's own. Raises AssertionError."""
    torch.manual_seed(0)
    network.eval()
    try:
        step = step_of(network, size=4, readout="since-start", lookahead=lookahead)
    except NetworkError:
        return False
    for length in lengths:
        clip, state = torch.randn(2, 2, length, 4, 4), step.initial(2)
        first, state = step(clip[:, :, :2], state)
        rest, state = step(clip[:, :, 2:], state)
        every = torch.cat([first, rest, step.finish(state)], dim=1)
        with torch.no_grad():
            wanted = network(clip)
        torch.testing.assert_close(every[:, step.last_of(length)], wanted, rtol=1e-5, atol=1e-5)
    return True


CAUSAL: dict[str, Callable[[], nn.Module]] = {
    "zeros before": lambda: Net(lambda x: F.pad(x, (0, 0, 0, 0, 2, 0)), same),
    "by a layer": lambda: Net(nn.ZeroPad3d((0, 0, 0, 0, 2, 0)), same),
    "before, and a border": lambda: Net(lambda x: F.pad(x, [1, 2, 0, 1, 4, 0], value=0.0), same, dilation=2),
    "cut behind": lambda: Net(same, lambda x: x[:, :, :-2], padding=(2, 0, 0)),
    "narrowed behind": lambda: Net(
        same, lambda x: x.narrow(2, 0, x.shape[2] - 4), padding=(4, 0, 0), dilation=2
    ),
    "a border of a mirror": lambda: Net(
        lambda x: F.pad(x, (1, 1, 1, 1, 0, 0), "reflect"), lambda x: x[:, :, :-2], padding=(2, 0, 0)
    ),
    "temporal": Temporal,
}


@pytest.mark.parametrize("kind", CAUSAL)
def test_what_is_causal_by_zeros_or_by_a_cut_answers_at_once(kind: str) -> None:
    assert agree(CAUSAL[kind](), lookahead=False)


def test_differences_of_frames_come_a_frame_late() -> None:
    network = Net(lambda x: x[:, :, 1:] - x[:, :, :-1], same, padding=(1, 0, 0))
    assert not agree(network, lookahead=False)
    assert agree(network, lookahead=True)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (lambda x: F.pad(x, (0, 0, 0, 0, 2, 0), value=1.0), "that are not of zeros"),
        (lambda x: F.pad(x, (0, 0, 0, 0, 2, 0), "replicate"), "that are not of zeros"),
        (lambda x: F.pad(x, (0, 0, 0, 0, 5, 0)), "pads more frames before a clip than it sees"),
        (lambda x: x[:, :, ::2], "takes a clip's frames apart"),
        (lambda x: x[:, :, 2:], "sees later frames"),
    ],
    ids=["ones", "first frame", "too many", "every other", "not the first"],
)
def test_other_frames_are_refused_by_their_name(before: Callable[[Tensor], Tensor], why: str) -> None:
    with pytest.raises(NetworkError, match=why):
        step_of(Net(before, same).eval(), size=4)


@settings(max_examples=12, deadline=None)
@given(pads=st.tuples(*[st.integers(0, 3)] * 2), cuts=st.tuples(*[st.integers(0, 2)] * 2), late=st.booleans())
def test_drawn_pads_and_cuts_have_a_right_step_or_none(
    pads: tuple[int, int], cuts: tuple[int, int], late: bool
) -> None:
    def cut(x: Tensor) -> Tensor:
        return x[:, :, cuts[0] : x.shape[2] - cuts[1]]

    agree(Net(lambda x: F.pad(x, (0, 0, 0, 0, *pads)), cut), late)
