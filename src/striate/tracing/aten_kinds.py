"""One ATen call, and its meaning if it is of this sort: functions from a call to a kind and a geometry."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch._ops import OpOverload

from striate.tracing.arguments import base_name, from_front, spread

Meaning = tuple[str, dict[str, Any]]


Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One ATen call: its arguments by name and the shapes of its results."""

    func: OpOverload
    named: dict[str, Any]
    outs: tuple[Shape, ...]

    def __getitem__(self, name: str) -> Any:
        return self.named[name]

    def get(self, *names: str) -> Any:
        """The first of these arguments that the call has."""
        return next((self.named[name] for name in names if name in self.named), None)

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor argument."""
        for value in self.named.values():
            if isinstance(value, torch.Tensor):
                return tuple(value.shape)
        return ()


Describe = Callable[[Call], Meaning]


GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
"""Of a step of each recurrent cell."""


def convolution(call: Call) -> Meaning:
    weight, transposed = call["weight"], bool(call.get("transposed"))
    count = weight.dim() - 2
    return "convolution", {
        "kernel": tuple(weight.shape[2:]),
        "stride": spread(call["stride"], count, 1),
        "padding": spread(call["padding"], count, 0),
        "dilation": spread(call["dilation"], count, 1),
        "groups": int(call["groups"]),
        "transposed": transposed,
        "bias": call.get("bias") is not None,
    }


def pool(count: int, kind: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        kernel = spread(call["kernel_size"], count, 1)
        stride = call["stride"]
        return "pool", {
            "kernel": kernel,
            "stride": kernel if stride is None or stride == [] else spread(stride, count, 1),
            "padding": spread(call["padding"], count, 0),
            "dilation": spread(call.get("dilation"), count, 1),
            "of": kind,
        }

    return meaning


def adaptive(count: int, kind: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        rank = len(call.outs[0])
        return "adaptive_pool", {"dims": tuple(range(rank - count, rank)), "of": kind}

    return meaning


def reduce(call: Call) -> Meaning:
    rank = len(call.shape)
    keep = bool(call.get("keepdim", "keepdims"))
    return "reduce", {"dims": from_front(call.get("dim", "dims"), rank), "keep": keep}


def reduce_all(call: Call) -> Meaning:
    return (
        reduce(call)
        if call.get("dim") is not None
        else ("reduce", {"dims": tuple(range(len(call.shape))), "keep": False})
    )


def softmax(call: Call) -> Meaning:
    return "mix", {"dims": from_front(call["dim"], len(call.shape)), "softmax": True}


def layer_norm(call: Call) -> Meaning:
    rank, count = len(call.shape), len(call["normalized_shape"])
    return "mix", {"dims": tuple(range(rank - count, rank)), "of": "norm"}


def batch_norm(call: Call) -> Meaning:
    training = call.get("training", "train")
    stats = call.get("running_mean") is None
    return "batch_norm", {"batch_statistics": bool(training or stats) and stats}


def group_norm(call: Call) -> Meaning:
    return "group_norm", {"groups": int(call["group"])}


def matmul(left: str, right: str, bias: str | None = None) -> Describe:
    def meaning(call: Call) -> Meaning:
        a, b = call[left], call[right]
        said = {"shared": int(a.shape[-1]), "inputs": (left, right, bias), "rows": tuple(b.shape)}
        if a.layout is not torch.strided:  # each number that it holds, by each column
            said["macs"] = a._nnz() * b.shape[-1]
        return "matmul", said

    return meaning


def grid_of_map(call: Call) -> Meaning:
    """An affine map of the positions: each of them times the map's matrix."""
    return "opaque", {"macs": prod(call.outs[0]) * call.shape[-1]}


def distances(call: Call) -> Meaning:
    """Between all pairs of rows: for the Euclidean one a square is added for each column."""
    return "opaque", {"macs": prod(call.outs[0]) * call.shape[-1] if call["p"] == 2 else 0}


def convolution_backward(call: Call) -> Meaning:
    """The gradients of a convolution's input and weight, each of as many products as the convolution."""
    spread_out = call["input"] if call["transposed"] else call["grad_output"]
    each = spread_out.numel() * prod(call["weight"].shape[1:])
    return "opaque", {"macs": each * sum(map(bool, call["output_mask"][:2]))}


def adding(call: Call) -> Meaning:
    """Adding up elements where numbers say: no products, and an addition for each element."""
    added = [value for value in call.named.values() if isinstance(value, torch.Tensor)][-1]
    return "opaque", {"macs": 0, "flops": added.numel()}


def bag(call: Call) -> Meaning:
    """Sums of rows of an embedding, each row with a weight if there are such."""
    rows = call["indices"].numel() * call.shape[-1]
    weighted = call["per_sample_weights"] is not None
    return "opaque", {"macs": rows * weighted, "flops": rows * (not weighted)}


def sparse_product(call: Call) -> Meaning:
    """Of a sparse matrix and a dense one: each number that it holds, by each column."""
    sparse = call["mat1"]
    return "opaque", {} if sparse.device.type == "meta" else {"macs": sparse._nnz() * call["mat2"].shape[-1]}


def attention(call: Call) -> Meaning:
    query, key, value = call["query"], call["key"], call["value"]
    return "attention", {
        "causal": bool(call.get("is_causal")),
        "mask": call.get("attn_mask", "attn_bias") is not None,
        "shared": int(query.shape[-1]),
        "keys": int(key.shape[-2]),
        "values": int(value.shape[-1]),
    }


def recurrent_layer(call: Call) -> Meaning:
    """One layer in one direction, as oneDNN runs it: modes 0 to 3 are RNN with ReLU and tanh, LSTM, GRU."""
    weights = [tuple(call[f"weight{place}"].shape) for place in range(4 if call["has_biases"] else 2)]
    cell = ("rnn_relu", "rnn_tanh", "lstm", "gru")[int(call["mode"])]
    return "recurrent", {
        "cell": cell,
        "gates": GATES[cell],
        "time": 1 if call["batch_first"] else 0,
        "steps": int(call.shape[1 if call["batch_first"] else 0]),
        "layers": 1,
        "bidirectional": False,
        "weights": weights,
    }


def interpolate(mode: str, count: int) -> Describe:
    def meaning(call: Call) -> Meaning:
        rank = len(call.outs[0])
        factors = call.get("scale_factors")
        if factors is None:
            single = call.get("scales")
            factors = [single] if count == 1 else [call.get(f"scales_{axis}") for axis in "dhw"[3 - count :]]
        return "interpolate", {
            "mode": mode,
            "dims": tuple(range(rank - count, rank)),
            "scales": tuple(factors),
            "align": bool(call.get("align_corners")),
            "antialias": base_name(call.func).endswith("_aa"),
        }

    return meaning


def sample(call: Call) -> Meaning:
    """Read at positions that are themselves numbers; mode 0 is linear, 1 nearest, 2 cubic."""
    taps = {0: 2, 1: 1, 2: 4}[int(call["interpolation_mode"])]
    return "sample", {"taps": taps ** (len(call.shape) - 2)}


def fft(call: Call) -> Meaning:
    return "mix", {"dims": from_front(call.get("dim"), len(call.shape)), "of": "fft"}


def as_kind(kind: str, **geometry: Any) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, dict(geometry)

    return meaning


def to_one(call: Call) -> Meaning:
    """One number of all, as losses are; without a reduction (0), element by element."""
    if call.get("reduction") == 0:
        return "elementwise", {"role": "plain"}
    return "reduce", {"dims": tuple(range(len(call.shape))), "keep": False}


def drawn(call: Call) -> Meaning:
    """In place of what stood there, numbers drawn by chance."""
    return "fill", {"zero": False}


def fill(call: Call) -> Meaning:
    value = call.get("value")
    return "fill", {"zero": not isinstance(value, torch.Tensor) and not value}
