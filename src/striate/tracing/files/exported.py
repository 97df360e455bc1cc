"""A `torch.export` archive, run node by node so that every operation tells which layer it came from."""

from operator import getitem
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from striate.errors import NetworkError
from striate.tracing.arguments import Inputs
from striate.tracing.calls import Calls
from striate.tracing.files import archive
from striate.tracing.trace import Follow


def read(path: Path) -> tuple[nn.Module, Inputs, Follow]:
    """The network of a `.pt2` file, an example of its inputs, and how to tell its layers."""
    try:
        archive.check(path)
        with archive.weights_only():
            program = torch.export.load(str(path))
        graph = program.module(check_guards=False)
    except NetworkError:
        raise
    except Exception as error:  # damaged bytes can break the reader in any way
        reason = _reason(error)
        raise NetworkError(f"{path} is not an archive of torch.export that can be read: {reason}") from error
    runner = ExportedGraph(graph)
    args, kwargs = program.example_inputs or ((), {})
    return runner, Inputs(tuple(args), kwargs), runner.follow


def _reason(error: Exception) -> str:
    """The first line of what an error says, but for advice that nobody should follow here."""
    if isinstance(error, UnpicklingError):
        return "it holds something that is no tensor or plain value"
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return "its content is none that torch.export writes" if "warnings above" in first else first


class ExportedGraph(nn.Module):
    """Runs a graph; before each node the calls learn where in the exported network it stood."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__()
        self.graph_module = graph
        self.calls: list[Calls] = []

    def follow(self, calls: Calls) -> None:
        """Tell these calls."""
        self.calls[:] = [calls]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """As the exported network."""
        flat = tree_leaves((args, kwargs))
        taken = sum(node.op == "placeholder" for node in self.graph_module.graph.nodes)
        if len(flat) != taken:
            raise NetworkError(f"inputs of the exported network: {taken}; got {len(flat)}")
        run = _Interpreter(self.graph_module, self.calls[0] if self.calls else None).run
        return run(*flat, enable_io_processing=False)


class _Interpreter(fx.Interpreter):
    """An interpreter that says which module's node it runs."""

    def __init__(self, graph: fx.GraphModule, calls: Calls | None) -> None:
        super().__init__(graph)
        self.calls = calls
        self.numbers: dict[str, int] = {}

    def run_node(self, n: fx.Node) -> Any:
        """One node, in its module's call."""
        if self.calls is not None and n.op == "call_function":
            self.calls.tape.call = self._call(n)
        result = super().run_node(n)
        further = n.target is getitem and n.args[1] != 0  # a state beside the output
        if self.calls is not None and n.op == "call_function" and isinstance(result, Tensor) and not further:
            self.calls.end(self.calls.tape.call, result)
        return result

    def _call(self, node: fx.Node) -> int:
        """The number of the innermost module call that the node was exported from."""
        assert self.calls is not None
        stack = list((node.meta.get("nn_module_stack") or {}).items())
        parent = 0
        for depth, (key, (path, kind)) in enumerate(stack):
            if not path:
                continue
            if key not in self.numbers:
                name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
                self.numbers[key] = self.calls.tell(path, name, parent, depth + 1)
            parent = self.numbers[key]
        return parent
