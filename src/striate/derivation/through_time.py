"""A recurrent cell along a sequence, and backpropagation through time.

Forward, for t = 1 … T, the same weights at every step:

    a_t = W_ih·x_t + b_ih        r_t = W_hh·h_{t−1} + b_hh        state_t = cell(a_t, r_t, state_{t−1})

Backward runs from T to 1. h_t reaches the loss through the output at t and through all later steps:

    ∂L/∂h_t = δ_t + W_hhᵀ·∂L/∂r_{t+1} + (the cell's straight road)

and since every step used the same weights, their gradients are sums over steps:

    ∂L/∂W_ih = Σ_t ∂L/∂a_t · x_tᵀ        ∂L/∂W_hh = Σ_t ∂L/∂r_t · h_{t−1}ᵀ
    ∂L/∂b_ih = Σ_t ∂L/∂a_t               ∂L/∂b_hh = Σ_t ∂L/∂r_t           ∂L/∂x_t = W_ihᵀ · ∂L/∂a_t

A product of T factors W_hhᵀ·diag(…) stands in ∂h_T/∂h_1: smaller than 1 it vanishes, larger it explodes.
All that does not depend on the step before (a_t, and the sums) is one matrix product for the whole sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from striate.derivation.cells import Cell, State
from striate.derivation.shapes import Array, expect_gradient, expect_shape
from striate.errors import ArgumentError


class Gradients(NamedTuple):
    """∂L/∂ of what the layer took; `state` is that of the state before the first step."""

    input: Array
    weight_ih: Array
    weight_hh: Array
    bias_ih: Array | None
    bias_hh: Array | None
    state: State


class Saved(NamedTuple):
    """The input, the h before every step (N, T, H), what the cell kept at every step, the last state."""

    x: Array
    h_before: Array
    steps: Sequence[Any]
    state: State
    weight_ih: Array
    weight_hh: Array
    has_bias: bool


@dataclass(frozen=True)
class ThroughTime:
    """`cell` (RNN(), LSTM() or GRU()) along a sequence, with torch's weights as they are.

    >>> one = np.ones((1, 1))
    >>> from striate.derivation import RNN
    >>> ThroughTime(RNN()).forward(np.zeros((1, 2, 1)), one, one, state=(one,))[0].round(3)
    array([[[0.762],
            [0.642]]])
    """

    cell: Cell

    def forward(
        self,
        x: Array,
        weight_ih: Array,
        weight_hh: Array,
        bias_ih: Array | None = None,
        bias_hh: Array | None = None,
        state: State | None = None,
    ) -> tuple[Array, Saved]:
        """x (N, T, F), weight_ih (gates·H, F), weight_hh (gates·H, H) → every h, (N, T, H).

        `state` before the first step: (h,), or (h, c) for an LSTM, each (N, H); zeros unless given.
        """
        self.check(x, weight_ih, weight_hh, bias_ih, bias_hh)
        a = x @ weight_ih.T if bias_ih is None else x @ weight_ih.T + bias_ih
        state = self.first_state(x, weight_hh, state)
        h_before, steps, outputs = [], [], []
        for t in range(x.shape[1]):
            h_before.append(state[0])
            r = state[0] @ weight_hh.T if bias_hh is None else state[0] @ weight_hh.T + bias_hh
            state, kept = self.cell.forward(a[:, t], r, state)
            steps.append(kept)
            outputs.append(state[0])
        saved = Saved(x, np.stack(h_before, 1), steps, state, weight_ih, weight_hh, bias_ih is not None)
        return np.stack(outputs, 1), saved

    def backward(self, dy: Array, saved: Saved, d_state: State | None = None) -> Gradients:
        """δ (N, T, H), and ∂L/∂ the last state if the loss uses it → all gradients."""
        expect_gradient(dy, saved.h_before.shape, "a recurrent layer")
        da, dr, d_first = self.back_through_time(dy, saved, d_state or tuple(map(np.zeros_like, saved.state)))
        flat_a, flat_r = da.reshape(-1, da.shape[2]), dr.reshape(-1, dr.shape[2])
        return Gradients(
            da @ saved.weight_ih,
            flat_a.T @ saved.x.reshape(len(flat_a), -1),
            flat_r.T @ saved.h_before.reshape(len(flat_r), -1),
            flat_a.sum(axis=0) if saved.has_bias else None,
            flat_r.sum(axis=0) if saved.has_bias else None,
            d_first,
        )

    def back_through_time(self, dy: Array, saved: Saved, d_state: State) -> tuple[Array, Array, State]:
        """∂L/∂a and ∂L/∂r at every step (N, T, gates·H), and ∂L/∂ the first state."""
        da, dr = [], []
        for t in reversed(range(dy.shape[1])):
            back = self.cell.backward((d_state[0] + dy[:, t], *d_state[1:]), saved.steps[t])
            da.append(back.from_input)
            dr.append(back.from_state)
            d_state = (back.state[0] + back.from_state @ saved.weight_hh, *back.state[1:])
        return np.stack(da[::-1], 1), np.stack(dr[::-1], 1), d_state

    def first_state(self, x: Array, weight_hh: Array, state: State | None) -> State:
        """The state before the first step, checked; zeros unless given."""
        shape = len(x), weight_hh.shape[1]
        if state is None:
            return (np.zeros(shape, x.dtype),) * self.cell.states
        if len(state) != self.cell.states:
            raise ArgumentError(
                f"the state has {len(state)} arrays, expected {self.cell.states}: (h,) or (h, c)"
            )
        for array in state:
            expect_shape(array, shape, "the state of a recurrent layer", "(samples, hidden size)")
        return state

    def check(self, x: Array, weight_ih: Array, weight_hh: Array, *biases: Array | None) -> None:
        """The shapes fit the cell: as many rows as gates times the hidden size."""
        gates, name = self.cell.gates, type(self.cell).__name__
        if x.ndim != 3 or x.shape[1] == 0:
            raise ArgumentError(
                f"a recurrent layer got an input of shape {x.shape}, expected (N, T, F) of one step or more"
            )
        hidden = weight_hh.shape[-1]
        rows = f"{gates} gates of {hidden} for a {name}"
        expect_shape(weight_hh, (gates * hidden, hidden), "the hidden-to-hidden weight", rows)
        expect_shape(weight_ih, (gates * hidden, x.shape[2]), "the input-to-hidden weight", rows)
        for bias in biases:
            if bias is not None:
                expect_shape(bias, (gates * hidden,), "a bias of a recurrent layer", rows)
