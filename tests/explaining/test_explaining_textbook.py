"""A convolution drawn: the cells that are marked are the ones that are multiplied, and what they make."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from every_kind import EXAMPLES
from explaining_networks import numbers, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.explaining.explain import explain
from striate.explaining.kinds.kernel import Products
from striate.explaining.kinds.textbook import Textbook
from striate.explaining.unit import explain_unit
from striate.pages import Grid, Mark
from striate.tracing.recording import record

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
ALL = [(key, number) for key in ("convolution", "pointwise") for number in range(len(EXAMPLES[key]))]


def marked(drawn: Textbook, matrix: int, colour: str) -> list[tuple[int, int]]:
    """Cells of a matrix that have a colour."""
    height, width = drawn.matrices[matrix].shape
    grid = Grid("", ("", "", ""), drawn.matrices, (), drawn.marks)
    return [(y, x) for y in range(height) for x in range(width) if grid.colour(matrix, y, x) == colour]


@pytest.mark.parametrize(("key", "number"), ALL)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_marked_cells_make_the_marked_number(key: str, number: int, data: st.DataObject) -> None:
    network, shape = EXAMPLES[key][number]
    recorded = record(seeded(deepcopy(network)).double(), numbers(*shape).double())
    one = recorded.layers[-1]
    index = tuple(data.draw(st.integers(0, size - 1)) for size in one.output.shape)
    detail = explain_unit(one, index).detail
    assert isinstance(detail, Products)
    drawn = detail.textbook
    assert drawn is not None
    image, kernel, made = drawn.matrices
    own = detail.channels.index(drawn.channel)
    planes = detail.products[own].reshape(-1, *kernel.shape)
    frame = max(planes, key=lambda plane: abs(plane.sum()))
    patch = [image[cell] for cell in marked(drawn, 0, "a")]
    np.testing.assert_allclose(np.reshape(patch, kernel.shape) * kernel, frame)
    assert [made[cell] for cell in marked(drawn, 2, "c")] == [float(one.output[index])]
    assert len(marked(drawn, 1, "a")) == kernel.size


@pytest.mark.parametrize(("key", "number"), ALL)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_it_is_an_entry_of_a_linear_layer(key: str, number: int, data: st.DataObject) -> None:
    """The second witness: torch's unfold, where the geometry is one that it knows; else the output."""
    network, shape = EXAMPLES[key][number]
    one = record(seeded(deepcopy(network)).double(), numbers(*shape).double()).layers[-1]
    index = tuple(data.draw(st.integers(0, size - 1)) for size in one.output.shape)
    detail = explain_unit(one, index).detail
    assert isinstance(detail, Products)
    linear = detail.linear
    assert linear is not None
    assert linear.value + linear.bias == pytest.approx(float(one.output[index]))
    first, _, column = linear.starts
    assert linear.product[linear.row - first, linear.column - column] == pytest.approx(linear.value)
    if not linear.hidden:
        np.testing.assert_allclose(linear.left @ linear.right, linear.product)


def test_x_is_torchs_unfolded_input() -> None:
    conv, x = seeded(nn.Conv2d(2, 4, 2, stride=2, padding=1)).double(), numbers(1, 2, 5, 4).double()
    detail = explain_unit(record(conv, x).layers[0], (0, 3, 1, 2)).detail
    assert isinstance(detail, Products)
    assert detail.linear is not None
    patches = torch.nn.functional.unfold(x, 2, padding=1, stride=2)[0].T  # (places, C·K)
    assert tuple(patches.shape) == detail.linear.left_shape
    rows = slice(detail.linear.starts[0], detail.linear.starts[0] + 8)
    np.testing.assert_array_equal(detail.linear.left, patches[rows].numpy())
    np.testing.assert_array_equal(detail.linear.right, conv.weight.detach().reshape(4, 8).T.numpy())


def test_a_drawing_worked_out_on_paper() -> None:
    conv = nn.Conv2d(1, 1, 3, padding=1)
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    unit = explain(conv, x, layer="conv2d", filter=0, at=(0, 3)).unit
    assert unit is not None
    detail = unit.detail
    assert isinstance(detail, Products)
    drawn = detail.textbook
    assert drawn is not None
    assert drawn.matrices[0].tolist() == [[0, 0, 0, 0], [1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0]]
    assert (drawn.rows, drawn.columns) == (range(-1, 3), range(1, 5))
    assert Mark(0, 3, 3, "d") in drawn.marks  # padding, beyond the patch
    assert marked(drawn, 0, "a") == [(y, x) for y in range(3) for x in range(1, 4)]


def test_a_patch_that_is_too_wide_is_not_drawn() -> None:
    conv = nn.Conv2d(1, 1, 3, dilation=6)
    unit = explain(conv, numbers(1, 1, 13, 13), layer="conv2d", filter=0, at=(0, 0)).unit
    assert unit is not None
    assert isinstance(unit.detail, Products)
    assert unit.detail.textbook is None
