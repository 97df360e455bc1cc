"""What a network did, written down by hand without torch: the arithmetic asks for nothing more."""

import subprocess
import sys
from math import prod

import pytest

from striate.arithmetic import cost
from striate.arithmetic.described import (
    MOVING,
    UNCOMPUTED,
    Figure,
    ModuleCall,
    Operation,
    ParameterInfo,
    Recording,
    Role,
    TensorInfo,
    total,
)
from striate.arithmetic.memory import inference_peak, training_peak
from striate.arithmetic.receptive.receptive_field import RULES, fields_and_moments
from striate.arithmetic.receptive.summary import summarise

GEOMETRY = {
    "kernel": (3, 3),
    "stride": (1, 1),
    "padding": (1, 1),
    "dilation": (1, 1),
    "groups": 1,
    "transposed": False,
}
POOL = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "of": "max"}


@pytest.fixture
def smallest() -> Recording:
    """28×28×1 → conv 3×3, 32 filters → 2×2 max pool → conv 3×3, 64 filters."""
    tensors = (
        TensorInfo((1, 1, 28, 28), 4, Role.INPUT, storage=0),
        TensorInfo((32, 1, 3, 3), 4, Role.PARAMETER, storage=1),
        TensorInfo((1, 32, 28, 28), 4, Role.ACTIVATION, storage=2),
        TensorInfo((1, 32, 14, 14), 4, Role.ACTIVATION, storage=3),
        TensorInfo((64, 32, 3, 3), 4, Role.PARAMETER, storage=4),
        TensorInfo((1, 64, 14, 14), 4, Role.ACTIVATION, storage=5),
    )
    operations = (
        Operation("convolution", "by hand", (0, 1), (2,), GEOMETRY),
        Operation("pool", "by hand", (2,), (3,), POOL),
        Operation("convolution", "by hand", (3, 4), (5,), GEOMETRY),
    )
    parameters = (ParameterInfo("a", (32, 1, 3, 3), 4, True), ParameterInfo("b", (64, 32, 3, 3), 4, True))
    calls = (ModuleCall("", "Hand", -1, 0),)
    return Recording(tensors, operations, calls, parameters, (0,), (5,), ("N", "C", "H", "W"))


def test_the_smallest_network_by_hand(smallest: Recording) -> None:
    tensors = smallest.tensors
    macs = total(
        cost.macs(op, [tensors[i] for i in op.inputs], [tensors[i] for i in op.outputs])
        for op in smallest.operations
    )
    assert macs == Figure(28 * 28 * 32 * 9 + 14 * 14 * 64 * 9 * 32)
    fields = [summarise(field[0], ("H", "W")) for field in fields_and_moments(smallest, ())[0] if field[0]]
    assert [field.size for field in fields] == [(3, 3), (4, 4), (8, 8)]
    assert [field.jump for field in fields] == [(1, 1), (2, 2), (2, 2)]
    assert [field.start for field in fields] == [(-1, -1), (-1, -1), (-3, -3)]
    assert inference_peak(smallest) == Figure(4 * (28 * 28 + 32 * 28 * 28 + 32 * 14 * 14))
    assert training_peak(smallest).value > inference_peak(smallest).value
    assert sum(parameter.size for parameter in smallest.parameters) == 32 * 9 + 64 * 32 * 9


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 4), (2, 3, 4, 5)])
def test_sizes_are_products(shape: tuple[int, ...]) -> None:
    assert TensorInfo(shape, 4, Role.INPUT).size == ParameterInfo("a", shape, 4, True).size == prod(shape)


def test_kinds_that_move_are_uncomputed_and_have_a_rule() -> None:
    assert MOVING < UNCOMPUTED
    assert set(RULES) >= MOVING


def test_the_room_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "import striate.arithmetic.memory, striate.arithmetic.parameters, striate.arithmetic.factorised\n"
        "import striate.arithmetic.receptive.receptive_field, striate.arithmetic.receptive.summary\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
