"""Writing into views, against which outputs change with the input: programs drawn by chance."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, traced_field
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.rules_writing import UNDO

SHAPE = (1, 4, 6, 5)

VIEWS = {
    "cut": lambda y: y[:, :, 1:4],
    "cut with a step": lambda y: y[:, :, ::2],
    "cut twice": lambda y: y[:, 1:3][:, :, 2:],
    "select": lambda y: y[:, :, 2],
    "select of a select": lambda y: y[0, 1],
    "unbind": lambda y: y.unbind(2)[3],
    "split": lambda y: y.split(2, 2)[1],
    "reshape": lambda y: y.view(1, 2, 2, 6, 5)[:, 1],
    "unsqueeze": lambda y: y.unsqueeze(1)[:, :, :2],
    "squeeze": lambda y: y.squeeze(0)[:3],
    "permute": lambda y: y.permute(0, 2, 3, 1)[:, 1:],
    "transpose": lambda y: y.transpose(2, 3)[:, :, 2],
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("start", ["zeros", "the input"])
def test_what_is_written_to_a_view_is_in_the_tensor_behind_it(name: str, start: str) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = torch.zeros_like(x) if start == "zeros" else x.clone()
        part = VIEWS[name](y)
        part.copy_(VIEWS[name](x.flip(2)))
        return y + 0

    assert_seen(Made(run), SHAPE)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_made_before_sees_what_is_written_to_the_whole(name: str) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = x.clone()
        part = VIEWS[name](y)
        y.copy_(x.flip(2))
        return part * 1

    assert_seen(Made(run), SHAPE)


@st.composite
def writes(draw: st.DrawFn) -> tuple[int, int, int, int, str]:
    """Which channels, from which row to which, from which row of the input, and how."""
    rows = draw(st.integers(1, 4))
    to, origin = draw(st.integers(0, 6 - rows)), draw(st.integers(0, 6 - rows))
    return draw(st.integers(0, 3)), to, origin, rows, draw(st.sampled_from(["copy", "add", "zero"]))


@drawn
@given(st.lists(writes(), min_size=1, max_size=5), st.booleans())
def test_programs_of_writes(program: list[tuple[int, int, int, int, str]], from_zeros: bool) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = torch.zeros_like(x) if from_zeros else x.clone()
        for channel, to, origin, rows, how in program:
            part, source = y[:, channel, to : to + rows], x[:, channel, origin : origin + rows]
            if how == "zero":
                part.zero_()
            else:
                part.copy_(source) if how == "copy" else part.add_(source)
        return y * 1 + x[:, :, :1] if from_zeros else y * 1  # something depends on the input in any case

    assert_seen(Made(run), SHAPE)


def test_a_temporal_shift_by_slices_sees_one_frame_less_or_more() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = torch.zeros_like(x)
        y[:, :1, :-1] = x[:, :1, 1:]
        y[:, 1:2, 1:] = x[:, 1:2, :-1]
        y[:, 2:] = x[:, 2:]
        return s.c(y)

    field = assert_seen(Made(run, c=nn.Conv2d(4, 2, 1)), SHAPE)
    opened = field.axes[0].open
    assert opened is not None  # the zeros at the ends are padding: the field goes on beyond them
    assert opened[0].reshape(-1).tolist() == [-1, 0, 1, 2, 3, 4]


def test_a_write_through_what_is_not_understood_is_a_bound() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = x.clone()
        y.unfold(3, 2, 2).add_(1 + x[..., 0, 0, None, None, None])
        return y * 1

    field = traced_field(Made(run), (1, 1, 5, 5))
    assert field.status is Status.BOUND
    assert field.reason == "a write into a view (aten.unfold)"


@pytest.mark.parametrize("view", [
    lambda y: y.diagonal(0, 2, 3),
    lambda y: torch.rot90(y, 1, (2, 3)),
    lambda y: y.as_strided((1, 1, 2, 2), (25, 25, 10, 2), 1),
])  # fmt: skip
def test_a_write_through_known_elements_is_followed(view: Callable[[Tensor], Tensor]) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        y = x * 2
        view(y).copy_(x[..., 2, 1].exp().reshape(1, 1, *[1] * (view(y).dim() - 2)))
        return y

    assert_seen(Made(run), (1, 1, 5, 5))


def test_the_last_write_through_a_view_is_in_the_result() -> None:
    assert_seen(Made(lambda s, x: F.pad(x, (1, 2, 0, 1), mode="circular")), (1, 2, 6, 6))


def test_all_views_that_can_be_written_through_are_met_here() -> None:
    assert set(UNDO) == {
        "cut", "split", "select", "unbind", "reshape", "unsqueeze", "squeeze", "alias", "permute",
        "moved",
    }  # fmt: skip
