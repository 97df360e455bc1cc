"""An ONNX file run node by node with PyTorch's operations, so that it is described like any network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import MissingExtraError, NetworkError
from striate.tracing.calls import Calls
from striate.tracing.files.onnx_nodes import NODES, WEIGHTED
from striate.tracing.files.onnx_quantised import WHOLE_WEIGHTS
from striate.tracing.files.onnx_recurrent import ORDERS
from striate.tracing.files.onnx_unknown import FRACTIONS, TYPES, Declared, UnknownNodeError, outcome
from striate.tracing.trace import Follow

Values = Mapping[str, Tensor | None]

_INPUTS_SINCE = {
    "Clip": ("min", "max"), "Pad": ("pads", "value"), "Slice": ("starts", "ends", "axes"), "TopK": ("k",),
    "Upsample": ("scales",), "Reshape": ("shape",), "Tile": ("repeats",),
}  # fmt: skip
"""Operations whose later inputs were attributes in earlier versions of ONNX."""
MOST_AXES, LONGEST = 8, 1 << 24
"""Of an input."""
MOST_NODES = 1 << 20
"""Of a graph, its functions written out."""


def read(path: Path) -> tuple[nn.Module, Sequence[Tensor], Follow]:
    """The network of an ONNX file, an example of its inputs, and how to tell its layers.

    Raises:
        MissingExtraError: the package onnx is not installed.
        NetworkError: the file cannot be read.
    """
    onnx = _onnx()
    try:
        model = _without_functions(onnx.load(str(path)))
        if not model.graph.output:
            raise NetworkError(f"{path} holds no network: it is empty, or its graph gives nothing")
        network = OnnxGraph(model)
        return network, network.examples(), network.follow
    except NetworkError:
        raise
    except Exception as error:  # damaged bytes can break the reader in any way
        raise NetworkError(f"{path} is not an ONNX file that can be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _onnx() -> Any:
    try:
        return import_module("onnx")
    except ImportError:
        raise MissingExtraError("export", "reading an ONNX file") from None


def _without_functions(model: Any) -> Any:
    """The model with the functions that it defines written out where they are called."""
    if not model.functions:
        return model
    defined = {(function.domain, function.name): function.node for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(nodes: Any) -> int:
        return sum(1 + sizes.get((node.domain, node.op_type), 0) for node in nodes)

    for _ in defined:  # as deep as functions can call each other
        sizes = {name: size(nodes) for name, nodes in defined.items()}
        if size(model.graph.node) > MOST_NODES:
            raise NetworkError(f"the functions of the file come to more than {MOST_NODES:,} nodes")
    return import_module("onnx.inliner").inline_local_functions(model)


class OnnxGraph(nn.Module):
    """The graph of an ONNX file. Its weights are parameters under their own names."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        graph, arrays = model.graph, import_module("onnx.numpy_helper")
        self.block = _Block(graph, model.opset_import)
        self.declared = Declared(graph)
        weights = _weights(graph)
        for tensor in graph.initializer:
            value = torch.from_numpy(arrays.to_array(tensor).copy())
            if tensor.name in weights:
                value = nn.Parameter(value, requires_grad=value.is_floating_point())
                self.register_parameter(tensor.name.replace(".", "_"), value)
            self.block.values[tensor.name] = value
        self.inputs = [value for value in graph.input if value.name not in self.block.values]
        self.input_names = [value.name for value in self.inputs]
        self.calls: Calls | None = None

    def examples(self) -> list[Tensor]:
        """Inputs of the shapes that the file says, a batch of one; none if it leaves other lengths open."""
        result = []
        for value in self.inputs:
            kind = value.type.tensor_type
            lengths = [axis.dim_value for axis in kind.shape.dim]
            _check_lengths(value.name, lengths)
            if 0 in lengths[1:] or not kind.HasField("shape"):
                return []
            dtype = TYPES.get(kind.elem_type, torch.float32)
            result.append(torch.empty([length or 1 for length in lengths], dtype=dtype, device="meta"))
        return result

    def follow(self, calls: Calls) -> None:
        """Tell these calls which node runs."""
        self.calls = calls

    def forward(self, *inputs: Tensor, **named: Tensor) -> tuple[Tensor | None, ...]:
        """Every node in turn."""
        given = {**dict(zip(self.input_names, inputs, strict=False)), **named}
        if len(inputs) > len(self.inputs) or set(given) != set(self.input_names):
            raise NetworkError(
                f"the file takes {', '.join(self.input_names)}; got {', '.join(given) or 'nothing'}"
                f"{' and more' * (len(inputs) > len(self.inputs))}"
            )
        for name, tensor in given.items():
            self.declared.learn(name, tensor)
        return self.block.run(given, self)


class _Block:
    """Nodes in their order: a graph, or the branch of an If."""

    def __init__(self, graph: Any, versions: Any) -> None:
        arrays = import_module("onnx.numpy_helper")
        self.versions = versions
        named = zip(graph.node, _names(graph), strict=True)
        self.nodes = [_Node(node, name, versions, arrays) for node, name in named]
        self.results = [value.name for value in graph.output]
        self.values: dict[str, Tensor | None] = {
            tensor.name: torch.from_numpy(arrays.to_array(tensor).copy()) for tensor in graph.initializer
        }

    def run(self, given: Values, graph: OnnxGraph) -> tuple[Tensor | None, ...]:
        """Its results, beside the values that are known around it."""
        values = {**self.values, **given, "": None}
        for node in self.nodes:
            values.update(zip(node.outputs, node.run(values, graph), strict=True))
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
    fractions = {one.name for one in graph.initializer if one.data_type in FRACTIONS and one.dims}
    made_of = {tensor.name: {tensor.name} for tensor in graph.initializer}
    weighted: set[str] = set()
    for node in graph.node:
        taken = node.input[:4] if node.op_type in ORDERS else node.input  # behind them stand states
        sources = {source for name in taken for source in made_of.get(name, ())}
        if node.op_type in WEIGHTED:
            weighted |= sources
        prepares = all(name in made_of for name in node.input)
        if prepares and "Linear" not in node.op_type:  # whose scales are none
            made_of.update(dict.fromkeys(node.output, sources))
    quantised = {
        node.input[place]
        for node in graph.node
        for place in WHOLE_WEIGHTS.get(node.op_type, ())
        if place < len(node.input)
    }
    return weighted & fractions | quantised


class _Node:
    """One node with its attributes read."""

    def __init__(self, node: Any, name: str, versions: Any, arrays: Any) -> None:
        self.node, self.versions = node, versions
        self.type = str(node.op_type)
        self.inputs, self.outputs = list(node.input), list(node.output)
        self.name = name
        helper = import_module("onnx.helper")
        read = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        self.attributes: Mapping[str, Any] = {name: _plain(value, arrays) for name, value in read.items()}
        said = [self.attributes.get(each) for each in _INPUTS_SINCE.get(self.type, ())]
        self.earlier = [one if one is None else torch.tensor(one) for one in said]
        graphs = {name: value for name, value in read.items() if name.endswith("_branch")}
        self.branches = {name: _Block(graph, versions) for name, graph in graphs.items()}

    def run(self, values: Values, graph: OnnxGraph) -> Sequence[Tensor | None]:
        """The results of the node."""
        inputs = [values[name] for name in self.inputs]
        if self.branches and inputs[0] is not None and not inputs[0].is_meta:
            return self.branches["then_branch" if bool(inputs[0]) else "else_branch"].run(values, graph)
        if graph.calls is None:
            return self._results(inputs, graph)
        tape = graph.calls.tape
        if not tape.depends([one for one in inputs if one is not None]):
            tape.call = 0  # it makes shapes, or prepares weights
            return self._results(inputs, graph)
        number = tape.call = graph.calls.tell(self.name, f"torch.nn.modules.onnx.{self.type}", 0, 1)
        results = self._results(inputs, graph)
        graph.calls.end(number, tuple(results))
        return results

    def _results(self, inputs: Sequence[Any], graph: OnnxGraph) -> list[Tensor | None]:
        """By PyTorch's operation, or where it has none as one of which nothing is known but shapes."""
        function = NODES.get(self.type) if self.node.domain in ("", "ai.onnx") else None
        try:
            if function is None:
                raise UnknownNodeError
            found = function(self.attributes, *inputs, *self.earlier[len(inputs) - 1 :])
            given = list(found) if isinstance(found, (tuple, list)) else [found]
            return self._named(given)
        except (UnknownNodeError, TypeError, KeyError, IndexError):
            if graph.calls is None:
                raise NetworkError(f"the ONNX operation {self.type} cannot be run here") from None
            known = {name: one for name, one in zip(self.inputs, inputs, strict=True) if one is not None}
            return outcome(self.node, self.versions, known, graph.declared, graph.calls.tape)

    def _named(self, given: list[Tensor | None]) -> list[Tensor | None]:
        """One result for each name. Raises UnknownNodeError where more are wanted than there are."""
        if any(self.outputs[len(given) :]):
            raise UnknownNodeError
        return [*given, *[None] * len(self.outputs)][: len(self.outputs)]


def _names(graph: Any) -> list[str]:
    """The nodes' own names without the slashes that exporters write, or those of their results.

    Where several have one name, the second is name_2.
    """
    counts: Counter[str] = Counter()
    names = []
    for node in graph.node:
        name = str(node.name or node.output[0]).strip("/").replace("/", ".")
        counts[name] += 1
        names.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return names


def _plain(value: Any, arrays: Any) -> Any:
    """An attribute as Python has it."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "raw_data"):
        return torch.from_numpy(arrays.to_array(value).copy())
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        return [_plain(one, arrays) for one in value]
    return value
