"""Receptive fields against their second witness, the support of the gradient, unit by unit and channel by
channel.
"""

import itertools
import random

import pytest
import torch
from gradient_witness import Softened, positive, support_in
from small_networks import NETWORKS
from torch import nn

from striate.arithmetic.described import Status
from striate.arithmetic.receptive.field import Field, extents
from striate.arithmetic.receptive.receptive_field import fields_and_moments
from striate.tracing import trace

BOUNDS = {"masked"}


def field_of_output(network: nn.Module, shape: tuple[int, ...]) -> Field:
    recording = trace(network, [torch.empty(shape, device="meta")])
    found = fields_and_moments(recording, ())[0]
    for operation, fields in zip(reversed(recording.operations), reversed(found), strict=True):
        if recording.outputs[0] in operation.outputs:
            field = fields[operation.outputs.index(recording.outputs[0])]
            assert field is not None
            return field
    raise AssertionError("the output was not written by any operation")


def some_units(shape: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """Corners, and others by chance."""
    chosen = random.Random(0)
    corners = list(itertools.product(*({0, n - 1} for n in shape)))
    return chosen.sample(corners, min(len(corners), 6)) + [
        tuple(chosen.randrange(n) for n in shape) for _ in range(count)
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_field_of_single_elements_is_the_support_of_their_gradient(name: str) -> None:
    network, shape = NETWORKS[name]
    field = field_of_output(network, shape)
    twin = positive(network)
    x = torch.rand(shape, dtype=torch.float64).add(0.5).requires_grad_()
    with Softened():
        result = twin(x)
    result = result[0] if isinstance(result, tuple) else result
    assert field.shape == tuple(result.shape)
    assert field.status is Status.EXACT, field.reason
    axes = range(2, len(shape))
    for unit in some_units(field.shape, 30):
        expected = support_in(result[unit], x, axes)
        found = [extent and extent[:2] for extent in extents(field, unit)]
        assert found == expected, f"unit {unit}"
