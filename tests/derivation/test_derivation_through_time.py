"""RNN, LSTM and GRU through time equal torch's, with torch's parameters as they are."""

import numpy as np
import pytest
import torch
from derivation_witness import close, drawn, randoms, seeds, tried
from hypothesis import given
from hypothesis import strategies as st

from striate.derivation import GRU, LSTM, RNN, ThroughTime
from striate.errors import ArgumentError

CELLS = [(RNN(), torch.nn.RNN), (LSTM(), torch.nn.LSTM), (GRU(), torch.nn.GRU)]
NAMES = ["rnn", "lstm", "gru"]


def parameters_of(module):
    """torch's parameters by the names that `forward` takes."""
    return {name.removesuffix("_l0"): p.detach().numpy() for name, p in module.named_parameters()}


@pytest.mark.parametrize(("cell", "module"), CELLS, ids=NAMES)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.booleans(), seeds)
@drawn
def test_equals_torch(cell, module, samples, steps, features, hidden, biased, seed):
    torch.manual_seed(seed)
    theirs = module(features, hidden, batch_first=True, bias=biased).double()
    x, dy, *states = randoms(
        seed, (samples, steps, features), (samples, steps, hidden), *[(samples, hidden)] * 2 * cell.states
    )
    first, d_last = tuple(states[: cell.states]), tuple(states[cell.states :])
    x_tensor = torch.tensor(x, requires_grad=True)
    first_tensors = [torch.tensor(a[None], requires_grad=True) for a in first]
    their_y, last = theirs(x_tensor, first_tensors[0] if cell.states == 1 else tuple(first_tensors))
    last = (last,) if cell.states == 1 else last
    torch.autograd.backward([their_y, *last], [torch.tensor(dy), *(torch.tensor(d[None]) for d in d_last)])

    layer = ThroughTime(cell)
    y, saved = layer.forward(x, **parameters_of(theirs), state=first)
    gradients = layer.backward(dy, saved, d_last)
    close(y, their_y)
    close(gradients.input, x_tensor.grad)
    for name, parameter in theirs.named_parameters():
        close(getattr(gradients, name.removesuffix("_l0")), parameter.grad)
    for mine, his in zip(saved.state, last, strict=True):
        close(mine, his[0])
    for mine, tensor in zip(gradients.state, first_tensors, strict=True):
        close(mine, tensor.grad[0])


@pytest.mark.parametrize(("cell", "module"), CELLS, ids=NAMES)
def test_equals_numbers_tried(cell, module):
    rows = cell.gates * 3
    x, w_ih, w_hh, b_ih, b_hh = randoms(0, (2, 4, 2), (rows, 2), (rows, 3), (rows,), (rows,))
    layer, arrays = ThroughTime(cell), [x, w_ih, w_hh, b_ih, b_hh]
    y, saved = layer.forward(*arrays)
    (dy,) = randoms(1, y.shape)
    gradients = layer.backward(dy, saved)
    for number, gradient in enumerate(gradients[:5]):

        def with_other(a, number=number):
            return layer.forward(*arrays[:number], a, *arrays[number + 1 :])[0]

        close(gradient, tried(with_other, arrays[number], dy), 1e-7)


def test_an_rnn_worked_by_hand():
    layer = ThroughTime(RNN())
    one = np.ones((1, 1))
    y, saved = layer.forward(np.array([[[0.5], [0.0]]]), one, 2 * one)
    first = np.tanh(0.5)
    second = np.tanh(2 * first)
    close(y, [[[first], [second]]])
    gradients = layer.backward(np.array([[[0.0], [1.0]]]), saved)
    at_two = 1 - second**2
    at_one = at_two * 2 * (1 - first**2)
    close(gradients.input, [[[at_one], [at_two]]])
    close(gradients.weight_hh, [[at_two * first]])
    close(gradients.weight_ih, [[at_one * 0.5]])


def test_a_long_rnn_forgets_and_an_lstm_with_open_gates_does_not():
    """∂h_T/∂h_0 of a small-weight RNN vanishes; c of an LSTM whose f is 1 keeps its gradient."""
    steps = 50
    rnn, x = ThroughTime(RNN()), np.zeros((1, steps, 1))
    y, saved = rnn.forward(x, np.ones((1, 1)), np.full((1, 1), 0.5))
    dy = np.zeros_like(y)
    dy[:, -1] = 1
    assert abs(rnn.backward(dy, saved).state[0].item()) < 1e-14
    lstm, bias = ThroughTime(LSTM()), np.array([-50.0, 50.0, 0.0, 0.0])
    _, saved = lstm.forward(x, np.zeros((4, 1)), np.zeros((4, 1)), bias, 0 * bias)
    gradient = lstm.backward(np.zeros_like(dy), saved, (np.zeros((1, 1)), np.ones((1, 1))))
    assert gradient.state[1].item() == pytest.approx(1)


@pytest.mark.parametrize(("cell", "module"), CELLS, ids=NAMES)
def test_float32_stays(cell, module):
    rows = cell.gates * 3
    arrays = [a.astype(np.float32) for a in randoms(2, (2, 4, 2), (rows, 2), (rows, 3), (rows,), (rows,))]
    y, saved = ThroughTime(cell).forward(*arrays)
    gradients = ThroughTime(cell).backward(y, saved)
    assert {a.dtype for a in (y, *gradients[:5], *gradients.state)} == {np.dtype(np.float32)}


X, W_IH, W_HH = np.zeros((2, 4, 5)), np.zeros((12, 5)), np.zeros((12, 3))


@pytest.mark.parametrize(
    ("cell", "arrays", "text"),
    [
        (LSTM(), (X[0], W_IH, W_HH), r"input of shape \(4, 5\), expected \(N, T, F\) of one step or more"),
        (
            GRU(),
            (X, W_IH, W_HH),
            r"hidden-to-hidden weight has shape \(12, 3\), expected \(9, 3\): 3 gates of 3",
        ),
        (
            LSTM(),
            (X, W_IH[:, :4], W_HH),
            r"input-to-hidden weight has shape \(12, 4\), expected \(12, 5\): 4 gat",
        ),
        (
            LSTM(),
            (X, W_IH, W_HH, np.zeros(9)),
            r"a bias of a recurrent layer has shape \(9,\), expected \(12,\)",
        ),
        (
            LSTM(),
            (X, W_IH, W_HH, None, None, (np.zeros((2, 3)),)),
            r"state has 1 arrays, expected 2: \(h,\) or",
        ),
        (
            RNN(),
            (X, W_IH[:3], W_HH[:3], None, None, (X,)),
            r"state of a recurrent layer has shape \(2, 4, 5\)",
        ),
    ],
)
def test_what_does_not_fit_is_told(cell, arrays, text):
    with pytest.raises(ArgumentError, match=text):
        ThroughTime(cell).forward(*arrays)
