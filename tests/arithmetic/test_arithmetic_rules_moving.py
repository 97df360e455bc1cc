"""Rules of operations that only move elements, one by one and in chains drawn by chance.

Their second witness is exact: run on the positions themselves, such an operation gives for each element of
its output the element of the input that it is.
"""

from collections.abc import Callable
from math import prod

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, drawn, traced_field
from striate.arithmetic.described import MOVING as KINDS
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.axis import NOTHING
from striate.arithmetic.receptive.rules_moving import MOVING
from striate.tracing import trace

SHAPE = (1, 4, 6, 4)
Move = Callable[[Tensor], Tensor]


def assert_moved(move: Move, shape: tuple[int, ...] = SHAPE) -> None:
    """Every element of the output sees the one element of the input that it is; zeros see nothing."""
    field = traced_field(Made(lambda s, x: move(x)), shape)
    assert field.status is Status.EXACT, field.reason
    numbers = move(torch.arange(1, prod(shape) + 1, dtype=torch.float64).reshape(shape)).long().numpy()
    assert field.shape == numbers.shape
    positions = np.unravel_index(np.maximum(numbers - 1, 0), shape)
    for axis, dim in zip(field.axes, range(2, len(shape)), strict=True):
        first, last = np.broadcast_to(axis.seen, (2, *numbers.shape))
        np.testing.assert_array_equal(first, np.where(numbers > 0, positions[dim], NOTHING))
        np.testing.assert_array_equal(-last, np.where(numbers > 0, positions[dim], -NOTHING))


MOVES: dict[str, Move] = {
    "a clone": lambda x: x.clone(),
    "a quarter turn": lambda x: torch.rot90(x, 1, (2, 3)),
    "a triangle": lambda x: torch.tril(x, 1),
    "a diagonal": lambda x: x.diagonal(0, 2, 3),
    "onto a diagonal": lambda x: torch.diag_embed(x[:, :, 0]),
    "strided": lambda x: x.as_strided((1, 4, 3, 2), (96, 24, 8, 2), 1),
    "rolled through all": lambda x: torch.roll(x, 5),
    "gathered": lambda x: x.gather(2, torch.tensor([3, 0]).view(1, 1, 2, 1).expand(1, 4, 2, 4)),
    "at pairs of positions": lambda x: x[:, :, torch.tensor([1, 5, 2]), torch.tensor([3, 0, 0])],
    "under a mask": lambda x: x[:, :, torch.tensor([True, False, True, True, False, False])],
    "a window rolled": lambda x: torch.roll(x, (-1, -1), (2, 3)).view(1, 4, 3, 2, 2, 2).transpose(3, 4),
    "a view": lambda x: x.view(1, 4, 24),
    "a fold of channels into rows": lambda x: x.reshape(1, 24, 4),
    "frames folded into the batch": lambda x: x.reshape(1, 2, 2, 6, 4).transpose(1, 2).reshape(2, 2, 6, 4),
    "permuted": lambda x: x.permute(0, 3, 2, 1),
    "transposed": lambda x: x.mT,
    "cut": lambda x: x[:, :, 1:5],
    "cut with a step": lambda x: x[:, :, ::2, 1::2],
    "selected": lambda x: x[:, :, 3],
    "unbound": lambda x: x.unbind(2)[2],
    "split": lambda x: x.split([1, 2, 3], 2)[2],
    "chunked": lambda x: x.chunk(2, 1)[1],
    "unsqueezed": lambda x: x[:, :, None],
    "squeezed": lambda x: x[:, :, :1].squeeze(2),
    "expanded": lambda x: x[:, :1].expand(2, 3, 6, 4),
    "repeated": lambda x: x.repeat(1, 2, 3, 1),
    "repeated in front": lambda x: x[0].repeat(2, 1, 1, 1),
    "repeated in place": lambda x: x.repeat_interleave(2, 2),
    "taken": lambda x: x.index_select(2, torch.tensor([3, 3, 0])),
    "taken by a list": lambda x: x[:, [2, 0]],
    "flipped": lambda x: x.flip(2, 3),
    "rolled": lambda x: x.roll((2, -1), (2, 3)),
    "joined": lambda x: torch.cat([x[:, :, 2:], x[:, :, :3]], 2),
    "joined with zeros": lambda x: torch.cat([torch.zeros(1, 4, 1, 4, dtype=x.dtype), x[:, :, 1:]], 2),
    "joined along channels": lambda x: torch.cat([x, x.flip(2)], 1),
    "stacked": lambda x: torch.stack([x[:, :, 0], x[:, :, 4]], 1),
    "stacked windows": lambda x: torch.stack([x[:, :, i : i + 3] for i in range(4)], 1),
    "padded": lambda x: F.pad(x, (1, 2, 0, 3)),
    "padded by nothing": lambda x: F.pad(x, (-1, 2, 1, -2)),
    "shuffled": lambda x: F.pixel_shuffle(x, 2),
    "unshuffled": lambda x: F.pixel_unshuffle(x, 2),
    "channels shuffled": lambda x: F.channel_shuffle(x, 2),
    "unfolded": lambda x: x.unfold(2, 3, 2),
    "as columns": lambda x: F.unfold(x, 3, padding=1, stride=2),
    "a temporal shift": lambda x: torch.cat([F.pad(x[:, :1, 1:], (0, 0, 0, 1)), x[:, 1:]], 1),
}


@pytest.mark.parametrize("name", MOVES)
def test_moves(name: str) -> None:
    assert_moved(MOVES[name])


def test_every_kind_that_moves_has_a_rule_and_is_met_here() -> None:
    recordings = [trace(Made(lambda s, x, m=m: m(x)), [torch.empty(SHAPE)]) for m in MOVES.values()]
    assert set(MOVING) == KINDS
    assert {op.kind for recording in recordings for op in recording.operations} >= KINDS


@st.composite
def move(draw: st.DrawFn, shape: tuple[int, ...]) -> Move:
    """One move that fits a shape."""
    dim = draw(st.integers(0, len(shape) - 1))
    n = shape[dim]
    order = draw(st.permutations(range(len(shape))))
    start, by = draw(st.integers(0, max(n - 1, 0))), draw(st.integers(-3, 3))
    step, split = draw(st.integers(1, 3)), draw(st.sampled_from([d for d in (1, 2, 3, n) if n % d == 0]))
    last = max(len(shape) - 1, 1)
    index = torch.tensor(draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5)))
    moves: list[Move] = [
        lambda x: x.permute(order),
        lambda x: x.narrow(dim, start, n - start),
        lambda x: x[(slice(None),) * dim + (slice(start, None, step),)],
        lambda x: x.flip(dim),
        lambda x: x.roll(by, dim),
        lambda x: x.reshape(*shape[:dim], split, n // split, *shape[dim + 1 :]),
        lambda x: x.flatten(min(dim, last - 1), last) if len(shape) > 1 else x,
        lambda x: x.index_select(dim, index),
        lambda x: x.unsqueeze(dim),
        lambda x: torch.cat([x, x.flip(dim)], dim),
        lambda x: torch.cat([torch.zeros_like(x).narrow(dim, 0, 1), x], dim),
        lambda x: torch.stack([x, x], dim),
        lambda x: F.pad(x, (0, 0) * (len(shape) - 1 - dim) + (max(by, 1 - n), 1)),
        lambda x: x.repeat_interleave(2, dim),
    ]
    return draw(st.sampled_from(moves))


@drawn
@given(st.data(), st.integers(1, 6))
def test_chains_of_moves(data: st.DataObject, length: int) -> None:
    x, moves = torch.zeros(1, 2, 6, 4, dtype=torch.float64), []
    for _ in range(length):
        moves.append(data.draw(move(tuple(x.shape))))
        x = moves[-1](x)
        assume(0 < x.numel() < 2000 and x.dim() < 7)

    def chain(x: Tensor) -> Tensor:
        for each in moves:
            x = each(x)
        return x

    assert_moved(chain, (1, 2, 6, 4))


def test_modules_move_too() -> None:
    for layer in (nn.Flatten(), nn.PixelShuffle(2), nn.ZeroPad2d((1, 0, 2, 1)), nn.Unflatten(1, (2, 2))):
        assert_moved(layer)
