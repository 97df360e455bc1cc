"""Weights that no list of parameters names, so that nothing but where they stand says what is multiplied.

Layers of whole numbers (torch.ao.quantization) pack theirs into objects that are no tensors; in frozen
TorchScript (torch.jit.freeze) they are constants of its code.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.tracing.arguments import base_name, spread
from striate.tracing.aten_kinds import GATES, Call, Meaning

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


_STATISTICS = {"aten::batch_norm": (3, 4), "aten::instance_norm": (3, 4)}
"""Where an operation takes its running mean and variance."""


def folded_weights(network: nn.Module) -> dict[str, Tensor]:
    """The weights in the code of frozen modules, by the names that they have there.

    Of modules without a parameter: all tensors of decimals in the code, but for running statistics and single
    numbers. What was a buffer before, as the mean of the pixels, cannot be told from weights any more.
    """
    scripts = [(path, m) for path, m in network.named_modules() if isinstance(m, torch.jit.ScriptModule)]
    tops = [
        (path, m)
        for path, m in scripts
        if not any(path != above and path.startswith(f"{above}." if above else "") for above, _ in scripts)
    ]
    return {
        f"{path}.{name}".lstrip("."): value
        for path, script in tops
        if next(script.parameters(), None) is None
        for name, value in _constants(script)
    }


def _constants(script: torch.jit.ScriptModule) -> Iterator[tuple[str, Tensor]]:
    try:
        graph = script.inlined_graph
    except RuntimeError:  # a script without a forward
        return
    for node in graph.findAllNodes("prim::Constant", True):  # type: ignore[attr-defined]
        made = node.output()
        if all(map(_is_statistic, made.uses())):
            continue
        name = made.debugName().removeprefix("self.")
        for place, value in _tensors(made.toIValue()):
            if value.ndim and value.is_floating_point():
                yield name + place, value


def _tensors(held: object) -> Iterator[tuple[str, Tensor]]:
    """The tensor, or those of a list, as a recurrent layer takes its weights."""
    if isinstance(held, Tensor):
        yield "", held
    elif isinstance(held, list | tuple):
        yield from ((f".{place}", one) for place, one in enumerate(held) if isinstance(one, Tensor))


def _is_statistic(use: torch._C.Use) -> bool:
    return use.offset in _STATISTICS.get(use.user.kind(), ())
