"""The meaning of ATen calls that move numbers, or choose among them."""

import torch

from striate.tracing.arguments import from_front, spread
from striate.tracing.aten_kinds import Call, Describe, Meaning, Shape


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


def view_as_real(call: Call) -> Meaning:
    return "unsqueeze", {"dim": len(call.shape)}


def view_as_complex(call: Call) -> Meaning:
    return "reduce", {"dims": (len(call.shape) - 1,), "keep": False}


def sort(call: Call) -> Meaning:
    return "mix", {"dims": from_front(call.get("dim"), len(call.shape)), "sure": False}


def same_shape_view(call: Call) -> Meaning:
    return ("alias", {}) if call.shape == call.outs[0] else ("opaque", {})


def where(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 0}


def masked_fill(call: Call) -> Meaning:
    return "elementwise", {"role": "choose", "mask": 1}
