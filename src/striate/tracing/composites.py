"""Functions that are taken as one operation, because PyTorch takes them apart before a dispatch mode sees
them.

Recurrent layers (thousands of operations, one set per step), instance norm (which becomes a batch norm) and
scaled dot-product attention (which becomes masks and products). The same place sees values leave for NumPy.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from striate.arithmetic.described import Role
from striate.tracing.shortcuts import META
from striate.tracing.watch import Ran, Watch, memory, tensors_in

_CELLS = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
_LEAVES = frozenset({"numpy", "__array__", "tolist", "__dlpack__", "data_ptr", "storage", "item"})


def _kept_positions(index: Any) -> Any:
    """Lists of positions as tensors with values, which indexing a tensor without memory would take from
    them.
    """
    if isinstance(index, tuple):
        return tuple(_kept_positions(each) for each in index)
    return torch.tensor(index) if isinstance(index, list) and index and type(index[0]) is int else index


class Composites(TorchFunctionMode):
    """Sees functions before they are taken apart, and writes some down whole."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _CELLS and self.is_recurrent(args):
            return self.recurrent(name, func, args, kwargs)
        if name == "scaled_dot_product_attention":
            return self.attention(func, args, kwargs)
        if name == "instance_norm":
            return self.instance_norm(func, args, kwargs)
        if name == "__getitem__":
            args = (args[0], _kept_positions(args[1]))
        if name in _LEAVES:
            given = list(tensors_in(args))
            self.watch.look(given, [self.watch.slot(tensor) for tensor in given])
        return func(*args, **kwargs)

    def is_recurrent(self, args: Sequence[Any]) -> bool:
        """Whether this is the function behind nn.LSTM and its kin."""
        return len(args) == 9 and isinstance(args[0], Tensor)

    def instance_norm(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Mark the batch norm that this becomes, where it uses the input's own statistics."""
        own = bool(args[5] if len(args) > 5 else kwargs.get("use_input_stats", True))
        self.watch.instance_norm = own
        try:
            return func(*args, **kwargs)
        finally:
            self.watch.instance_norm = False

    def attention(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """softmax(QKᵀ)V as one operation."""
        names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
        named = {"attn_mask": None, "is_causal": False, **dict(zip(names, args, strict=False)), **kwargs}
        query, value = named["query"], named["value"]
        result = self.quietly(func, args, kwargs, lambda like: like((*query.shape[:-1], value.shape[-1])))
        inputs = [named[name] for name in names[:4] if isinstance(named[name], Tensor)]
        self.note("aten.scaled_dot_product_attention", "attention", inputs, [result], {
            "causal": bool(named["is_causal"]),
            "mask": named["attn_mask"] is not None,
            "shared": int(query.shape[-1]),
            "keys": int(named["key"].shape[-2]),
            "values": int(value.shape[-1]),
        })  # fmt: skip
        return result

    def recurrent(
        self, cell: str, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        """One RNN, LSTM or GRU of any depth."""
        packed = isinstance(args[3], (list, tuple)) and not isinstance(args[3], bool)
        data, state, weights = (args[0], args[2], args[3]) if packed else (args[0], args[1], args[2])
        layers, bidirectional = int(args[5 if packed else 4]), bool(args[8 if packed else 7])
        batch_first = False if packed else bool(args[8])
        states = list(state) if isinstance(state, (list, tuple)) else [state]
        directions = 1 + bidirectional
        width = states[0].shape[-1]
        result = self.quietly(
            func, args, kwargs,
            lambda like: (like((*data.shape[:-1], width * directions)), *(like(s.shape) for s in states)),
        )  # fmt: skip
        geometry = {
            "cell": cell,
            "gates": _CELLS[cell],
            "time": 1 if batch_first and data.dim() == 3 else 0,
            "steps": 0 if packed else int(data.shape[1 if batch_first and data.dim() == 3 else 0]),
            "layers": layers,
            "bidirectional": bidirectional,
            "weights": [tuple(weight.shape) for weight in weights],
        }
        kind = "opaque" if packed else "recurrent"
        self.note(f"aten.{cell}", kind, [data, *states, *weights], list(tensors_in((result,))), geometry)
        return result

    def quietly(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        shapes: Callable[..., Any],
    ) -> Any:
        """The result, without writing down what the function is made of."""
        self.watch.silent += 1
        try:
            if self.watch.with_values:
                return func(*args, **kwargs)
            first = next(iter(tensors_in(args)))
            return shapes(lambda shape: torch.empty(shape, dtype=first.dtype, device=META))
        finally:
            self.watch.silent -= 1

    def note(
        self,
        name: str,
        kind: str,
        given: Sequence[Tensor],
        results: Sequence[Tensor],
        geometry: dict[str, Any],
    ) -> None:
        """Write one operation down."""
        watch = self.watch
        inputs = tuple(watch.slot(tensor) for tensor in given)
        outputs = tuple(watch.slot(tensor, Role.ACTIVATION) for tensor in results)
        if any(memory(tensor) in watch.dependent for tensor in given):
            watch.dependent.update(memory(tensor) for tensor in results)
        watch.ran.append(Ran(None, kind, {"name": name}, inputs, outputs, watch.call, 0.0, geometry))
