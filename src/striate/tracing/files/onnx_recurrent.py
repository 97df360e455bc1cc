"""ONNX's recurrent layers by PyTorch's, whose gates stand in another order."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from striate.tracing.files.onnx_unknown import UnknownNodeError

Attributes = Mapping[str, Any]
_VF: Any = torch._VF  # the functions behind nn.LSTM and its kin

ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""For each gate of PyTorch's (i f g o; r z n) its place among ONNX's (i o f c; z r h)."""
_USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def recurrent(kind: str) -> Callable[..., list[Tensor]]:
    """LSTM, GRU or RNN: Y (T, directions, N, units), and the last states."""

    def run(
        a: Attributes,
        x: Tensor,
        w: Tensor,
        r: Tensor,
        b: Tensor | None = None,
        lengths: Tensor | None = None,
        *states: Tensor | None,
    ) -> list[Tensor]:
        function = _function(kind, a, lengths, states[2:])
        units, backwards, first = r.shape[-1], a.get("direction") == "reverse", bool(a.get("layout"))
        x = x.transpose(0, 1) if first else x
        begins = [_state(state, x, r, first) for state in (*states, None, None)[: 1 + (kind == "LSTM")]]
        weights = [part for d in range(w.shape[0]) for part in _weights(kind, w[d], r[d], b, d)]
        x = x.flip(0) if backwards else x
        begin = begins if kind == "LSTM" else begins[0]
        y, *ends = function(x, begin, weights, b is not None, 1, 0.0, False, w.shape[0] == 2, False)
        y = y.flip(0) if backwards else y
        y = y.unflatten(-1, (w.shape[0], units))
        if first:
            return [y.transpose(0, 1), *(end.transpose(0, 1) for end in ends)]
        return [y.transpose(1, 2), *ends]

    return run


def _function(kind: str, a: Attributes, lengths: Tensor | None, peepholes: tuple[Any, ...]) -> Any:
    """PyTorch's function. Raises UnknownNodeError for what it cannot do."""
    said = [str(name) for name in a.get("activations", [])]
    usual = _USUAL[kind]
    relu = kind == "RNN" and set(said) == {"Relu"}
    odd = not relu and said not in ([], usual, usual * 2)
    odd = odd or bool(a.get("clip")) or bool(a.get("input_forget"))
    odd = odd or lengths is not None or any(one is not None for one in peepholes)
    if odd or (kind == "GRU" and not a.get("linear_before_reset")):
        raise UnknownNodeError
    if kind == "RNN":
        return _VF.rnn_relu if relu else _VF.rnn_tanh
    return _VF.lstm if kind == "LSTM" else _VF.gru


def _state(state: Tensor | None, x: Tensor, r: Tensor, batch_first: bool) -> Tensor:
    """What a layer begins with: (directions, N, units)."""
    if state is None:
        return torch.zeros((r.shape[0], x.shape[1], r.shape[-1]), dtype=x.dtype, device=x.device)
    return state.transpose(0, 1) if batch_first else state


def _weights(kind: str, w: Tensor, r: Tensor, b: Tensor | None, direction: int) -> list[Tensor]:
    """The weights of one direction in PyTorch's order."""
    parts = [w, r, *(() if b is None else b[direction].chunk(2))]
    return [_in_order(part, ORDERS[kind]) for part in parts]


def _in_order(rows: Tensor, order: tuple[int, ...]) -> Tensor:
    gates = rows.chunk(len(order))
    return torch.cat([gates[place] for place in order]) if len(order) > 1 else rows
