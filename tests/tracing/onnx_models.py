"""Small ONNX models, made node by node."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
FLOAT = onnx.TensorProto.FLOAT


def node(kind: str, inputs: str, outputs: str = "y", **attributes: Any) -> Any:
    """One node; names with spaces between."""
    return onnx.helper.make_node(kind, inputs.split(" "), outputs.split(" "), kind.lower(), **attributes)


def model_of(
    nodes: Sequence[Any],
    arrays: Mapping[str, Any],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str] | None] | None = None,
    **also: Any,
) -> Any:
    """A model of nodes on inputs of floats; outputs without a shape may be left open."""
    make = onnx.helper
    given = [make.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()]
    wanted = outputs or {name: None for name in nodes[-1].output if name}
    made = [make.make_tensor_value_info(name, FLOAT, shape) for name, shape in wanted.items()]
    held = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]
    versions = [make.make_opsetid("", 20), make.make_opsetid("mine", 1)]
    return make.make_model(make.make_graph(nodes, "g", given, made, held), opset_imports=versions, **also)


def saved(model: Any, folder: Path) -> Path:
    """A file of it."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path
