"""A module → an ONNX model, by the exporter of PyTorch, without what it tells of this machine."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import MissingExtraError, NetworkError
from striate.evaluating.exported import first_line
from striate.runs import BLANK, KEY, seal

MOST = 1 << 16
"""Inputs at once, at most."""
SCOPES = "pkg.torch.onnx.name_scopes"
NEEDED = ("onnx", "onnxscript", "onnxruntime")


def check_extra() -> None:
    """Raises MissingExtraError where one of the packages is not installed."""
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError:
            raise MissingExtraError("export", "exporting a network") from None


def to_onnx(
    module: nn.Module, inputs: Sequence[Tensor], input_names: Sequence[str], output_names: Sequence[str]
) -> Any:
    """The ONNX model of a module, for any number of inputs at once.

    Args:
        module: takes the inputs, one after the other.
        inputs: an example of each, two at once, as the first axis of all is the free one.
        input_names: one for each.
        output_names: of what the module gives.

    Raises:
        NetworkError: the exporter knows no way to write it.
    """
    many = torch.export.Dim("N", min=1, max=MOST)
    try:
        with quiet(), torch.no_grad():
            program = torch.onnx.export(
                module,
                tuple(inputs),
                dynamo=True,
                dynamic_shapes=tuple({0: many} for _ in inputs),
                input_names=input_names,
                output_names=output_names,
                verbose=False,
            )
    except Exception as problem:  # what the exporter cannot write fails in any of its parts
        raise NetworkError(
            f"PyTorch's exporter cannot write this network as ONNX: {first_line(problem)}"
        ) from problem
    assert program is not None
    model = program.model_proto
    _rename(model.graph)
    return model


def save(model: Any, path: Path, texts: Mapping[str, str]) -> None:
    """Writes a model with these texts as its metadata, and a checksum over all of it.

    Args:
        model: of `to_onnx`.
        path: of the file.
        texts: what the file says of itself.
    """
    del model.metadata_props[:]
    for name, text in (*texts.items(), (KEY, BLANK.decode())):  # the seal is the last thing in the file
        model.metadata_props.add(key=name, value=text)
    path.write_bytes(model.SerializeToString())
    seal(path)


def load(path: Path) -> Any:
    """The model in a file."""
    return import_module("onnx").load(str(path))


def _rename(graph: Any) -> None:
    """Nodes are called after the layers that they come from; paths of this machine go."""
    taken: dict[str, int] = {}
    weights = {one.name for one in graph.initializer if one.name.endswith(".weight")}
    for node in graph.node:
        scopes = {one.key: one.value for one in node.metadata_props}.get(SCOPES, "")
        own = next((name.removesuffix(".weight") for name in node.input if name in weights), "")
        name = (own or _scope(scopes)).removeprefix("network.") or node.name
        taken[name] = taken.get(name, 0) + 1
        node.name = name if taken[name] == 1 else f"{name}/{node.op_type.lower()}_{taken[name]}"
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.value_info, *graph.initializer, *graph.input, *graph.output):
        del value.metadata_props[:]


def _scope(scopes: str) -> str:
    """The last layer in the exporter's list of scopes, a Python list as a text; nothing of its own making.

    >>> _scope("['', '1.conv1', 'conv2d']"), _scope("['', '_empty_nn_module_stack', 'val_2']")
    ('1.conv1', '')
    """
    parts = [part.strip(" '\"") for part in scopes.strip("[]").split(",")]
    return parts[-2] if len(parts) > 1 and not parts[-2].startswith("_empty_") else ""


@contextmanager
def quiet() -> Iterator[None]:
    """Without the exporter's remarks on itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
