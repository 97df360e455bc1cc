"""The meaning of one ATen call of each sort: functions from a call to a kind and a geometry."""

from collections.abc import Callable
from dataclasses import dataclass
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
        return "matmul", {"shared": int(a.shape[-1]), "inputs": (left, right, bias), "rows": tuple(b.shape)}

    return meaning


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


def reshape(call: Call) -> Meaning:
    return ("reshape", {}) if size(call.shape) == size(call.outs[0]) else ("opaque", {})


def size(shape: Shape) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def unsqueeze(call: Call) -> Meaning:
    return "unsqueeze", {"dim": int(call["dim"]) % len(call.outs[0])}


def squeeze(call: Call) -> Meaning:
    shape = call.shape
    wanted = from_front(call.get("dim"), len(shape))
    return "squeeze", {"dims": tuple(dim for dim in wanted if shape[dim] == 1)}


def permute(call: Call) -> Meaning:
    rank = len(call.shape)
    return "permute", {"order": tuple(int(dim) % rank for dim in call["dims"])}


def transpose(call: Call) -> Meaning:
    rank = len(call.shape)
    order = list(range(rank))
    first, second = (int(call["dim0"]) % rank, int(call["dim1"]) % rank) if rank else (0, 0)
    if rank:
        order[first], order[second] = order[second], order[first]
    return "permute", {"order": tuple(order)}


def t(call: Call) -> Meaning:
    return "permute", {"order": tuple(reversed(range(len(call.shape))))}


def cut(call: Call) -> Meaning:
    dim = int(call["dim"]) % len(call.shape)
    start, stop, step = slice(call["start"], call["end"], call["step"]).indices(call.shape[dim])
    return "cut", {"dim": dim, "positions": range(start, max(stop, start), step)}


def select(call: Call) -> Meaning:
    dim = int(call["dim"]) % len(call.shape)
    return "select", {"dim": dim, "index": int(call["index"]) % call.shape[dim]}


def along(kind: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, {"dim": int(call["dim"]) % max(len(call.shape), 1)}

    return meaning


def join(call: Call) -> Meaning:
    return "join", {"dim": int(call["dim"]) % len(call.outs[0])}


def stack(call: Call) -> Meaning:
    return "stack", {"dim": int(call["dim"]) % len(call.outs[0])}


def repeat(call: Call) -> Meaning:
    return "repeat", {"times": tuple(int(n) for n in call["repeats"])}


def flip(call: Call) -> Meaning:
    shape = call.shape
    return "takes", {
        "positions": {d: range(shape[d] - 1, -1, -1) for d in from_front(call["dims"], len(shape))}
    }


def roll(call: Call) -> Meaning:
    shape, dims = call.shape, call["dims"]
    if not dims:
        return "opaque", {}
    moved = zip(dims, spread(call["shifts"], len(dims), 0), strict=True)
    return "takes", {
        "positions": {int(d) % len(shape): [(i - by) % shape[d] for i in range(shape[d])] for d, by in moved}
    }


def pad(mode: str, name: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        amounts, rank = [int(n) for n in call[name]], len(call.shape)
        pairs = {rank - 1 - i // 2: (amounts[i], amounts[i + 1]) for i in range(0, len(amounts), 2)}
        return "pad", {"mode": mode, "amounts": {d: p for d, p in pairs.items() if p != (0, 0)}}

    return meaning


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


def index_select(call: Call) -> Meaning:
    return known_positions(call, call["index"], int(call["dim"]) % len(call.shape))


def index(call: Call) -> Meaning:
    """Advanced indexing along one dimension by a list of known positions; anything else is opaque."""
    used = [(dim, index) for dim, index in enumerate(call["indices"]) if index is not None]
    if len(used) == 1 and used[0][1].dim() == 1 and used[0][1].dtype != torch.bool:
        return known_positions(call, used[0][1], used[0][0])
    return "opaque", {}


def known_positions(call: Call, index: torch.Tensor, dim: int) -> Meaning:
    if index.device.type == "meta":
        return "opaque", {}
    length = call.shape[dim]
    return "take", {"dim": dim, "positions": [int(i) % length for i in index.reshape(-1).tolist()]}


def factor(kind: str, name: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, {name if name == "groups" else "factor": int(call[name])}

    return meaning


def unfold(call: Call) -> Meaning:
    rank = max(len(call.shape), 1)
    return "unfold", {
        "dim": int(call["dimension"]) % rank,
        "size": int(call["size"]),
        "step": int(call["step"]),
    }


def im2col(call: Call) -> Meaning:
    if len(call.shape) != 4:
        return "opaque", {}
    windows = {name: spread(call[name], 2, 1) for name in ("padding", "stride", "dilation")}
    return "im2col", {"kernel": spread(call["kernel_size"], 2, 1), **windows}


def col2im(call: Call) -> Meaning:
    """Windows added up into an image: where each of their elements goes is asked of the way back."""
    size = [int(n) for n in call["output_size"]]
    windows = [spread(call[name], 2, 1) for name in ("kernel_size", "dilation", "padding", "stride")]
    numbered = torch.arange(1, size[0] * size[1] + 1, dtype=torch.float64).view(1, 1, *size)
    columns = torch.ops.aten.im2col(numbered, *windows)
    return "fold", {"targets": columns[0].long().numpy() - 1}


def sample(call: Call) -> Meaning:
    """Read at positions that are themselves numbers; mode 0 is linear, 1 nearest, 2 cubic."""
    taps = {0: 2, 1: 1, 2: 4}[int(call["interpolation_mode"])]
    return "sample", {"taps": taps ** (len(call.shape) - 2)}


def fft(call: Call) -> Meaning:
    return "mix", {"dims": from_front(call.get("dim"), len(call.shape)), "of": "fft"}


def view_as_real(call: Call) -> Meaning:
    return "unsqueeze", {"dim": len(call.shape)}


def view_as_complex(call: Call) -> Meaning:
    return "reduce", {"dims": (len(call.shape) - 1,), "keep": False}


def sort(call: Call) -> Meaning:
    return "mix", {"dims": from_front(call.get("dim"), len(call.shape)), "sure": False}


def as_kind(kind: str, **geometry: Any) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, dict(geometry)

    return meaning


def fill(call: Call) -> Meaning:
    value = call.get("value")
    return "fill", {"zero": not isinstance(value, torch.Tensor) and not value}


def same_shape_view(call: Call) -> Meaning:
    return ("alias", {}) if call.shape == call.outs[0] else ("opaque", {})


def where(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 0}


def masked_fill(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 1}
