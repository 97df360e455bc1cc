"""Recurrent cells, one step each: RNN, LSTM and GRU, in torch's gate order.

A cell takes a = W_ih·x + b_ih from the input and r = W_hh·h + b_hh from the state before, each (N, gates·H),
and makes the next state. `through_time.py` runs it along a sequence.

RNN.    h′ = tanh(s), s = a + r                    ∂L/∂s = ∂L/∂h′ · (1 − h′²)
        h′ = max(s, 0), if so asked                ∂L/∂s = ∂L/∂h′ where h′ > 0

LSTM (Hochreiter & Schmidhuber 1997; gates i f g o), s = a + r in four parts:

    i = σ(s_i)    f = σ(s_f)    g = tanh(s_g)    o = σ(s_o)
    c′ = f·c + i·g              h′ = o·tanh(c′)

c′ reaches the loss through h′ and through the next step, so with D = ∂L/∂c′ + ∂L/∂h′·o·(1 − tanh²c′):

    ∂L/∂s_i = D·g·i(1 − i)      ∂L/∂s_f = D·c·f(1 − f)      ∂L/∂s_g = D·i·(1 − g²)
    ∂L/∂s_o = ∂L/∂h′·tanh(c′)·o(1 − o)                      ∂L/∂c   = D·f

The last is why an LSTM remembers: along c the gradient is only multiplied by f, never by a weight matrix.

GRU (Cho et al. 2014; gates r z n; torch resets after the product with W_hh):

    ρ = σ(a_r + r_r)    z = σ(a_z + r_z)    n = tanh(a_n + ρ·r_n)    h′ = (1 − z)·n + z·h

With δ = ∂L/∂h′ and ν = δ·(1 − z)·(1 − n²), the gradient at n's argument:

    ∂L/∂a_n = ν          ∂L/∂r_n = ν·ρ           ∂L/∂a_r = ∂L/∂r_r = ν·r_n·ρ(1 − ρ)
    ∂L/∂a_z = ∂L/∂r_z = δ·(h − n)·z(1 − z)       ∂L/∂h = δ·z, beside what comes back through r
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from striate.derivation.activations import sigmoid
from striate.derivation.shapes import Array

State = tuple[Array, ...]  # (h,) or (h, c), each (N, H)


class Back(NamedTuple):
    """∂L/∂a, ∂L/∂r, and ∂L/∂ the state before by the ways that do not lead through r."""

    from_input: Array
    from_state: Array
    state: State


class Cell(Protocol):
    """One step. `gates`: how many H wide parts a and r have; `states`: how many arrays a state has."""

    @property
    def gates(self) -> int: ...
    @property
    def states(self) -> int: ...
    def forward(self, a: Array, r: Array, state: State) -> tuple[State, Any]: ...
    def backward(self, d_state: State, saved: Any) -> Back: ...


def parts(gates: Array, count: int) -> list[Array]:
    """(N, count·H) → `count` arrays (N, H)."""
    return np.split(gates, count, axis=-1)


@dataclass(frozen=True)
class RNN:
    """h′ = tanh(a + r); rectified: max(a + r, 0)."""

    gates: int = 1
    states: int = 1
    rectified: bool = False

    def forward(self, a: Array, r: Array, state: State) -> tuple[State, Array]:
        """The next state, which is also all that backward needs."""
        h = np.maximum(a + r, 0) if self.rectified else np.tanh(a + r)
        return (h,), h

    def backward(self, d_state: State, saved: Array) -> Back:
        """δ·f′, for a and r alike."""
        ds = d_state[0] * (saved > 0 if self.rectified else 1 - saved * saved)
        return Back(ds, ds, (np.zeros_like(saved),))


class LSTMSaved(NamedTuple):
    """The four gates, c before and tanh(c′), each (N, H)."""

    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    tanh_c: Array


@dataclass(frozen=True)
class LSTM:
    """c′ = f·c + i·g, h′ = o·tanh(c′)."""

    gates: int = 4
    states: int = 2

    def forward(self, a: Array, r: Array, state: State) -> tuple[State, LSTMSaved]:
        """The next (h, c), and the gates."""
        s_i, s_f, s_g, s_o = parts(a + r, 4)
        i, f, g, o = sigmoid(s_i), sigmoid(s_f), np.tanh(s_g), sigmoid(s_o)
        c = f * state[1] + i * g
        tanh_c = np.tanh(c)
        return (o * tanh_c, c), LSTMSaved(i, f, g, o, state[1], tanh_c)

    def backward(self, d_state: State, saved: LSTMSaved) -> Back:
        """Gradients at the four gates, and at c along the straight road f."""
        i, f, g, o, c, tanh_c = saved
        dh, dc = d_state
        through_c = dc + dh * o * (1 - tanh_c * tanh_c)
        ds_i, ds_f = through_c * g * i * (1 - i), through_c * c * f * (1 - f)
        ds_g, ds_o = through_c * i * (1 - g * g), dh * tanh_c * o * (1 - o)
        ds = np.concatenate([ds_i, ds_f, ds_g, ds_o], axis=-1)
        return Back(ds, ds, (np.zeros_like(dh), through_c * f))


class GRUSaved(NamedTuple):
    """ρ, z, n, r_n and h before, each (N, H)."""

    reset: Array
    z: Array
    n: Array
    r_n: Array
    h: Array


@dataclass(frozen=True)
class GRU:
    """h′ = (1 − z)·n + z·h."""

    gates: int = 3
    states: int = 1

    def forward(self, a: Array, r: Array, state: State) -> tuple[State, GRUSaved]:
        """The next state, and the gates."""
        (a_r, a_z, a_n), (r_r, r_z, r_n) = parts(a, 3), parts(r, 3)
        reset, z = sigmoid(a_r + r_r), sigmoid(a_z + r_z)
        n = np.tanh(a_n + reset * r_n)
        h = state[0]
        return ((1 - z) * n + z * h,), GRUSaved(reset, z, n, r_n, h)

    def backward(self, d_state: State, saved: GRUSaved) -> Back:
        """Gradients at the gates; n's differ between a and r by the reset gate."""
        reset, z, n, r_n, h = saved
        (dh,) = d_state
        d_n = dh * (1 - z) * (1 - n * n)
        d_r, d_z = d_n * r_n * reset * (1 - reset), dh * (h - n) * z * (1 - z)
        from_input = np.concatenate([d_r, d_z, d_n], axis=-1)
        from_state = np.concatenate([d_r, d_z, d_n * reset], axis=-1)
        return Back(from_input, from_state, (dh * z,))
