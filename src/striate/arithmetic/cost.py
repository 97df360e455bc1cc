"""Multiply-accumulates, floating-point operations and bytes of one described operation.

Conventions, the same everywhere:
- a MAC is one multiplication whose product is added to a sum. Convolutions, matrix products, attention and
  recurrent cells have them; products with zero padding count, and a bias is where the sum starts.
- a FLOP is one addition, multiplication, comparison or one value of a function (exp, tanh). A MAC is two.
- batch norm counts as at inference: one scale and one shift per element.
- an operation that is not known is unknown, never zero.

Of the backward pass: a product a·b has two gradients, each a product of the same size: δ·bᵀ for what stands
before, aᵀ·δ for what stands behind. Only those are taken that somebody wants: of parameters that learn, and
of what was computed from them. So the first layer of a network has one, and each further one two.
"""

from collections.abc import Mapping, Sequence
from math import log2, prod
from typing import Any

from striate.arithmetic.described import (
    UNCOMPUTED,
    ZERO,
    Figure,
    Operation,
    Recording,
    Role,
    Status,
    TensorInfo,
)
from striate.sizes import adaptive_windows

Infos = Sequence[TensorInfo]

PRODUCTS = frozenset({"convolution", "matmul", "attention", "recurrent"})
"""Kinds that have multiply-accumulates."""

NO_ARITHMETIC = frozenset(
    f"aten.{name}"
    for name in (
        "_coalesce", "_indices", "_jagged_to_padded_dense_forward", "_padded_dense_to_jagged_forward",
        "_local_scalar_dense", "_pack_padded_sequence", "_pad_packed_sequence",
        "_to_copy", "_to_dense", "_to_sparse", "_unique", "_unique2", "_unsafe_index", "_values",
        "as_strided", "bucketize", "clone", "contiguous", "detach", "diagonal", "embedding",
        "fractional_max_pool2d", "fractional_max_pool3d", "gather", "index", "index_copy", "index_fill",
        "index_put", "index_select", "isin", "kthvalue", "masked_scatter", "masked_select",
        "max_unpool2d", "max_unpool3d", "multinomial", "nonzero", "put", "repeat_interleave", "roll",
        "scatter", "searchsorted", "select", "select_scatter", "slice_scatter", "sort", "take",
        "to_padded_tensor", "topk", "tril", "triu", "unique_consecutive", "unique_dim", "view",
        "view_as_complex", "view_as_real",
    )
) | frozenset(
    f"onnx.{name}"
    for name in (
        "CenterCropPad", "Compress", "GatherND", "NonZero", "OneHot", "ReverseSequence", "Scatter",
        "ScatterElements", "ScatterND", "TensorScatter", "Unique",
    )
)  # fmt: skip
"""What moves elements in ways that have no kind of their own."""
SOFTMAX_FLOPS = 5  # maximum, difference, exponential, sum, quotient
NORM_FLOPS = 5  # mean, difference, square, sum, scale; two more where there are weights
CELL_FLOPS = {"lstm": 13, "gru": 10, "rnn_tanh": 2, "rnn_relu": 2}  # per unit and step, beside the products


def macs(operation: Operation, inputs: Infos, outputs: Infos) -> Figure:
    """Multiply-accumulates."""
    g = operation.geometry
    match operation.kind:
        case "convolution":
            return Figure(convolution_macs(inputs[0], inputs[1], outputs[0], bool(g["transposed"])))
        case "matmul":
            return Figure(g.get("macs", outputs[0].size * g["shared"]))
        case "attention":
            return Figure(scores(outputs[0], g) * (g["shared"] + g["values"]))
        case "recurrent":
            return Figure(_positions(inputs[0]) * weights_of(g["weights"]))
        case "opaque":
            return _opaque_macs(operation, inputs)
    return ZERO


def outside(recording: Recording) -> Figure:
    """What was computed where nobody watched: nothing, or unknown where arrays came back from outside."""
    arrays = any(info.role is Role.FOREIGN and info.size > 1 for info in recording.tensors)
    return Figure(0, Status.UNKNOWN, "work outside of torch") if arrays else ZERO


def convolution_macs(x: TensorInfo, weight: TensorInfo, out: TensorInfo, transposed: bool) -> int:
    """Each output sums over its window in its group's channels; transposed, each input is spread so."""
    return (x.size if transposed else out.size) * prod(weight.shape[1:])


def weights_of(shapes: Sequence[Sequence[int]]) -> int:
    """Elements of the matrices among the weights of a recurrent layer: each is used once per step."""
    return sum(prod(shape) for shape in shapes if len(shape) == 2)


def scores(out: TensorInfo, geometry: Mapping[str, Any]) -> int:
    """Pairs of a query and a key, over all heads."""
    return out.size // out.shape[-1] * int(geometry["keys"])


def _positions(x: TensorInfo) -> int:
    """Steps of a recurrent layer over the whole batch."""
    return x.size // x.shape[-1]


def _opaque_macs(operation: Operation, inputs: Infos) -> Figure:
    if operation.name.rstrip("_") in NO_ARITHMETIC or not operation.outputs:  # without outputs: a check
        return ZERO
    if "macs" in operation.geometry:
        return Figure(operation.geometry["macs"])
    if "weights" in operation.geometry:
        return Figure(inputs[0].shape[0] * weights_of(operation.geometry["weights"]))
    return Figure(0, Status.UNKNOWN, operation.name)


def flops(operation: Operation, inputs: Infos, outputs: Infos) -> Figure:
    """Floating-point operations: two per MAC, and those that are not MACs."""
    products = macs(operation, inputs, outputs)
    rest = _other_flops(operation, inputs, outputs)
    return Figure(2 * products.value + rest, products.status, products.reason)


def _other_flops(operation: Operation, inputs: Infos, outputs: Infos) -> int:
    g: dict[str, Any] = dict(operation.geometry)
    kind = operation.kind
    if kind in UNCOMPUTED or not outputs:
        return 0
    size = outputs[0].size
    if kind == "elementwise" or "fused" in g:
        return size * int(g.get("fused", 1))
    if kind == "batch_norm":
        return size * int(2 if not g["batch_statistics"] else NORM_FLOPS + 2 * (len(inputs) > 1))
    if kind == "group_norm":
        return size * (NORM_FLOPS + 2 * (len(inputs) > 1))
    if kind == "mix" and g.get("of") == "fft":
        return _fft_flops(inputs[0], outputs[0], g["dims"])
    if kind == "mix":
        return size * (SOFTMAX_FLOPS if g.get("softmax") else NORM_FLOPS + 2 * (len(inputs) > 1))
    if kind == "pool":
        return size * int(prod(g["kernel"]) - (g["of"] == "max"))
    if kind == "adaptive_pool":
        return _adaptive_reads(inputs[0].shape, outputs[0].shape, g["dims"])
    if kind == "opaque":
        return int(g.get("flops", 0))
    if kind in ("reduce", "cumulative", "fold"):
        return inputs[0].size if operation.name not in NO_ARITHMETIC else 0
    if kind == "sample":
        return size * (2 * int(g["taps"]) - 1)
    if kind == "interpolate":
        taps = {"linear": 2, "cubic": 4}.get(g["mode"], 1) ** len(g["dims"])
        return size * (2 * taps - 1) if taps > 1 else 0
    if kind == "attention":
        return scores(outputs[0], g) * (SOFTMAX_FLOPS + 1)
    if "cell" in g:
        units = outputs[0].size * int(g["layers"])
        return units * CELL_FLOPS[g["cell"]]
    return 0


def _fft_flops(x: TensorInfo, out: TensorInfo, dims: Sequence[int]) -> int:
    """5 n log2 n of a transform over n values (Cooley and Tukey, 1965); half of it where one side is real."""
    n = prod(max(x.shape[dim], out.shape[dim]) for dim in dims)
    transforms = x.size // prod(x.shape[dim] for dim in dims)
    return round(transforms * 5 * n * log2(max(n, 1)) * (1 if x.itemsize == out.itemsize else 0.5))


def _adaptive_reads(shape: Sequence[int], out: Sequence[int], dims: Sequence[int]) -> int:
    """Inputs read by all windows of an adaptive pool."""
    return prod(
        sum(map(len, adaptive_windows(length, out[dim]))) if dim in dims else length
        for dim, length in enumerate(shape)
    )


def bytes_moved(operation: Operation, inputs: Infos, outputs: Infos) -> int:
    """Bytes read and written, each tensor once; a view moves none."""
    if operation.view or operation.kind in ("alias", "source", "escape"):
        return 0
    read = inputs[1:] if operation.kind == "copy" else inputs
    return sum(info.size * info.itemsize for info in (*read, *activations(operation, outputs)))


def activations(operation: Operation, outputs: Infos) -> Infos:
    """The outputs that count as activations: not the statistics and indices made beside them."""
    return (
        outputs[:1]
        if operation.kind in ("batch_norm", "group_norm", "mix", "pool", "adaptive_pool")
        else outputs
    )


def new_bytes(operation: Operation, outputs: Infos) -> int:
    """Bytes of memory that the results take: none for views and for what is written in place."""
    if operation.view or operation.writes or operation.kind in ("alias", "escape"):
        return 0
    return sum(info.size * info.itemsize for info in activations(operation, outputs))
