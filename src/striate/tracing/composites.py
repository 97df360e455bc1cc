"""Functions that are taken as one operation, because PyTorch takes them apart before operations are heard.

Recurrent layers (thousands of operations, one set per step), instance norm (which becomes a batch norm) and
scaled dot-product attention (which becomes masks and products); glu and bilinear are taken apart, as PyTorch
does not. The same place sees values leave for NumPy.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.tracing.arguments import META, tensors_in
from striate.tracing.aten_kinds import GATES
from striate.tracing.constants import LENDS
from striate.tracing.tape import Tape

_LEAVES = frozenset({"numpy", "__array__", "tolist", "__dlpack__", "data_ptr", "storage", "item"})
_ATTENTION = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
Function = Callable[..., Any]


class Composites:
    """Runs the functions of torch, and writes some of them down whole."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def run(self, func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """One function."""
        if self.tape.back is not None and self.tape.back.under_way:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "").partition(".")[0]  # of an operation too: `lstm.input`
        if name in GATES and len(args) == 9 and isinstance(args[0], Tensor):  # the function behind nn.LSTM
            return self.recurrent(name, func, args, kwargs)
        if name == "scaled_dot_product_attention":
            return self.attention(func, args, kwargs)
        if name == "instance_norm":
            return self.instance_norm(func, args, kwargs)
        if name == "glu":
            first, gate = args[0].chunk(2, *args[1:], **kwargs)
            return first * gate.sigmoid()
        if name == "bilinear":
            return _bilinear(*args, **kwargs)
        if name == "__getitem__":
            args = (args[0], _with_values(args[1]))
        if name in _LEAVES:
            self.tape.look(list(tensors_in(args)))
        if name in LENDS and self.tape.with_values and not self.tape.silent:
            self.tape.lent.lend(tensors_in(args))
        return func(*args, **kwargs)

    def instance_norm(self, func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Mark the batch norm that this becomes, where it uses the input's own statistics."""
        self.tape.instance_norm = bool(args[5] if len(args) > 5 else kwargs.get("use_input_stats", True))
        try:
            return func(*args, **kwargs)
        finally:
            self.tape.instance_norm = False

    def attention(self, func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """softmax(QKᵀ)V as one operation."""
        named = {"attn_mask": None, "is_causal": False, **dict(zip(_ATTENTION, args, strict=False)), **kwargs}
        query, key, value, mask = (named[name] for name in _ATTENTION[:4])
        result = self._silently(func, args, kwargs, [(*query.shape[:-1], value.shape[-1])])
        geometry = {
            "causal": bool(named["is_causal"]),
            "mask": mask is not None,
            "shared": int(query.shape[-1]),
            "keys": int(key.shape[-2]),
            "values": int(value.shape[-1]),
        }
        tensors = list(tensors_in([query, key, value, mask]))
        self.tape.whole("aten.scaled_dot_product_attention", "attention", tensors, [result], geometry)
        return result

    def recurrent(self, cell: str, func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """One RNN, LSTM or GRU of any depth."""
        packed = isinstance(args[3], (list, tuple))
        data, state, weights = (args[0], args[2], args[3]) if packed else args[:3]
        layers, bidirectional = int(args[5 if packed else 4]), bool(args[8 if packed else 7])
        time = 1 if not packed and args[8] and data.dim() == 3 else 0
        states = list(state) if isinstance(state, (list, tuple)) else [state]
        width = states[0].shape[-1] * (1 + bidirectional)
        shapes = [(*data.shape[:-1], width), *(tuple(each.shape) for each in states)]
        result = self._silently(func, args, kwargs, shapes)
        geometry = {
            "cell": cell,
            "gates": GATES[cell],
            "time": time,
            "steps": 0 if packed else int(data.shape[time]),
            "layers": layers,
            "bidirectional": bidirectional,
            "weights": [tuple(weight.shape) for weight in weights],
        }
        kind = "opaque" if packed else "recurrent"
        results = list(tensors_in((result,)))
        self.tape.whole(f"aten.{cell}", kind, [data, *states, *weights], results, geometry)
        return result

    def _silently(
        self, func: Function, args: Sequence[Any], kwargs: dict[str, Any], shapes: Sequence[tuple[int, ...]]
    ) -> Any:
        """The result, without writing down what the function is made of: run with values, else by shapes."""
        with self.tape.silence():
            if self.tape.with_values:
                return func(*args, **kwargs)
            first = next(tensors_in(args))
            results = [torch.empty(shape, dtype=first.dtype, device=META) for shape in shapes]
            return results[0] if len(results) == 1 else tuple(results)


def _bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """First each matrix of weights times one input, then that times the other."""
    made = torch.einsum("ni,oij->noj", input1.flatten(0, -2), weight)
    result = (made * input2.flatten(0, -2)[:, None]).sum(-1).view(*input1.shape[:-1], weight.shape[0])
    return result if bias is None else result + bias


def _with_values(index: Any) -> Any:
    """Lists of positions as tensors with values: indexing a tensor without memory would lose them."""
    if isinstance(index, tuple):
        return tuple(_with_values(each) for each in index)
    return torch.tensor(index) if isinstance(index, list) and index and type(index[0]) is int else index
