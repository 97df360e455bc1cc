"""From one ATen call to its meaning: the kind and geometry of a described operation.

The table at the end names every operation that is understood; what is not in it and not pointwise is
`opaque`, of which only a bound is known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch._ops import OpOverload

from striate.tracing.arguments import base_name, is_pointwise, places, spread

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


def describe(call: Call) -> Meaning:
    """The kind and geometry of a call."""
    name = base_name(call.func)
    entry = TABLE.get(name) or TABLE.get(name.rstrip("_"))
    if entry is not None:
        return entry(call)
    if is_pointwise(call.func):
        return "elementwise", {"role": ROLES.get(name.rstrip("_"), "plain")}
    return "opaque", {}


def _convolution(call: Call) -> Meaning:
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


def _pool(count: int, kind: str) -> Describe:
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


def _adaptive(count: int, kind: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        rank = len(call.outs[0])
        return "adaptive_pool", {"dims": tuple(range(rank - count, rank)), "of": kind}

    return meaning


def _reduce(call: Call) -> Meaning:
    rank = len(call.shape)
    keep = bool(call.get("keepdim", "keepdims"))
    return "reduce", {"dims": places(call.get("dim", "dims"), rank), "keep": keep}


def _reduce_all(call: Call) -> Meaning:
    return (
        _reduce(call)
        if call.get("dim") is not None
        else ("reduce", {"dims": tuple(range(len(call.shape))), "keep": False})
    )


def _softmax(call: Call) -> Meaning:
    return "mix", {"dims": places(call["dim"], len(call.shape)), "softmax": True}


def _layer_norm(call: Call) -> Meaning:
    rank, count = len(call.shape), len(call["normalized_shape"])
    return "mix", {"dims": tuple(range(rank - count, rank)), "of": "norm"}


def _batch_norm(call: Call) -> Meaning:
    training = call.get("training", "train")
    stats = call.get("running_mean") is None
    return "batch_norm", {"batch_statistics": bool(training or stats) and stats}


def _group_norm(call: Call) -> Meaning:
    return "group_norm", {"groups": int(call["group"])}


def _matmul(left: str, right: str, bias: str | None = None) -> Describe:
    def meaning(call: Call) -> Meaning:
        a, b = call[left], call[right]
        return "matmul", {"shared": int(a.shape[-1]), "inputs": (left, right, bias), "rows": tuple(b.shape)}

    return meaning


def _attention(call: Call) -> Meaning:
    query, key, value = call["query"], call["key"], call["value"]
    return "attention", {
        "causal": bool(call.get("is_causal")),
        "mask": call.get("attn_mask", "attn_bias") is not None,
        "shared": int(query.shape[-1]),
        "keys": int(key.shape[-2]),
        "values": int(value.shape[-1]),
    }


def _reshape(call: Call) -> Meaning:
    return ("reshape", {}) if _size(call.shape) == _size(call.outs[0]) else ("opaque", {})


def _size(shape: Shape) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _unsqueeze(call: Call) -> Meaning:
    return "unsqueeze", {"dim": int(call["dim"]) % len(call.outs[0])}


def _squeeze(call: Call) -> Meaning:
    shape = call.shape
    wanted = places(call.get("dim"), len(shape))
    return "squeeze", {"dims": tuple(dim for dim in wanted if shape[dim] == 1)}


def _permute(call: Call) -> Meaning:
    rank = len(call.shape)
    return "permute", {"order": tuple(int(dim) % rank for dim in call["dims"])}


def _transpose(call: Call) -> Meaning:
    rank = len(call.shape)
    order = list(range(rank))
    first, second = (int(call["dim0"]) % rank, int(call["dim1"]) % rank) if rank else (0, 0)
    if rank:
        order[first], order[second] = order[second], order[first]
    return "permute", {"order": tuple(order)}


def _t(call: Call) -> Meaning:
    return "permute", {"order": tuple(reversed(range(len(call.shape))))}


def _cut(call: Call) -> Meaning:
    dim = int(call["dim"]) % len(call.shape)
    start, stop, step = slice(call["start"], call["end"], call["step"]).indices(call.shape[dim])
    return "cut", {"dim": dim, "places": range(start, max(stop, start), step)}


def _select(call: Call) -> Meaning:
    dim = int(call["dim"]) % len(call.shape)
    return "select", {"dim": dim, "index": int(call["index"]) % call.shape[dim]}


def _along(kind: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, {"dim": int(call["dim"]) % max(len(call.shape), 1)}

    return meaning


def _join(call: Call) -> Meaning:
    return "join", {"dim": int(call["dim"]) % len(call.outs[0])}


def _stack(call: Call) -> Meaning:
    return "stack", {"dim": int(call["dim"]) % len(call.outs[0])}


def _repeat(call: Call) -> Meaning:
    return "repeat", {"times": tuple(int(n) for n in call["repeats"])}


def _flip(call: Call) -> Meaning:
    shape = call.shape
    return "takes", {"places": {d: range(shape[d] - 1, -1, -1) for d in places(call["dims"], len(shape))}}


def _roll(call: Call) -> Meaning:
    shape, dims = call.shape, call["dims"]
    if not dims:
        return "opaque", {}
    moved = zip(dims, spread(call["shifts"], len(dims), 0), strict=True)
    return "takes", {
        "places": {int(d) % len(shape): [(i - by) % shape[d] for i in range(shape[d])] for d, by in moved}
    }


def _pad(mode: str, name: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        amounts, rank = [int(n) for n in call[name]], len(call.shape)
        pairs = {rank - 1 - i // 2: (amounts[i], amounts[i + 1]) for i in range(0, len(amounts), 2)}
        return "pad", {"mode": mode, "amounts": {d: p for d, p in pairs.items() if p != (0, 0)}}

    return meaning


def _interpolate(mode: str, count: int) -> Describe:
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


def _index_select(call: Call) -> Meaning:
    return _known_places(call, call["index"], int(call["dim"]) % len(call.shape))


def _index(call: Call) -> Meaning:
    """Advanced indexing along one dimension by a list of known positions; anything else is opaque."""
    used = [(dim, index) for dim, index in enumerate(call["indices"]) if index is not None]
    if len(used) == 1 and used[0][1].dim() == 1 and used[0][1].dtype != torch.bool:
        return _known_places(call, used[0][1], used[0][0])
    return "opaque", {}


def _known_places(call: Call, index: torch.Tensor, dim: int) -> Meaning:
    if index.device.type == "meta":
        return "opaque", {}
    length = call.shape[dim]
    return "take", {"dim": dim, "places": [int(i) % length for i in index.reshape(-1).tolist()]}


def _factor(kind: str, name: str) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, {name if name == "groups" else "factor": int(call[name])}

    return meaning


def _unfold(call: Call) -> Meaning:
    rank = max(len(call.shape), 1)
    return "unfold", {
        "dim": int(call["dimension"]) % rank,
        "size": int(call["size"]),
        "step": int(call["step"]),
    }


def _im2col(call: Call) -> Meaning:
    if len(call.shape) != 4:
        return "opaque", {}
    given = {name: spread(call[name], 2, 1) for name in ("padding", "stride", "dilation")}
    return "im2col", {"kernel": spread(call["kernel_size"], 2, 1), **given}


def _fft(call: Call) -> Meaning:
    same = call.shape == call.outs[0]
    return ("mix", {"dims": places(call.get("dim"), len(call.shape))}) if same else ("opaque", {})


def _sort(call: Call) -> Meaning:
    return "mix", {"dims": places(call.get("dim"), len(call.shape)), "sure": False}


def _as(kind: str, **geometry: Any) -> Describe:
    def meaning(call: Call) -> Meaning:
        return kind, dict(geometry)

    return meaning


def _fill(call: Call) -> Meaning:
    value = call.get("value")
    return "fill", {"zero": not isinstance(value, torch.Tensor) and not value}


def _same_shape_view(call: Call) -> Meaning:
    return ("alias", {}) if call.shape == call.outs[0] else ("opaque", {})


def _where(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 0}


def _masked_fill(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 1}


ROLES = {
    **dict.fromkeys(("add", "sub", "rsub"), "add"),
    **dict.fromkeys(
        ("mul", "addcmul", "lerp", "logical_and", "bitwise_and", "__and__", "heaviside", "pow"), "multiply"
    ),
}

_BATCH_NORMS = (
    "native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training",
    "cudnn_batch_norm",
    "_batch_norm_with_update", "_batch_norm_no_update", "miopen_batch_norm",
)  # fmt: skip
_REDUCTIONS = (
    "mean", "sum", "amax", "amin", "prod", "var", "std", "var_mean", "std_mean", "any", "all",
    "nansum", "norm",
    "linalg_vector_norm", "logsumexp", "count_nonzero",
)  # fmt: skip
_REDUCTIONS_TO_ONE = ("max", "min", "argmax", "argmin", "median", "aminmax", "mode", "nanmedian")
SOURCES = (
    "empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "new_empty", "new_zeros",
    "new_ones", "new_full", "new_empty_strided", "empty_strided", "randint_like", "scalar_tensor",
)  # fmt: skip
_ATTENTIONS = (
    "scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable",
)  # fmt: skip

TABLE: dict[str, Describe] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), _convolution),
    **{f"max_pool{n}d_with_indices": _pool(n, "max") for n in (2, 3)},
    **{f"max_pool{n}d": _pool(n, "max") for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _pool(n, "average") for n in (1, 2, 3)},
    **{f"_adaptive_avg_pool{n}d": _adaptive(n, "average") for n in (2, 3)},
    **{f"adaptive_avg_pool{n}d": _adaptive(n, "average") for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _adaptive(n, "max") for n in (1, 2, 3)},
    **dict.fromkeys(_REDUCTIONS, _reduce),
    **dict.fromkeys(_REDUCTIONS_TO_ONE, _reduce_all),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "softmax", "log_softmax"), _softmax),
    **dict.fromkeys(("native_layer_norm", "_fused_rms_norm", "layer_norm", "rms_norm"), _layer_norm),
    **dict.fromkeys(_BATCH_NORMS, _batch_norm),
    "native_group_norm": _group_norm,
    "mm": _matmul("self", "mat2"),
    "bmm": _matmul("self", "mat2"),
    "mv": _matmul("self", "vec"),
    "dot": _matmul("self", "tensor"),
    "vdot": _matmul("self", "other"),
    "addmm": _matmul("mat1", "mat2", "self"),
    "addmv": _matmul("mat", "vec", "self"),
    "baddbmm": _matmul("batch1", "batch2", "self"),
    **dict.fromkeys(_ATTENTIONS, _attention),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias", "flatten"), _reshape),
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "permute": _permute,
    "transpose": _transpose,
    "t": _t,
    "slice": _cut,
    "select": _select,
    "unbind": _along("unbind"),
    **dict.fromkeys(
        ("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes"), _along("split")
    ),
    "expand": _as("expand"),
    "repeat": _repeat,
    "cat": _join,
    "stack": _stack,
    "flip": _flip,
    "roll": _roll,
    "constant_pad_nd": _pad("constant", "pad"),
    **{f"reflection_pad{n}d": _pad("reflect", "padding") for n in (1, 2, 3)},
    **{f"replication_pad{n}d": _pad("replicate", "padding") for n in (1, 2, 3)},
    **{f"upsample_nearest{n}d": _interpolate("nearest", n) for n in (1, 2, 3)},
    **{f"_upsample_nearest_exact{n}d": _interpolate("nearest-exact", n) for n in (1, 2, 3)},
    "upsample_linear1d": _interpolate("linear", 1),
    "upsample_bilinear2d": _interpolate("linear", 2),
    "_upsample_bilinear2d_aa": _as("opaque"),
    "upsample_trilinear3d": _interpolate("linear", 3),
    "upsample_bicubic2d": _interpolate("cubic", 2),
    "pixel_shuffle": _factor("pixel_shuffle", "upscale_factor"),
    "pixel_unshuffle": _factor("pixel_unshuffle", "downscale_factor"),
    **dict.fromkeys(("channel_shuffle", "native_channel_shuffle"), _factor("channel_shuffle", "groups")),
    "index_select": _index_select,
    "index": _index,
    "unfold": _unfold,
    "im2col": _im2col,
    "embedding": _as("lookup"),
    **dict.fromkeys(("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"), _along("cumulative")),
    **dict.fromkeys(("_fft_c2c",), _fft),
    "sort": _sort,
    "where": _where,
    "masked_fill": _masked_fill,
    **dict.fromkeys(
        (
            "clone",
            "detach",
            "alias",
            "_to_copy",
            "lift_fresh",
            "lift_fresh_copy",
            "lift",
            "contiguous",
            "dropout",
        ),
        _same_shape_view,
    ),
    **dict.fromkeys(("native_dropout", "bernoulli", "gelu", "rrelu_with_noise", "prelu"), _as("elementwise")),
    **dict.fromkeys(("_prelu_kernel", "_weight_norm_interface"), _as("elementwise")),
    "copy": _as("copy"),
    **dict.fromkeys(("fill", "zero"), _fill),
    **dict.fromkeys(SOURCES, _as("source")),
}
