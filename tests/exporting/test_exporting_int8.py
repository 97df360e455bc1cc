"""What is brought to 8 bits: convolutions, linear layers, and what stands between convolutions."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from striate.exporting.int8 import write_int8

CONVOLUTION = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two convolutions with a sum and a cut-off between, then a sum and a division that none follows."""
    draw = np.random.default_rng(0)
    arrays = {"a": draw.normal(size=(4, 3, 3, 3)), "b": draw.normal(size=(2, 4, 3, 3)), "two": np.array(2.0)}
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["one"], "first", **CONVOLUTION),
        helper.make_node("Add", ["one", "one"], ["sum"], "between"),
        helper.make_node("Relu", ["sum"], ["cut"], "cut"),
        helper.make_node("Conv", ["cut", "b"], ["maps"], "second", **CONVOLUTION),
        helper.make_node("Add", ["maps", "state"], ["total"], "counter"),
        helper.make_node("Div", ["total", "two"], ["y"], "readout"),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 6, 6]),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, ["N", 2, 6, 6]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, 6, 6])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )
    folder = tmp_path_factory.mktemp("int8")
    fp32, int8 = folder / "fp32.onnx", folder / "int8.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    fp32.write_bytes(model.SerializeToString())
    write_int8(fp32, int8, [feed(number) for number in range(4)])
    return fp32, int8


def feed(seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    x, state = draw.normal(size=(2, 3, 6, 6)), 1000 * draw.random((2, 2, 6, 6))
    return {"x": x.astype(np.float32), "state": state.astype(np.float32)}


def test_weights_have_7_bits_and_each_filter_a_scale(files: tuple[Path, Path]) -> None:
    held = {one.name: numpy_helper.to_array(one) for one in onnx.load(str(files[1])).graph.initializer}
    weights = [one for one in held.values() if one.dtype == np.int8 and one.ndim == 4]
    assert len(weights) == 2
    for one in weights:
        assert np.abs(one.reshape(len(one), -1).astype(int)).max(axis=1).tolist() == [64] * len(one)
    scales = [len(one) for name, one in held.items() if name.endswith("_scale") and one.ndim]
    assert sorted(scales) == [2, 4]


def test_what_stands_between_convolutions_is_in_8_bits_and_counters_are_not(files: tuple[Path, Path]) -> None:
    graph = onnx.load(str(files[1])).graph
    makers = {name: node.op_type for node in graph.node for name in node.output}
    nodes = {node.name: node for node in graph.node}
    assert "cut" not in nodes  # what is below 0 has no place in its 8 bits
    for name in ("first", "between", "second"):
        assert makers[nodes[name].input[0]] == "DequantizeLinear", name
    assert nodes["counter"].input[1] == "state"
    assert makers[nodes["readout"].input[0]] == "Add"


def test_it_says_nearly_the_same(files: tuple[Path, Path]) -> None:
    """A state of hundreds is as exact as before: in 8 bits it would be several units off."""
    fp32, int8 = (onnxruntime.InferenceSession(str(one)).run(None, feed(3))[0] for one in files)
    own = fp32 - feed(3)["state"] / 2
    assert np.abs(int8 - fp32).max() < 0.05 * np.abs(own).max()
