"""The second witness of what elements see: change the input at one position, and look which outputs change.

All values are random numbers in float64, so an output that depends on a position changes with it; and an
operation computes each of its elements by the same steps, so one that does not stays the same to the bit.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from hypothesis import settings
from torch import Tensor, nn

from striate.arithmetic.described import Recording, Status
from striate.arithmetic.receptive.axis import NOTHING
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.receptive_field import fields_and_moments
from striate.tracing import trace

drawn = settings(deadline=None, derandomize=True, max_examples=60, database=None)
AXES = {3: ("N", "C", "L"), 4: ("N", "C", "H", "W"), 5: ("N", "C", "T", "H", "W")}


class Made(nn.Module):
    """A network whose forward is a function of its input and itself."""

    def __init__(self, forward: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self, x)


def field_of(recording: Recording) -> Field:
    """What the elements of the network's first output see, however it was written."""
    end = (len(recording.operations), recording.outputs[0])
    field = fields_and_moments(recording, [end])[1][end]
    assert field is not None
    return field


def traced_field(network: nn.Module, shape: Sequence[int]) -> Field:
    """The field of a network's output on an input of this shape, batch included."""
    return field_of(trace(network, [torch.empty(tuple(shape), device="meta", dtype=torch.float64)]))


def seen_along(network: nn.Module, shape: Sequence[int], dim: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last position along `dim` of the input that each element of the output depends on."""
    random = torch.Generator().manual_seed(0)
    x = torch.rand(tuple(shape), generator=random, dtype=torch.float64) + 0.5
    with torch.no_grad():
        before = _first(network(x.clone()))
        changed = []
        for position in range(shape[dim]):
            other = x.clone()
            part = other.select(dim, position)
            part.add_(torch.rand(part.shape, generator=random, dtype=torch.float64) + 3)
            changed.append((_first(network(other)) != before).numpy())
    seen = np.stack(changed)
    last = shape[dim] - 1 - np.argmax(seen[::-1], axis=0)
    nowhere = ~seen.any(axis=0)
    return np.where(nowhere, NOTHING, np.argmax(seen, axis=0)), np.where(nowhere, -NOTHING, last)


def _first(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    return result if isinstance(result, Tensor) else result[0]


def assert_seen(network: nn.Module, shape: Sequence[int], status: Status = Status.EXACT) -> Field:
    """Every element of the output sees what it depends on, along every axis; a bound may say more."""
    network = network.double().eval()
    field = traced_field(network, shape)
    assert field.status is status, field.reason
    for axis, dim in zip(field.axes, range(2, len(shape)), strict=True):
        first, last = seen_along(network, shape, dim)
        assert field.shape == first.shape
        said = np.broadcast_to(axis.seen, (2, *first.shape))
        if status is Status.EXACT:
            np.testing.assert_array_equal(said[0], first, err_msg=f"first position along {dim}")
            np.testing.assert_array_equal(-said[1], last, err_msg=f"last position along {dim}")
        else:
            assert (said[0] <= first).all()
            assert (-said[1] >= last).all()
    return field
