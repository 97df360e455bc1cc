"""The terms sum to the gradient, their positions are right, and the matrix product has the same entry."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from derivation_witness import close, drawn, per_axis, randoms, seeds, sizes_that_fit
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import (
    Convolution,
    FullyConnected,
    MaxPool,
    bias_terms,
    convolution_unit,
    fully_connected_terms,
    fully_connected_unit,
    max_pool_window,
    unfold,
    weight_terms,
)
from striate.errors import ArgumentError


@st.composite
def cases(draw):
    axes, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2]))
    kernel, dilation = per_axis(draw, axes, 1, 3), per_axis(draw, axes, 1, 2)
    stride, padding = per_axis(draw, axes, 1, 2), per_axis(draw, axes, 0, 2)
    size = sizes_that_fit(draw, kernel, padding, dilation, more=2)
    convolution = Convolution(stride, padding, dilation, groups)
    x, weight, bias = randoms(draw(seeds), (2, 2 * groups, *size), (2 * groups, 2, *kernel), (2 * groups,))
    index = tuple(draw(st.integers(0, size - 1)) for size in weight.shape)
    return convolution, x, weight, bias, index


@given(cases(), seeds)
@drawn
def test_the_terms_of_a_weight_sum_to_torchs_gradient(case, seed):
    convolution, x, weight, bias, index = case
    y, _ = convolution.forward(x, weight, bias)
    (dy,) = randoms(seed, y.shape)
    terms = weight_terms(convolution, x, weight, dy, index)
    assert terms.values.shape == (y.shape[0], *y.shape[2:])
    w, b = torch.tensor(weight, requires_grad=True), torch.tensor(bias, requires_grad=True)
    conv = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[x.ndim]
    settings = (convolution.stride, convolution.padding, convolution.dilation, convolution.groups)
    conv(torch.tensor(x), w, b, *settings).backward(torch.tensor(dy))
    close(terms.total, w.grad[index])
    close(terms.per_sample.sum(), w.grad[index])
    close(bias_terms(dy, index[0]).total, b.grad[index[0]])


@given(cases(), seeds)
@drawn
def test_the_same_number_stands_in_the_matrix_product(case, seed):
    convolution, x, weight, _, index = case
    y, _ = convolution.forward(x, weight)
    (dy,) = randoms(seed, y.shape)
    terms = weight_terms(convolution, x, weight, dy, index)
    group = index[0] // (len(weight) // convolution.groups)
    columns = unfold(x[:, group * weight.shape[1] :][:, : weight.shape[1]], convolution.slide(x, weight))
    product = sum(d.reshape(len(weight), -1) @ u.T for d, u in zip(dy, columns, strict=True))
    close(terms.total, product[terms.row, terms.column])


@given(cases())
@drawn
def test_every_term_says_where_it_looked(case):
    convolution, x, weight, _, index = case
    y, _ = convolution.forward(x, weight)
    terms = weight_terms(convolution, x, weight, np.ones_like(y), index)
    channel = index[0] // (len(weight) // convolution.groups) * weight.shape[1] + index[1]
    for place in np.ndindex(terms.values.shape):
        term = terms.at(*place)
        expected = 0.0 if term.in_padding else x[(place[0], channel, *term.input_position)]
        assert term.seen == term.value == expected
        assert (term.sample, *term.output_position) == place


def test_worked_by_hand():
    x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    dy = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])
    convolution, weight = Convolution(padding=(1, 0)), np.zeros((1, 1, 3, 1))
    terms = weight_terms(convolution, x, weight, dy, (0, 0, 0, 0))
    assert terms.values.tolist() == [[[0, 0], [30 * 1, 40 * 2]]]
    assert terms.padding.tolist() == [[True, True], [False, False]]
    assert terms.total == 110
    largest = terms.largest(2)
    assert [term.value for term in largest] == [80, 30]
    assert largest[0] == (0, (1, 1), (0, 1), False, 40, 2, 80)
    assert terms.at(0, 0, 1).input_position == (-1, 1)


def test_a_fully_connected_weight_has_one_term_per_sample():
    x, weight, dy = randoms(0, (5, 3), (4, 3), (5, 4))
    terms = fully_connected_terms(x, dy, (2, 1))
    _, saved = FullyConnected().forward(x, weight, np.zeros(4))
    _, dw, db = FullyConnected().backward(dy, saved)
    assert terms.values.shape == (5,)
    close(terms.total, dw[2, 1])
    close(bias_terms(dy, 2).total, db[2])
    first = terms.largest(1)[0]
    assert first.value == pytest.approx(dy[first.sample, 2] * x[first.sample, 1])
    assert (first.output_position, first.input_position, first.in_padding) == ((), (), False)


@given(cases(), st.data())
@drawn
def test_one_output_is_its_products_and_its_bias(case, data):
    convolution, x, weight, bias, _ = case
    y, _ = convolution.forward(x, weight, bias)
    index = tuple(data.draw(st.integers(0, size - 1)) for size in y.shape)
    unit = convolution_unit(convolution, x, weight, bias, index)
    close(unit.value, y[index])
    close(unit.channel_sums.sum() + bias[index[1]], y[index])
    for cell in np.ndindex(unit.products.shape):
        where = tuple(unit.input_cells[(slice(None), *cell[1:])])
        expected = 0.0 if unit.padding[cell[1:]] else x[(index[0], unit.channels[cell[0]], *where)]
        assert unit.patch[cell] == expected


def test_one_output_of_a_fully_connected_layer():
    x, weight, bias = randoms(1, (5, 3), (4, 3), (4,))
    unit = fully_connected_unit(x, weight, bias, (2, 1))
    close(unit.value, FullyConnected().forward(x, weight, bias)[0][2, 1])
    close(unit.products, x[2] * weight[1])
    close(unit.channel_sums, unit.products)


@given(
    st.sampled_from([MaxPool(2), MaxPool(3, 2, 1), MaxPool(2, 1, 0, 2), MaxPool(2, ceil_mode=True)]), seeds
)
@drawn
def test_one_output_of_a_max_pool_is_the_winner_of_its_window(pool, seed):
    (x,) = randoms(seed, (2, 3, 5, 7))
    y, _ = pool.forward(x)
    index = tuple(int(i) for i in np.random.default_rng(seed).integers(0, y.shape))
    window = max_pool_window(pool, x, index)
    assert window.value == y[index] == x[(*index[:2], *window.input_position)]
    assert not window.padding[window.winner]
    assert (window.patch[window.padding] == -np.inf).all()
    assert (window.patch <= window.value).all()


def test_float32_terms_are_summed_in_float64():
    x = np.full((1, 1, 4096), 1.1, np.float32)
    terms = weight_terms(Convolution(), x, np.ones((1, 1, 1), np.float32), x, (0, 0, 0))
    assert terms.values.dtype == np.float32
    assert terms.total == pytest.approx(4096 * float(x[0, 0, 0] * x[0, 0, 0]), rel=1e-14)


def test_an_index_out_of_range_says_the_range():
    x, weight = np.zeros((2, 3, 8, 8)), np.zeros((4, 3, 3, 3))
    dy = np.zeros((2, 4, 6, 6))
    with pytest.raises(
        ArgumentError, match=r"weight \(4, 0, 0, 0\) is out of range: expected 0–3, 0–2, 0–2, 0–2"
    ):
        weight_terms(Convolution(), x, weight, dy, (4, 0, 0, 0))
    with pytest.raises(
        ArgumentError, match=r"output \(0, 0, 6, 0\) is out of range: expected 0–1, 0–3, 0–5, 0–5"
    ):
        convolution_unit(Convolution(), x, weight, None, (0, 0, 6, 0))
    with pytest.raises(
        ArgumentError, match=r"output \(0, 3, 0, 0\) is out of range: expected 0–1, 0–2, 0–3, 0–3"
    ):
        max_pool_window(MaxPool(2), x, (0, 3, 0, 0))
    with pytest.raises(ArgumentError, match=r"bias \(4,\) is out of range: expected 0–3"):
        bias_terms(dy, 4)
