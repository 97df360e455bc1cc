"""Layers of whole numbers (torch.ao.quantization): their weights are packed into objects that are no tensors,
so that nothing but these objects says what is multiplied.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.tracing.arguments import base_name, spread
from striate.tracing.aten_call import Call, Meaning
from striate.tracing.aten_kinds import GATES

_POINTS = frozenset(
    ["add", "mul", "add_scalar", "mul_scalar", "hardswish", "leaky_relu", "elu", "celu", "sigmoid", "relu6",
     "threshold", "clamp", "prelu", "batch_norm", "batch_norm1d", "batch_norm2d", "batch_norm3d", "dropout"]
)  # fmt: skip
_PACKED = torch.ScriptObject


def packs(func: torch._ops.OpOverload) -> bool:
    """Whether an operation may take packed weights."""
    return func.namespace == "quantized" or base_name(func).startswith("quantized_")


def packed_weights(arguments: Sequence[Any]) -> Iterator[tuple[str, Tensor]]:
    """The weight and bias in each packed object among the arguments, by these names; of a recurrent layer
    those of every cell, layer by layer and in both directions.
    """
    for one in arguments:
        if isinstance(one, (list, tuple)) and one and all(isinstance(cell, _PACKED) for cell in one):
            for place, cell in enumerate(one):
                yield from _of_cell(cell, f"cell{place}")
        if isinstance(one, _PACKED) and one._has_method("unpack"):  # type: ignore[attr-defined]
            for name, tensor in zip(("weight", "bias"), one.unpack(), strict=False):  # type: ignore[attr-defined]
                if isinstance(tensor, Tensor):
                    yield name, tensor.detach()


def _of_cell(cell: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    """Both matrices of a recurrent cell and its biases, which only its state tells."""
    (_, biases, *_, matrices), _ = cell.__getstate__()
    for part, matrix in zip(("ih", "hh"), matrices, strict=True):
        yield f"{name}.weight_{part}", dict(packed_weights([matrix]))["weight"]
    for part, bias in zip(("ih", "hh"), biases, strict=False):
        yield f"{name}.bias_{part}", bias.detach()


def meaning_of(call: Call) -> Meaning | None:
    """The kind and geometry of a call on packed weights; None for any other."""
    name = base_name(call.func)
    if name.startswith("quantized_") and name.removeprefix("quantized_") in GATES:
        return _recurrent(name.removeprefix("quantized_"), call)
    if call.func.namespace != "quantized":
        return None
    plain, fused = _without_relu(name)
    packed = next((value for value in call.named.values() if isinstance(value, _PACKED)), None)
    if packed is None:
        if plain in _POINTS:
            return "elementwise", {"role": {"add": "add", "mul": "multiply"}.get(plain, "plain")}
        return None
    if plain.startswith("conv"):
        return "convolution", {**_window(packed), "fused": fused}
    if plain.startswith("linear"):
        weight = dict(packed_weights([packed]))["weight"]
        return "matmul", {"shared": weight.shape[1], "rows": tuple(weight.shape), "fused": fused}
    return None


def _without_relu(name: str) -> tuple[str, int]:
    """A name without the ReLU that is in it, and how many operations of an element that is."""
    plain = name.removesuffix("_dynamic").removesuffix("_relu").replace("_relu_", "_")
    return plain, int("relu" in name and plain not in ("leaky_relu", "relu6"))


def _window(packed: Any) -> dict[str, Any]:
    """The geometry of a packed convolution."""
    weight, bias = packed.unpack()
    count = weight.dim() - 2
    said: dict[str, Callable[[], Any]] = {n: getattr(packed, n) for n in ("stride", "padding", "dilation")}
    return {
        "kernel": tuple(weight.shape[2:]),
        **{name: spread(list(ask())[-count:], count, 1) for name, ask in said.items()},
        "groups": int(packed.groups()),
        "transposed": bool(packed.transpose()),
        "bias": bias is not None,
    }


def _recurrent(cell: str, call: Call) -> Meaning:
    """A recurrent layer: the shapes of its weights follow from those of its input and its state."""
    data, state = call["input"], call.get("hx")
    both, gates, layers = 1 + bool(call["bidirectional"]), GATES[cell], int(call["num_layers"])
    units = int((state[0] if isinstance(state, (list, tuple)) else state).shape[-1])
    taken = [data.shape[-1], *[units * both] * (layers - 1)]
    weights = [
        shape
        for inputs in taken
        for _ in range(both)
        for shape in ((gates * units, inputs), (gates * units, units), (gates * units,), (gates * units,))
    ]
    time = 1 if call["batch_first"] else 0
    return "recurrent", {
        "cell": cell, "gates": gates, "time": time, "steps": int(data.shape[time]), "layers": layers,
        "bidirectional": both == 2, "weights": weights,
    }  # fmt: skip
