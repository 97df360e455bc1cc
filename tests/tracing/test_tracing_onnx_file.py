"""ONNX files are inspected whole, whatever operations they hold: unknown ones, functions, branches, int8."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import FLOAT, model_of, node, saved

from striate.errors import NetworkError
from striate.inspecting import inspect
from striate.tracing.files.onnx_unknown import GUESSED

onnx = pytest.importorskip("onnx")
W, V = np.ones((4, 3, 3, 3), np.float32), np.ones((5, 4, 3, 3), np.float32)
FIRST, SECOND = 4 * 27 * 36, 5 * 36 * 16
CONVS = node("Conv", "x w", "a"), node("Conv", "b v", "y")


def with_middle(middle: Any, folder: Path, **also: Any) -> Any:
    """Inspects two convolutions with a node between them, from a to b."""
    held = {"w": W, "v": V, **also.pop("held", {})}
    nodes = [CONVS[0], *(middle if isinstance(middle, list) else [middle]), CONVS[1]]
    return inspect(saved(model_of(nodes, held, {"x": (1, 3, 8, 8)}, **also), folder))


@pytest.mark.parametrize("domain", ["mine", ""])
def test_an_operation_of_somebody_s_own_is_a_row_of_unknown_cost(domain: str, tmp_path: Path) -> None:
    found = with_middle(node("Magic", "a", "b", domain=domain), tmp_path)
    assert [(row.name, row.kind, row.output_shape) for row in found.layers] == [
        ("conv", "conv2d", (1, 4, 6, 6)), ("magic", "Magic", (1, 4, 6, 6)), ("conv_2", "conv2d", (1, 5, 4, 4))
    ]  # fmt: skip
    macs = {"value": FIRST + SECOND, "status": "unknown", "because": "onnx.Magic"}
    assert found.totals.macs.to_json() == macs
    assert found.layer("magic").notes == (GUESSED,)
    field = found.layers[-1].receptive_field
    assert field is not None
    assert (field.status, field.because, field.clipped_size) == ("bound", "onnx.Magic", (8, 8))


def test_the_shape_that_the_file_says_is_taken(tmp_path: Path) -> None:
    model = model_of(
        [CONVS[0], node("Magic", "a", "b", domain="mine"), CONVS[1]],
        {"w": W, "v": V},
        {"x": ("N", 3, "H", "W")},
    )
    info = onnx.helper.make_tensor_value_info("b", FLOAT, ["N", 4, "W", 3])
    model.graph.value_info.append(info)
    found = inspect(saved(model, tmp_path), (3, 8, 9), batch=2)
    assert [row.output_shape for row in found.layers] == [(2, 4, 6, 7), (2, 4, 9, 3), (2, 5, 7, 1)]
    assert found.layer("magic").notes == ()


@pytest.mark.parametrize(("middle", "because"), [
    (node("LpPool", "a", "b", kernel_shape=[1, 1]), "onnx.LpPool"),
    (node("Hardmax", "a", "b"), "onnx.Hardmax"),
])  # fmt: skip
def test_a_standard_operation_that_torch_has_not_has_the_shape_that_onnx_infers(
    middle: Any, because: str, tmp_path: Path
) -> None:
    found = with_middle(middle, tmp_path)
    assert found.layers[1].output_shape == (1, 4, 6, 6)
    assert (found.totals.macs.value, found.totals.macs.reason) == (FIRST + SECOND, because)
    assert found.layers[1].notes == ()


def test_numbers_that_do_not_depend_on_the_input_are_worked_out(tmp_path: Path) -> None:
    nodes = [
        node("Trilu", "zero2", "z"), node("ReduceSum", "z", "n", keepdims=0),
        node("Unsqueeze", "n axis", "shape"),
        node("Concat", "head shape", "s", axis=0), node("Reshape", "a s", "r"),
        node("Reshape", "r back", "b"),
    ]  # fmt: skip
    held = {
        "zero2": np.array([[6, 5], [99, 25]]), "axis": np.array([0]), "head": np.array([1, 4]),
        "back": np.array([1, 4, 6, 6]),
    }  # fmt: skip
    found = with_middle(nodes, tmp_path, held=held)
    assert [row.output_shape for row in found.layers if row.kind == "reshape"] == [(1, 4, 36), (1, 4, 6, 6)]
    assert found.totals.macs.to_json() == {"value": FIRST + SECOND, "status": "exact"}


def test_a_branch_that_is_taken_is_part_of_the_network(tmp_path: Path) -> None:
    make = onnx.helper
    out = [make.make_empty_tensor_value_info("o")]
    yes = make.make_graph([node("Relu", "a", "o")], "yes", [], out)
    no = make.make_graph([node("Magic", "a", "o", domain="mine")], "no", [], out)
    choose = make.make_node("If", ["c"], ["b"], "if", then_branch=yes, else_branch=no)
    found = with_middle(choose, tmp_path, held={"c": np.array(True)})
    assert [row.kind for row in found.layers] == ["conv2d", "relu", "conv2d"]
    assert found.totals.macs.status.word == "exact"


def test_functions_of_a_file_are_written_out(tmp_path: Path) -> None:
    make = onnx.helper
    versions = [make.make_opsetid("", 20)]
    twice = make.make_function(
        "mine", "Twice", ["p"], ["q"], [node("Add", "p p", "s"), node("Relu", "s", "q")], versions
    )
    found = with_middle(node("Twice", "a", "b", domain="mine"), tmp_path, functions=[twice])
    assert [row.kind for row in found.layers] == ["conv2d", "add", "relu", "conv2d"]


def test_functions_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    make = onnx.helper
    versions = [make.make_opsetid("", 20), make.make_opsetid("mine", 1)]
    grown = [make.make_function("mine", "F0", ["p"], ["q"], [node("Relu", "p", "q")], versions)]
    for depth in range(1, 40):
        inner = [
            node(f"F{depth - 1}", "p", "s", domain="mine"),
            node(f"F{depth - 1}", "s", "q", domain="mine"),
        ]
        grown.append(make.make_function("mine", f"F{depth}", ["p"], ["q"], inner, versions))
    with pytest.raises(NetworkError) as caught:
        with_middle(node("F39", "a", "b", domain="mine"), tmp_path, functions=grown)
    assert str(caught.value) == "the functions of the file come to more than 1,048,576 nodes"


def test_int8_weights_are_parameters_of_a_byte_each(tmp_path: Path) -> None:
    held = {
        "wq": W.astype(np.int8), "ws": np.ones(4, np.float32), "wz": np.zeros(4, np.int8),
        "s": np.float32(0.1), "z": np.uint8(3), "bias": np.ones(4, np.float32),
    }  # fmt: skip
    nodes = [
        node("QuantizeLinear", "x s z", "xq"), node("DequantizeLinear", "xq s z", "xd"),
        node("DequantizeLinear", "wq ws wz", "wd", axis=0), node("Conv", "xd wd bias", "y"),
    ]  # fmt: skip
    found = inspect(saved(model_of(nodes, held, {"x": (1, 3, 8, 8)}), tmp_path))
    conv = found.layer("conv")
    assert (conv.formula, conv.parameter_bytes) == ("(3·3·3 + 1)·4 = 112", 108 + 16)
    assert found.totals.macs.to_json() == {"value": FIRST, "status": "exact"}
    assert [row.name for row in found.layers] == ["quantizelinear", "dequantizelinear", "conv"]
    assert conv.receptive_field is not None
    assert (conv.receptive_field.size, conv.receptive_field.status) == ((3, 3), "exact")


def test_inputs_of_a_file_have_names(tmp_path: Path) -> None:
    path = saved(model_of([node("Add", "x b", "y")], {}, {"x": (1, 3), "b": (1, 3)}), tmp_path)
    assert inspect(path, {"b": (3,), "x": (3,)}).title == "model.onnx on b 1×3, x 1×3"
    with pytest.raises(NetworkError) as caught:
        inspect(path, {"b": (3,), "c": (3,)})
    assert str(caught.value) == (
        "the network (OnnxGraph) received 1×3 and 1×3: the file takes x, b; got b, c"
    )


def test_an_operation_without_torch_is_measured_by_the_reference(tmp_path: Path) -> None:
    model = model_of([node("Hardmax", "x", "y")], {}, {"x": (1, 3)})
    found = inspect(saved(model, tmp_path), measure=True)
    assert found.totals.seconds is not None
    with pytest.raises(NetworkError) as caught:
        inspect(
            saved(model_of([node("Magic", "x", "y", domain="mine")], {}, {"x": (1, 3)}), tmp_path),
            measure=True,
        )
    assert str(caught.value) == (
        "the network (OnnxGraph) received 1×3: the ONNX operation Magic cannot be run here, only inspected"
    )


def test_weights_behind_what_prepares_them_count_and_numbers_alone_do_not(tmp_path: Path) -> None:
    held = {"w": np.ones((3, 4), np.float32), "p": np.ones(3, np.float32), "s": np.float32(0.5)}
    nodes = [
        node("Exp", "p", "e"), node("Mul", "x e", "m"), node("Mul", "m s", "n"),
        node("Einsum", "n w", equation="nc,cd->nd"),
    ]  # fmt: skip
    found = inspect(saved(model_of(nodes, held, {"x": (2, 3)}), tmp_path))
    assert found.totals.parameters.value == 12 + 3


def test_a_node_with_more_inputs_than_it_takes_is_a_row_of_unknown_cost(tmp_path: Path) -> None:
    model = model_of([node("Relu", "x", "r"), node("Flatten", "r r")], {}, {"x": (2, 3)}, {"y": (2, 3)})
    found = inspect(saved(model, tmp_path))
    assert [(row.kind, row.macs.status.word) for row in found.layers] == [
        ("relu", "exact"),
        ("Flatten", "unknown"),
    ]
