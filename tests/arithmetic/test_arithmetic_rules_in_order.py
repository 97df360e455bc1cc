"""Rules of operations over the steps of a sequence, against which outputs change with the input."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, traced_field
from striate.arithmetic.described import Status


def sequence(x: Tensor) -> Tensor:
    """(1, C, L) → (1, L, C)."""
    return x.transpose(1, 2)


@drawn
@given(
    st.sampled_from([nn.RNN, nn.LSTM, nn.GRU]), st.integers(1, 3), st.booleans(), st.booleans(), st.booleans()
)
def test_recurrent_layers(
    kind: type[nn.RNNBase], layers: int, bidirectional: bool, batch_first: bool, behind_a_convolution: bool
) -> None:
    torch.manual_seed(0)
    layer = kind(2, 3, layers, bidirectional=bidirectional, batch_first=batch_first)
    before = nn.Conv1d(2, 2, 3, padding=1) if behind_a_convolution else nn.Identity()

    def run(s: nn.Module, x: Tensor) -> Tensor:
        steps = sequence(s.before(x))
        return s.layer(steps if batch_first else steps.transpose(0, 1))[0]

    assert_seen(Made(run, before=before, layer=layer), (1, 2, 6))


@pytest.mark.parametrize("state", [0, 1])
def test_the_last_state_sees_all(state: int) -> None:
    network = Made(lambda s, x: s.layer(sequence(x))[1][state], layer=nn.LSTM(2, 3, batch_first=True))
    assert_seen(network, (1, 2, 6))


def test_a_state_that_was_computed_is_seen_by_all_steps() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        return s.layer(sequence(x)[:, 3:], x.mean(2)[None, :, :])[0]

    assert_seen(Made(run, layer=nn.GRU(2, 2, batch_first=True)), (1, 2, 6))


@pytest.mark.parametrize("function", [torch.cumsum, torch.cumprod, torch.logcumsumexp])
def test_cumulative_functions(function) -> None:  # type: ignore[no-untyped-def]
    assert_seen(Made(lambda s, x: function(x, 2)), (1, 2, 6))
    assert_seen(Made(lambda s, x: function(s.c(x), 3), c=nn.Conv2d(1, 2, 3, 2)), (1, 1, 7, 9))


def heads(x: Tensor) -> Tensor:
    """(1, 4, L) → (1, 2 heads, L, 2)."""
    return x.reshape(1, 2, 2, -1).transpose(2, 3)


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(heads(x), heads(s.key(x)), heads(x), is_causal=causal)

    assert_seen(Made(run, key=nn.Conv1d(4, 4, 1)), (1, 4, 5))


def test_attention_of_some_queries_to_other_keys() -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        tokens = heads(x)
        return F.scaled_dot_product_attention(tokens[..., :2, :], tokens[..., 2:, :], tokens[..., 2:, :])

    assert_seen(Made(run), (1, 4, 5))


def test_attention_under_a_mask_is_a_bound() -> None:
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    run = lambda s, x: F.scaled_dot_product_attention(heads(x), heads(x), heads(x), mask)  # noqa: E731
    field = assert_seen(Made(run), (1, 4, 5), Status.BOUND)
    assert field.reason == "attention under a mask"


def test_multi_head_attention_sees_all_steps() -> None:
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    network = Made(
        lambda s, x: s.layer(sequence(x), sequence(x), sequence(x), need_weights=False)[0], layer=layer
    )
    field = traced_field(network.double().eval(), (1, 4, 5))
    assert field.axes[0].seen[0].max() == 0
    assert (-field.axes[0].seen[1]).min() == 4
