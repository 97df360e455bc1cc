"""ONNX operations that PyTorch has none for: what they give, of which the shapes are all that is needed.

Where all inputs are numbers, ONNX's own reference works it out, as of shapes and positions. Else the shapes
come from ONNX's shape inference on this node alone, from what the file says of its results, or from its
input, and then that is said.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from striate.errors import NetworkError
from striate.tracing.arguments import META, bodiless
from striate.tracing.tape import Tape

TYPES = {
    1: torch.float32, 2: torch.uint8, 3: torch.int8, 4: torch.uint16, 5: torch.int16, 6: torch.int32,
    7: torch.int64, 9: torch.bool, 10: torch.float16, 11: torch.float64, 12: torch.uint32, 13: torch.uint64,
    14: torch.complex64, 16: torch.bfloat16,
}  # fmt: skip
"""By their numbers in ONNX."""
FRACTIONS = frozenset({1, 10, 11, 16})
"""Those of them that are no whole numbers."""
_NUMBERS = {dtype: number for number, dtype in TYPES.items()}
_COMPUTED = 1 << 20  # elements of inputs that are computed with for the sake of a shape
GUESSED = "neither the file nor ONNX says what shape it gives: taken to be that of its input"

Inputs = Mapping[str, Tensor]
Results = list[Tensor | None]


class UnknownNodeError(Exception):
    """PyTorch has no operation for this node."""


class Declared:
    """What a file says of its tensors: a type, and lengths, of which some have a name only."""

    def __init__(self, graph: Any) -> None:
        values = (*graph.value_info, *graph.output, *graph.input)
        self.values = {value.name: value.type.tensor_type for value in values}
        self.lengths: dict[str, int] = {}

    def learn(self, name: str, tensor: Tensor) -> None:
        """An input is given: what its lengths are called is known from here on."""
        axes = self.values[name].shape.dim
        self.lengths |= {
            axis.dim_param: n for axis, n in zip(axes, tensor.shape, strict=False) if axis.dim_param
        }

    def of(self, kind: Any) -> Tensor | None:
        """A tensor without memory of a type that is said; None where its shape is not said whole."""
        if kind is None or not kind.HasField("shape"):
            return None
        lengths = [self.lengths.get(axis.dim_param, axis.dim_value) for axis in kind.shape.dim]
        return torch.empty(lengths, dtype=TYPES.get(kind.elem_type), device=META) if all(lengths) else None


def outcome(node: Any, versions: Any, inputs: Inputs, declared: Declared, tape: Tape) -> Results:
    """The results of a node, written down as one operation of which nothing is known but their shapes.

    Args:
        node: as the file has it.
        versions: of the sets of operations that the file uses.
        inputs: by name; those that are left out are missing.
        declared: what the file says of its tensors.
        tape: what ran.
    """
    with tape.silence():
        results, geometry = _found(node, versions, inputs, declared, tape.with_values)
    if tape.depends(list(inputs.values())):
        named = dict(zip(node.output, results, strict=True))
        given = [tensor for name, tensor in named.items() if name and tensor is not None]
        tape.whole(f"onnx.{node.op_type}", "opaque", list(inputs.values()), given, geometry)
    return results


def _found(
    node: Any, versions: Any, inputs: Inputs, declared: Declared, with_values: bool
) -> tuple[Results, dict[str, Any]]:
    """The results, and what is to be said of them."""
    results = None
    small = sum(tensor.numel() for tensor in inputs.values()) <= _COMPUTED
    if (small or with_values) and not any(map(bodiless, inputs.values())):
        results = _computed(node, versions, inputs)
    if results is None and with_values:
        raise NetworkError(f"the ONNX operation {node.op_type} cannot be run here, only inspected")
    if results is None:
        results = _without_memory(node, versions, inputs, declared)
    open_ones = [name for name, one in zip(node.output, results, strict=True) if name and one is None]
    return (_like_the_input(node, results, inputs), {"note": GUESSED}) if open_ones else (results, {})


def _computed(node: Any, versions: Any, inputs: Inputs) -> Results | None:
    """By ONNX's reference implementation; None where it has none for these inputs."""
    evaluator = import_module("onnx.reference").ReferenceEvaluator
    try:
        run = evaluator(_alone(node, versions, inputs, ())).run
        arrays = iter(run(None, {name: tensor.detach().numpy() for name, tensor in inputs.items()}))
        return [torch.from_numpy(next(arrays).copy()) if name else None for name in node.output]
    except Exception:  # whatever the reference does not know, it says in its own way
        return None


def _without_memory(node: Any, versions: Any, inputs: Inputs, declared: Declared) -> Results:
    """By the shapes that ONNX infers, or else the file says; None for a result of which neither does."""
    onnx = import_module("onnx")
    known = {n: t for n, t in inputs.items() if not bodiless(t) and t.numel() <= _COMPUTED}
    arrays = [onnx.numpy_helper.from_array(t.detach().numpy(), n) for n, t in known.items()]
    try:
        inferred = onnx.shape_inference.infer_shapes(
            _alone(node, versions, inputs, arrays), data_prop=True
        ).graph.output
    except Exception:  # an operation of somebody's own, or inputs that it does not take
        inferred = ()
    told = {value.name: value.type.tensor_type for value in inferred}
    return [
        next((t for t in map(declared.of, (told.get(n), declared.values.get(n))) if t is not None), None)
        for n in node.output
    ]


def _like_the_input(node: Any, results: Results, inputs: Inputs) -> Results:
    """For each named result without a shape a tensor like the first input."""
    if not inputs:
        raise NetworkError(
            f"the file does not say what shape {node.output[0]} has, which {node.op_type} gives"
        )
    first = next(iter(inputs.values()))
    return [
        torch.empty(first.shape, dtype=first.dtype, device=META) if name and one is None else one
        for name, one in zip(node.output, results, strict=True)
    ]


def _alone(node: Any, versions: Any, inputs: Inputs, arrays: Sequence[Any]) -> Any:
    """A model of this one node."""
    make = import_module("onnx.helper")
    values = [
        make.make_tensor_value_info(name, _NUMBERS[tensor.dtype], list(tensor.shape))
        for name, tensor in inputs.items()
    ]
    outputs = [make.make_empty_tensor_value_info(name) for name in node.output if name]
    return make.make_model(make.make_graph([node], "one", values, outputs, arrays), opset_imports=versions)
