"""An ONNX file run node by node with PyTorch's operations, so that it is described like any network."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import MissingExtraError, NetworkError
from striate.tracing.calls import Calls
from striate.tracing.files.onnx_nodes import NODES
from striate.tracing.trace import Follow


def read(path: Path) -> tuple[nn.Module, Sequence[Tensor], Follow]:
    """The network of an ONNX file, an example of its inputs, and how to tell its layers.

    Raises:
        MissingExtraError: the package onnx is not installed. NetworkError: the file cannot be read, or holds
            operations that are not known here.
    """
    onnx = _onnx()
    try:
        model = onnx.load(str(path))
        _refuse_unknown(path, model.graph)
        network = _Graph(model.graph, import_module("onnx.numpy_helper"), import_module("onnx.helper"))
        return network, network.examples(), network.follow
    except NetworkError:
        raise
    except Exception as error:  # damaged bytes can break the reader in any way
        raise NetworkError(f"{path} is not an ONNX file that can be read: {_reason(error)}") from error


def _refuse_unknown(path: Path, graph: Any) -> None:
    unknown = sorted({node.op_type for node in graph.node} - set(NODES))
    if unknown:
        raise NetworkError(f"{path} uses ONNX operations that are not known here: {', '.join(unknown)}")


def _reason(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _onnx() -> Any:
    try:
        return import_module("onnx")
    except ImportError:
        raise MissingExtraError("export", "reading an ONNX file") from None


MOST_AXES, LONGEST = 8, 1 << 24
"""Of an input."""


class _Graph(nn.Module):
    """The graph of an ONNX file. Its weights are parameters under their own names."""

    def __init__(self, graph: Any, arrays: Any, helper: Any) -> None:
        super().__init__()
        self.nodes = [_Node(node, helper, arrays) for node in graph.node]
        self.results = [value.name for value in graph.output]
        self.values: dict[str, Tensor] = {}
        weights = _weights(graph)
        for tensor in graph.initializer:
            value = torch.from_numpy(arrays.to_array(tensor).copy())
            if value.is_floating_point() and tensor.name in weights:
                parameter = nn.Parameter(value)
                self.register_parameter(tensor.name.replace(".", "_"), parameter)
                self.values[tensor.name] = parameter
            else:
                self.values[tensor.name] = value
        known = {tensor.name for tensor in graph.initializer}
        self.inputs = [value for value in graph.input if value.name not in known]
        self.input_names = [value.name for value in self.inputs]
        self.calls: Calls | None = None

    def examples(self) -> list[Tensor]:
        """Inputs of the shapes that the file says, a batch of one; none if it leaves other lengths open."""
        result = []
        for value in self.inputs:
            lengths = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
            _check_lengths(value.name, lengths)
            if 0 in lengths[1:]:
                return []
            lengths = [length or 1 for length in lengths]
            whole = value.type.tensor_type.elem_type in (6, 7)
            result.append(torch.empty(lengths, dtype=torch.int64 if whole else torch.float32, device="meta"))
        return result

    def follow(self, calls: Calls) -> None:
        """Tell these calls which node runs."""
        self.calls = calls

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Every node in turn."""
        values = dict(self.values)
        values.update(zip((value.name for value in self.inputs), inputs, strict=True))
        values[""] = None  # type: ignore[assignment]
        for node in self.nodes:
            if self.calls is not None:
                self.calls.tape.call = self.calls.tell(node.name, f"torch.nn.modules.onnx.{node.type}", 0, 1)
            results = node.run([values[name] for name in node.inputs])
            values.update(zip(node.outputs, results, strict=False))
            if self.calls is not None:
                self.calls.end(self.calls.tape.call, tuple(results))
        return tuple(values[name] for name in self.results)


def _check_lengths(name: str, lengths: Sequence[int]) -> None:
    """Refuses what no input can have."""
    if len(lengths) > MOST_AXES or any(not 0 <= length <= LONGEST for length in lengths):
        shown = "x".join(map(str, lengths[:MOST_AXES])) + ("…" if len(lengths) > MOST_AXES else "")
        raise NetworkError(
            f"the file says that its input {name!r} has the shape {shown}: an input has at most "
            f"{MOST_AXES} axes of 1 to {LONGEST:,} positions"
        )


def _weights(graph: Any) -> set[str]:
    """The constants that are weights, rather than shapes and indices."""
    kinds = {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "InstanceNormalization",
        "LayerNormalization",
        "PRelu", "Add", "Mul", "Gather", "LSTM", "GRU", "RNN",
    }  # fmt: skip
    return {name for node in graph.node if node.op_type in kinds for name in node.input}


class _Node:
    """One node with its attributes read."""

    def __init__(self, node: Any, helper: Any, arrays: Any) -> None:
        self.type = str(node.op_type)
        self.inputs, self.outputs = list(node.input), list(node.output)
        self.name = _name(node)
        self.attributes: Mapping[str, Any] = {
            attribute.name: _plain(helper.get_attribute_value(attribute), arrays)
            for attribute in node.attribute
        }

    def run(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The results of the node."""
        function: Callable[..., Any] = NODES[self.type]
        result = function(self.attributes, *inputs)
        return result if isinstance(result, (tuple, list)) else (result,)


def _name(node: Any) -> str:
    """The node's own name without the slashes that exporters write; that of its result if it has none."""
    return str(node.name or node.output[0]).strip("/").replace("/", ".")


def _plain(value: Any, arrays: Any) -> Any:
    """An attribute as Python has it."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "raw_data"):
        return torch.from_numpy(arrays.to_array(value).copy())
    return list(value) if isinstance(value, (list, tuple)) or hasattr(value, "append") else value
