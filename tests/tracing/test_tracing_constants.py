"""Code outside of torch that writes into a tensor's memory: its work is told, whichever way it came there."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from striate import inspect
from striate.arithmetic.described import Status

Write = Callable[[Tensor], object]


class Odd(nn.Module):
    """Two convolutions with something between them."""

    def __init__(self, between: Write) -> None:
        super().__init__()
        self.first, self.second, self.between = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3), between

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        self.between(y)
        result: Tensor = self.second(y)
        return result


def through_a_buffer(y: Tensor) -> None:
    memoryview(y.detach().numpy())[0, 0, 0, 0] = 7.0


def part(y: Tensor) -> None:
    y.detach()[..., 1].numpy()[:] = np.nan


def then_torch(y: Tensor) -> None:
    y.detach().numpy()[:] += 1
    y.relu_()


def two_parts(y: Tensor) -> None:
    one, two = y.detach()[:, :1].numpy(), y.detach()[:, 1:].numpy()
    two += one


def through_exchange(y: Tensor) -> None:
    np.from_dlpack(y.detach()).view()[:]  # read alone
    torch.from_dlpack(y.detach()).numpy()[:] *= 2


WRITES: dict[str, Write] = {
    "numpy": lambda y: np.multiply(y.detach().numpy(), 2, out=y.detach().numpy()),
    "asarray": lambda y: np.copyto(np.asarray(y.detach()), 0.5),
    "a buffer": through_a_buffer,
    "a part": part,
    "one of two parts": two_parts,
    "before torch writes": then_torch,
    "dlpack": through_exchange,
}
READS: dict[str, Write] = {
    "numpy": lambda y: float(y.detach().numpy().mean()),
    "asarray": lambda y: np.asarray(y.detach()).sum(),
    "before torch writes": lambda y: (y.detach().numpy().max(), y.relu_()),
    "not a number": lambda y: (y.mul_(float("nan")), y.detach().numpy().max()),
    "turned": lambda y: y.detach().permute(3, 2, 1, 0)[::2].numpy().max(),
    "a number": lambda y: y.detach().mean().numpy(),
    "nothing": lambda y: y.detach()[:0].numpy(),
    "halves": lambda y: y.detach().to(torch.bfloat16).data_ptr(),
}


@pytest.mark.parametrize("between", WRITES.values(), ids=WRITES)
def test_what_writes_outside_of_torch_is_told(between: Write) -> None:
    found = inspect(Odd(between), (3, 8, 8))
    assert (found.totals.macs.status, found.totals.macs.reason) == (Status.UNKNOWN, "work outside of torch")
    field = found.layer("second").receptive_field
    assert field is not None
    assert field.status != "exact"


@pytest.mark.parametrize("between", READS.values(), ids=READS)
def test_what_only_reads_is_not(between: Write) -> None:
    macs = inspect(Odd(between), (3, 8, 8)).totals.macs
    assert (macs.value, macs.status) == (4 * 27 * 36 + 2 * 36 * 16, Status.EXACT)
