"""Layers and functions in which no frame sees another, and the meeting of branches."""

from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build
from striate.stepping.timed import CLIP, FOLDED, Clock, Timed
from striate.stepping.walk import STREAMS, Call, Own, Ref

ALONG_AN_AXIS = ("cat", "concat", "concatenate", "softmax", "log_softmax", "stack")
OVER_AXES = ("sum", "amax", "amin", "max", "min", "std", "var", "prod", "norm", "cumsum", "argmax", "einsum")


def layer(b: Build, call: Call, x: Timed) -> Timed:
    """A layer of `torch.nn` on each frame."""
    shape = _shape(b, call)
    if x.axis == CLIP and shape != b.walk.shapes[call.refs()[0].number]:
        raise NetworkError(f"{call.title} has no rule for one frame more, so it has no step")
    rest = shape[1:] if x.axis in (None, FOLDED) else (*x.rest[:-1], shape[-1])
    return x.new(b.call(call.name, b.copy(call), x.node), rest)


def function(b: Build, call: Call, *values: Timed) -> Timed:
    """A function on each frame; values that come at different moments wait for the latest."""
    met = _together(b, call, list(values))
    first = met[0]
    shape = _shape(b, call)
    whole = first.axis in (None, FOLDED)
    along = call.kind in ALONG_AN_AXIS
    if call.kind in OVER_AXES and not whole:
        raise NetworkError(f"{call.title} goes over axes of a whole clip, which has no step")
    if not _still_there(shape, b, first) or (not whole and not along and not _one_for_one(b, call, shape)):
        raise NetworkError(f"{call.title} has no rule for one frame more, so it has no step")
    nodes = {ref.number: value.node for ref, value in zip(call.refs(), met, strict=True)}
    args, kwargs = _in_graph(b, call.args, nodes, first.axis), _in_graph(b, call.kwargs, nodes, first.axis)
    if along and not whole:
        args, kwargs = _along(call, args, kwargs, len(shape), first.axis)
    assert call.function is not None
    rest = shape[1:] if whole else tuple(s for i, s in enumerate(shape) if i not in (0, first.axis))
    return first.new(b.graph.call_function(call.function, tuple(args), kwargs), rest)


def _together(b: Build, call: Call, values: list[Timed]) -> list[Timed]:
    """All at one moment, and all of frames or none."""
    axes = {value.axis for value in values}
    if len(axes) > 1:
        one = next((value for value in values if value.reduced), values[0])
        raise NetworkError(
            f"{one.reduced or call.title} says something of all frames of a clip that goes back into each of "
            "them, so it has no step"
        )
    clock = max((value.clock for value in values), key=lambda clock: clock.late)
    if any(value.clock.every != clock.every or value.clock.longer != clock.longer for value in values):
        raise NetworkError(f"{call.title} brings together branches of different frame rates: it has no step")
    return [b.late(value, Clock(clock.late, clock.every, clock.longer), call.name) for value in values]


def _shape(b: Build, call: Call) -> tuple[int, ...]:
    number = call.outputs[0] if call.outputs else None
    if number is None or len(call.outputs) > 1:
        raise NetworkError(f"{call.title} has no rule for one frame more, so it has no step")
    return b.walk.shapes[number]


def _still_there(shape: tuple[int, ...], b: Build, value: Timed) -> bool:
    if value.axis == FOLDED:
        return bool(shape) and shape[0] % STREAMS == 0
    return bool(shape) and shape[0] == STREAMS


def _one_for_one(b: Build, call: Call, shape: tuple[int, ...]) -> bool:
    """Whether each element of the result comes of the elements in its place."""
    shapes = [b.walk.shapes[ref.number] for ref in call.refs()]
    together = torch.empty(0, device="meta").new_empty(shapes[0])
    for one in shapes[1:]:
        together = together + together.new_empty(one)
    return "dim" not in call.kwargs and tuple(together.shape) == shape


def _in_graph(b: Build, value: Any, nodes: dict[int, Any], axis: int | None) -> Any:
    if isinstance(value, Ref):
        return nodes[value.number]
    if isinstance(value, Own):
        return _constant(b, value, axis)
    if isinstance(value, dict):
        return {key: _in_graph(b, part, nodes, axis) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_in_graph(b, part, nodes, axis) for part in value)
    if isinstance(value, Tensor):
        raise NetworkError(
            "the network makes a tensor of its own on the way, so it has no step: make it a buffer"
        )
    return value


def _constant(b: Build, value: Own, axis: int | None) -> Any:
    """A tensor of the network, without the axis of time that it has in a clip."""
    node, tensor = b.own(value), b.tensor(value)
    at = tensor.ndim - 3 if axis == CLIP else -1
    if at < 0:
        return node
    if tensor.shape[at] != 1:
        raise NetworkError(f"{value.name} differs from frame to frame of a clip, so it has no step")
    return b.graph.call_function(torch.squeeze, (node, at))


def _along(call: Call, args: Any, kwargs: Any, axes: int, time: int | None) -> tuple[Any, Any]:
    given = call.kwargs.get("dim", call.args[1] if len(call.args) > 1 else 0)
    dim = int(given) % axes
    if dim in (0, time) or call.kind == "stack":
        raise NetworkError(f"{call.title} puts frames or clips in a row, which has no step")
    return args[:1], {**kwargs, "dim": dim if dim < int(time or 0) else dim - 1}


def dropout(b: Build, call: Call, x: Timed) -> Timed:
    """Nothing, at inference."""
    return x


def bounded(b: Build, call: Call, x: Timed) -> Timed:
    """ReLU and ReLU6."""
    return x.new(b.call(call.name, Bounded(6.0 if isinstance(call.layer, nn.ReLU6) else None), x.node))


class Bounded(nn.Module):
    """Not below 0, and not above `high`."""

    def __init__(self, high: float | None) -> None:
        super().__init__()
        self.bounds = (0.0, high)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x) if self.bounds[1] is None else x.clamp(*self.bounds)
