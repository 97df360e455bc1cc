"""Formulas, worked out: what is written is computed, and must give the parameters that torch counts."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seen_witness import drawn
from striate.arithmetic import parameters
from striate.arithmetic.parameters import formula, recurrent_formula, worked


def shapes_of(layer: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(parameter.shape) for parameter in layer.parameters()]


def assert_worked(text: str, layer: nn.Module) -> None:
    """Both sides of the equation give the number of parameters."""
    left, right = text.replace(",", "").replace("·", "*").split(" = ")
    assert eval(left) == int(right) == sum(parameter.numel() for parameter in layer.parameters())


def test_examples_in_the_docstrings() -> None:
    failed, attempted = doctest.testmod(parameters)
    assert attempted
    assert not failed


@drawn
@given(
    st.sampled_from([nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d]),
    st.sampled_from([(3, 32, 1), (4, 6, 2), (8, 8, 8), (1200, 40, 1)]),
    st.integers(1, 3),
    st.booleans(),
)
def test_convolutions(kind: type[nn.Module], channels: tuple[int, int, int], kernel: int, bias: bool) -> None:
    inputs, outputs, groups = channels
    layer = kind(inputs, outputs, kernel, groups=groups, bias=bias)
    geometry = {"groups": groups, "transposed": "Transpose" in kind.__name__}
    assert_worked(formula("convolution", geometry, shapes_of(layer)), layer)


@drawn
@given(st.integers(1, 2000), st.integers(1, 2000), st.booleans())
def test_linear_layers(features: int, outputs: int, bias: bool) -> None:
    layer = nn.Linear(features, outputs, bias=bias, device="meta")
    assert_worked(formula("matmul", {}, shapes_of(layer)), layer)


@drawn
@given(
    st.sampled_from([(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4)]),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.integers(1, 9),
    st.integers(2, 9),
)
def test_recurrent_layers(
    kind: tuple[type[nn.RNNBase], int], layers: int, bidirectional: bool, bias: bool, inputs: int, units: int
) -> None:
    make, gates = kind
    layer = make(inputs, units, layers, bidirectional=bidirectional, bias=bias)
    assert_worked(formula("recurrent", {"gates": gates}, shapes_of(layer)), layer)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_projection_is_a_term_of_its_own(bidirectional: bool) -> None:
    layer = nn.LSTM(5, 8, 2, proj_size=3, bidirectional=bidirectional)
    assert_worked(
        worked(recurrent_formula(4, shapes_of(layer)), sum(p.numel() for p in layer.parameters())), layer
    )


@pytest.mark.parametrize(
    ("layer", "kind", "written"),
    [
        (nn.BatchNorm2d(64), "batch_norm", "2·64 = 128"),
        (nn.GroupNorm(2, 64), "group_norm", "2·64 = 128"),
        (nn.LayerNorm((4, 8)), "mix", "2·4·8 = 64"),
        (nn.RMSNorm(32), "mix", "32 = 32"),
        (nn.Embedding(10, 3), "lookup", "10·3 = 30"),
        (nn.PReLU(), "elementwise", "1 = 1"),
        (nn.Conv2d(3, 64, 7), "convolution", "(7·7·3 + 1)·64 = 9,472"),
        (nn.Conv2d(64, 64, 3, groups=64, bias=False), "convolution", "3·3·1·64 = 576"),
        (nn.LSTM(3, 4), "recurrent", "4·4·(3 + 4 + 2) = 144"),
        (nn.LSTM(3, 3, 2), "recurrent", "2·4·3·(3 + 3 + 2) = 192"),
        (nn.Bilinear(2, 3, 4), "matmul", "4·2·3 + 4 = 28"),
    ],
)
def test_formulas_as_they_are_written(layer: nn.Module, kind: str, written: str) -> None:
    gates = {"gates": 4} if kind == "recurrent" else {}
    text = formula(kind, {"groups": getattr(layer, "groups", 1), **gates}, shapes_of(layer))
    assert text == written
    assert_worked(text, layer)


def test_attention_adds_up_its_projections() -> None:
    layer = nn.MultiheadAttention(8, 2)
    assert_worked(formula("matmul", {}, shapes_of(layer)), layer)
    assert formula("elementwise", {}, []) == ""
