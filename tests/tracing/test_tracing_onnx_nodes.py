"""Every ONNX operation that is known here gives what ONNX's own reference gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx_models import model_of, node, saved

from striate.tracing import trace
from striate.tracing.files import read_onnx
from striate.tracing.files.onnx_nodes import NODES

onnx = pytest.importorskip("onnx")
reference = pytest.importorskip("onnx.reference")
DRAW = np.random.default_rng(0)


def floats(*shape: int) -> Any:
    return DRAW.normal(size=shape).astype(np.float32)


def whole(*numbers: int) -> Any:
    return np.array(numbers, np.int64)


X, W, ONE = floats(2, 4, 6, 5), floats(4, 4, 3, 3), np.float32(0.1)
BYTES, ZERO, SIGNED = (X * 20 + 100).astype(np.uint8), np.uint8(99), (W * 40).astype(np.int8)
Case = tuple[list[Any], dict[str, Any]]
NEW = "Mish HardSwish Softplus Softsign Celu Elu Selu Shrink ThresholdedRelu LeakyRelu"
PAIRS = "Add Sub Mul Div Pow Min Max Sum Mean Equal Greater Less GreaterOrEqual LessOrEqual"
MORE = (
    "Abs Neg Floor Ceil Round Sign Sin Cos Tan Atan Sinh Cosh Asinh Exp Reciprocal Sigmoid Tanh Erf Relu "
    "IsNaN Identity Softmax LogSoftmax HardSigmoid"
)
BELOW_ONE = "Log Sqrt Asin Acos Atanh"
REDUCE = "Mean Sum Max Min Prod L1 L2 LogSumExp SumSquare"
CASES: dict[str, list[Case]] = {
    **{kind: [([X], {})] for kind in f"{NEW} {MORE}".split()},
    **{kind: [([np.abs(X) / 4], {})] for kind in BELOW_ONE.split()},
    "Acosh": [([np.abs(X) + 1.5], {})],
    **{kind: [([np.abs(X), floats(4, 1, 5)], {})] for kind in PAIRS.split()},
    **{kind: [([X > 0, X < 1], {})] for kind in ("And", "Or", "Xor")},
    "Not": [([X > 0], {})],
    "Mod": [([whole(7, -7, 5), whole(3, 3, -3)], {}), ([X, X[::-1] + 9], {"fmod": 1})],
    "Conv": [
        ([X, W], {"pads": [1, 0, 2, 1], "strides": [2, 1]}),
        ([X, W, floats(4)], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
        ([X, W[:, :2]], {"group": 2, "dilations": [2, 1]}),
    ],
    "ConvTranspose": [
        ([X, W], {"pads": [1, 0, 2, 1], "strides": [2, 2]}),
        ([X, W], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ([X, W], {"output_shape": [14, 12], "strides": [2, 2]}),
    ],
    "MaxPool": [([X], {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1]}),
                ([X], {"kernel_shape": [2, 2], "ceil_mode": 1})],
    "AveragePool": [([X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]})],
    "GlobalAveragePool": [([X], {})],
    "GlobalMaxPool": [([X], {})],
    "BatchNormalization": [([X, floats(4), floats(4), floats(4), np.abs(floats(4))], {"epsilon": 0.1})],
    "InstanceNormalization": [([X, floats(4), floats(4)], {"epsilon": 0.1})],
    "LayerNormalization": [([X, floats(6, 5), floats(6, 5)], {"axis": -2})],
    "LRN": [([X], {"size": 3})],
    "Gemm": [([floats(3, 4), floats(5, 4), floats(5)], {"transB": 1, "alpha": 0.5, "beta": 2.0})],
    "MatMul": [([X, floats(5, 3)], {})],
    "Einsum": [([X, floats(4, 3)], {"equation": "nchw,ck->nk"})],
    "PRelu": [([X, floats(4, 1, 1)], {})],
    "Gelu": [([X], {}), ([X], {"approximate": "tanh"})],
    "Clip": [([X, np.float32(-1), np.float32(0.5)], {}), ([X], {})],
    "Where": [([X > 0, X, floats(5)], {})],
    "Concat": [([X, X], {"axis": 1})],
    "Slice": [([X, whole(4, 1), whole(-9, 4), whole(3, 2), whole(-2, 1)], {})],
    "Pad": [([X, whole(0, 0, 1, 2, 0, 0, 0, 1)], {}),
            ([X, whole(1, 1, 2, 0), np.float32(3), whole(2, 3)], {}),
            ([X, whole(0, 0, 1, 2, 0, 0, 0, 1)], {"mode": "reflect"}),
            ([X, whole(0, 0, 1, 2, 0, 0, 0, 1)], {"mode": "wrap"})],
    "Col2Im": [([floats(1, 8, 9), whole(4, 4), whole(2, 2)], {})],
    "AffineGrid": [([floats(2, 2, 3), whole(2, 1, 4, 3)], {})],
    "Reshape": [([X, whole(0, -1)], {})],
    "Flatten": [([X], {}), ([X], {"axis": -1}), ([X], {"axis": 0})],
    "Transpose": [([X], {"perm": [1, 0, 3, 2]}), ([floats(2, 3)], {})],
    "Squeeze": [([X[:1], whole(0)], {})],
    "Unsqueeze": [([X, whole(0, 2)], {}), ([X, np.int64(1)], {})],
    "Expand": [([floats(4, 1, 1), whole(2, 4, 1, 5)], {})],
    "Tile": [([X, whole(1, 2, 1, 3)], {})],
    "Gather": [([X, whole(1, -1)], {"axis": 2}),
               ([X, np.array([[0, 1], [3, 3]])], {"axis": 1}), ([X, np.int64(-1)], {"axis": 3})],
    "GatherElements": [([X, np.zeros((2, 4, 1, 5), np.int64)], {"axis": 2})],
    "Resize": [
        ([X, np.array([], np.float32), np.array([1, 1, 2, 2], np.float32)], {}),
        ([X, np.array([], np.float32), np.array([1, 1, 1.5, 2.6], np.float32)], {"nearest_mode": "ceil"}),
        ([X, np.array([], np.float32), np.array([1, 1, 2, 3], np.float32)], {"mode": "linear"}),
        ([X, np.array([], np.float32), np.array([], np.float32), whole(2, 4, 9, 7)],
         {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
    ],
    "DepthToSpace": [([X], {"blocksize": 2}), ([X], {"blocksize": 2, "mode": "CRD"})],
    "SpaceToDepth": [([X[:, :, :, :4]], {"blocksize": 2})],
    **{f"Reduce{kind}": [([X, whole(1, 3)], {}), ([X], {"keepdims": 0})] for kind in REDUCE.split()},
    "Shape": [([X], {"start": 1})],
    "Size": [([X], {})],
    "ConstantOfShape": [([whole(2, 3)], {})],
    "Cast": [([X], {"to": 7})],
    "CastLike": [([X, whole(1)], {})],
    "Range": [([np.float32(1), np.float32(9), np.float32(2.5)], {})],
    "ArgMax": [([X], {"axis": 2})],
    "ArgMin": [([X], {"axis": 1, "keepdims": 0})],
    "GridSample": [([X, floats(2, 3, 3, 2) / 3], {"align_corners": 1})],
    "QuantizeLinear": [([X, ONE, ZERO], {}), ([X, np.abs(floats(4)), np.zeros(4, np.int8)], {"axis": 1})],
    "DequantizeLinear": [([BYTES, ONE, ZERO], {}),
                         ([SIGNED, np.abs(floats(4)), np.ones(4, np.int8)], {"axis": 0})],
    "DynamicQuantizeLinear": [([X], {})],
    "ConvInteger": [([BYTES, SIGNED, ZERO], {"pads": [1, 1, 1, 1]})],
    "MatMulInteger": [([BYTES, SIGNED.reshape(-1)[:15].reshape(5, 3), ZERO], {})],
    "QLinearConv": [([BYTES, ONE, ZERO, SIGNED, ONE / 9, np.int8(0), ONE * 30, ZERO], {})],
    "QLinearMatMul": [([BYTES, ONE, ZERO, BYTES[0, 0, :5, :3], ONE / 9, ZERO, ONE * 99, ZERO], {})],
}  # fmt: skip
ELSEWHERE = {
    "LSTM", "GRU", "RNN",  # test_tracing_onnx_recurrent.py
    "Constant", "Dropout", "GroupNormalization", "RMSNormalization", "Split", "Swish", "TopK", "Upsample",
}  # fmt: skip
OUTPUTS = {"DynamicQuantizeLinear": "y s z"}


def test_every_operation_has_a_case() -> None:
    assert set(CASES) | ELSEWHERE == set(NODES)


def expected_of(kind: str, model: Any, x: Any) -> list[Any]:
    """By ONNX's reference, or where that is wrong (onnx 1.23) or slow by its runtime."""
    if kind not in ("MaxPool", "LRN", "Celu", "HardSwish"):
        return list(reference.ReferenceEvaluator(model).run(None, {"i0": x}))
    model.ir_version = 10
    runtime = pytest.importorskip("onnxruntime").InferenceSession(model.SerializeToString())
    return list(runtime.run(None, {"i0": x}))


@pytest.mark.parametrize("kind", CASES)
def test_an_operation_gives_what_the_reference_gives(kind: str, tmp_path: Path) -> None:
    for inputs, attributes in CASES[kind]:
        names = [f"i{place}" if np.size(value) or place == 0 else "" for place, value in enumerate(inputs)]
        held = {name: value for name, value in zip(names, inputs, strict=True) if name}
        one = node(kind, " ".join(names), OUTPUTS.get(kind, "y"), **attributes)
        constants = {name: value for name, value in held.items() if name != "i0"}
        model = model_of([one], constants, {"i0": inputs[0].shape})
        model.graph.input[0].type.tensor_type.elem_type = onnx.helper.np_dtype_to_tensor_dtype(
            inputs[0].dtype
        )
        network, _, follow = read_onnx(saved(model, tmp_path))
        expected = expected_of(kind, model, inputs[0])
        x = torch.from_numpy(np.asarray(inputs[0]))
        with torch.no_grad():
            results = network(x)
        for result, wanted in zip(results, expected, strict=True):
            assert tuple(result.shape) == np.shape(wanted), attributes
            np.testing.assert_allclose(result.numpy(), wanted, 1e-4, 1e-5)
        if kind != "ConstantOfShape" and kind != "Range":  # whose shapes are values
            recording = trace(network, [x], follow=follow)
            assert [recording.tensors[n].shape for n in recording.outputs] == [np.shape(w) for w in expected]


def split(sizes: Any) -> Any:
    return [
        node(
            "Split",
            "x" if sizes is None else "x sizes",
            "a b",
            axis=1,
            **({"num_outputs": 2} if sizes is None else {}),
        )
    ]


@pytest.mark.parametrize("sizes", [None, whole(3, 1)])
def test_a_split_into_two(sizes: Any, tmp_path: Path) -> None:
    how = {"num_outputs": 2} if sizes is None else {}
    one = node("Split", "x" if sizes is None else "x sizes", "a b", axis=1, **how)
    model = model_of([one], {} if sizes is None else {"sizes": sizes}, {"x": X.shape})
    network, _, _ = read_onnx(saved(model, tmp_path))
    for result, wanted in zip(
        network(torch.from_numpy(X)), np.split(X, [2 if sizes is None else 3], 1), strict=True
    ):
        assert np.array_equal(result.numpy(), wanted)


def test_the_largest_and_where_they_are(tmp_path: Path) -> None:
    model = model_of([node("TopK", "x k", "v i", axis=1)], {"k": whole(2)}, {"x": X.shape})
    values, places = read_onnx(saved(model, tmp_path))[0](torch.from_numpy(X))
    assert np.array_equal(places.numpy(), np.argsort(-X, 1)[:, :2])
    assert np.array_equal(values.numpy(), -np.sort(-X, 1)[:, :2])


EARLIER: dict[str, tuple[dict[str, Any], Any]] = {
    "Slice": ({"starts": [1, 0], "ends": [3, -1], "axes": [2, 3]}, X[:, :, 1:3, :-1]),
    "Pad": ({"pads": [0, 0, 1, 0, 0, 0, 0, 2], "value": 3.0},
            np.pad(X, ((0, 0), (0, 0), (1, 0), (0, 2)), constant_values=3)),
    "Clip": ({"min": -1.0, "max": 0.5}, np.clip(X, -1, 0.5)),
    "Reshape": ({"shape": [2, -1]}, X.reshape(2, -1)),
    "Tile": ({"repeats": [1, 2, 1, 1]}, np.tile(X, (1, 2, 1, 1))),
    "Upsample": ({"scales": [1.0, 1.0, 2.0, 1.0], "mode": "nearest"}, X.repeat(2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("kind", EARLIER)
def test_what_is_an_input_now_and_was_an_attribute(kind: str, tmp_path: Path) -> None:
    attributes, wanted = EARLIER[kind]
    model = model_of([node(kind, "x", **attributes)], {}, {"x": X.shape})
    (result,) = read_onnx(saved(model, tmp_path))[0](torch.from_numpy(X))
    np.testing.assert_allclose(result.numpy(), wanted)
