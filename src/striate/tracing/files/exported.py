"""A `torch.export` archive, run node by node so that every operation tells which layer it came from.

Loading one can run code in four ways, all refused here: `torch.export.load` evaluates symbolic sizes as
Python expressions, looks up functions by name, unpickles objects among the constants, and falls back to
unpickling what `weights_only` refuses.
"""

import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from operator import getitem
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves

from striate.errors import ArgumentError, NetworkError
from striate.models.weight_files import check_archive
from striate.runs.json_files import parse_json
from striate.tracing.arguments import Inputs
from striate.tracing.calls import Calls
from striate.tracing.trace import Follow

_WORDS = re.compile(r"[A-Za-z_]\w*")
_SIZES = re.compile(r"[\w\s+\-*/().,=<>'\"]*")
_SIZE_WORDS = {
    "Symbol", "Integer", "Rational", "Add", "Mul", "Pow", "Max", "Min", "Mod", "PythonMod", "FloorDiv",
    "CeilDiv", "CleanDiv", "Eq", "Ne", "Lt", "Le", "Gt", "Ge", "And", "Or", "Not", "positive", "integer",
    "nonnegative", "True", "False",
}  # fmt: skip
_SYMBOL = re.compile(r"[suzf]\d+")
_TARGET = re.compile(
    r"(torch\.ops\.[\w.]+|torch\.sym_\w+|math\.\w+"
    r"|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|pow|neg|eq|ne|lt|le|gt|ge|and_|or_|not_))"
)


def check(path: Path) -> None:
    """Raises NetworkError for an archive that is more than data."""
    names, contents = _contents(path)
    if not any(name.endswith("/archive_format") for name in names):
        raise NetworkError(
            f"{path} is an archive of an older torch.export, which cannot be read safely: export it again"
        )
    for name, content in contents.items():
        for key, value in _entries(content):
            if not _is_data(key, value):
                raise NetworkError(
                    f"{path} could run code when it is loaded ({name}: {key} is {str(value)[:60]!r}): "
                    "it is not opened; export the network again from its source"
                )
    odd = [
        name for name in names if "aotinductor" in name or ("/constants/" in name and not _is_tensor(name))
    ]
    if odd:
        raise NetworkError(f"{path} holds more than tensors and a graph ({odd[0]}): it is not opened")


def _contents(path: Path) -> tuple[list[str], dict[str, Any]]:
    """The names in an archive that is whole, and the values of its JSON."""
    try:
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            texts = {name: archive.read(name) for name in names if name.endswith(".json")}
        return names, {name: parse_json(text, name) for name, text in texts.items()}
    except (ArgumentError, OSError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path} is not an archive of torch.export that can be read: {error}") from error


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    """All keys with their values, however deep."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key, value
            yield from _entries(value)
    elif isinstance(content, list):
        for value in content:
            yield from _entries(value)


def _is_data(key: str, value: Any) -> bool:
    if key == "expr_str":
        return isinstance(value, str) and _is_size(value)
    if key == "target" and isinstance(value, str):
        return _TARGET.fullmatch(value) is not None
    if key == "path_name":
        return isinstance(value, str) and value.startswith(("weight_", "tensor_")) and "/" not in value
    return True


def _is_size(text: str) -> bool:
    """Whether an expression is arithmetic of sizes and nothing else."""
    words = _WORDS.findall(text)
    return _SIZES.fullmatch(text) is not None and all(
        word in _SIZE_WORDS or _SYMBOL.fullmatch(word) for word in words
    )


def _is_tensor(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.startswith("tensor_") or last.endswith("_config.json")


@contextmanager
def weights_only() -> Iterator[None]:
    """`torch.load` reads tensors and plain values only, whatever it is asked for.

    The log of torch.export, which shows tracebacks, is silent: what cannot be read is an error of ours.
    """
    load, log = torch.load, logging.getLogger("torch.export")

    def careful(*arguments: Any, **options: Any) -> Any:
        return load(*arguments, **{**options, "weights_only": True})

    torch.load, log.disabled = careful, True
    try:
        yield
    finally:
        torch.load, log.disabled = load, False


def read(path: Path) -> tuple[nn.Module, Inputs, Follow]:
    """The network of a `.pt2` file, an example of its inputs, and how to tell its layers."""
    try:
        check(path)
        with weights_only():
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
