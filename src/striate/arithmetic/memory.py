"""The most memory that activations take at once: for inference, and for training.

Inference: a tensor's memory is taken from the operation that makes it to the last one that uses it; the input
stays, since the caller holds it. Training: what the backward pass needs is kept, and on the way back every
tensor has a gradient from its last use to where it was made. Parameters, their gradients, the optimiser's
state and an algorithm's working space come on top of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from striate.arithmetic.described import MOVING, Figure, Operation, Recording, Role, Status, TensorInfo

_OUTPUT_SAVED = frozenset(
    ["relu", "sigmoid", "tanh", "exp", "sqrt", "rsqrt", "reciprocal", "threshold", "relu_"]
)
_NOTHING_SAVED = frozenset(
    ["add", "sub", "rsub", "neg", "add_", "sub_", "clone", "ne", "eq", "gt", "lt", "ge", "le"]
)
_FACTORS_SAVED = frozenset(["mul", "div", "mul_", "div_", "addcmul"])
_NOTHING_NEEDED = MOVING | {"fill", "copy", "source", "escape", "interpolate"}
_UNDERSTOOD = _NOTHING_NEEDED | {
    "elementwise", "mix", "batch_norm", "group_norm", "matmul", "pool", "adaptive_pool", "convolution",
    "reduce",
}  # fmt: skip


@dataclass(slots=True)
class Span:
    """A piece of memory: its bytes, and the first and last operation at which it is taken."""

    size: int
    first: int
    last: int


def inference_peak(recording: Recording) -> Figure:
    """Bytes of activations at the worst moment of a forward pass that keeps nothing for a backward one."""
    return Figure(_peak(_spans(recording).values(), len(recording.operations)))


Saved = Mapping[int, tuple[int, int]]
"""What the backward pass needs: for each memory its bytes, and the first operation that keeps it."""


def training_peak(recording: Recording, saved: Saved | None = None) -> Figure:
    """Bytes of activations and their gradients at the worst moment of a forward and backward pass.

    Args:
        recording: what ran.
        saved: what is kept of it, if that is known.
    """
    count = len(recording.operations)
    saved = saved_for_backward(recording) if saved is None else saved
    spans, unsure = _spans(recording), _unsure(recording)
    beside = []
    for storage, (size, saver) in saved.items():
        # Kept until the backward pass is back at the first that saved it.
        back = 2 * count - 1 - saver
        if storage in spans:
            spans[storage].last = max(spans[storage].last, back)
        else:
            beside.append(Span(size, saver, back))
    way = [*spans.values(), *beside, *_gradients(recording, spans, count)]
    return Figure(_peak(way, 2 * count), Status.BOUND if unsure else Status.EXACT, unsure)


def _spans(recording: Recording) -> dict[int, Span]:
    """For each piece of memory that depends on the input: how long it is taken."""
    tensors, spans = recording.tensors, dict[int, Span]()
    for number in recording.inputs:
        info = tensors[number]
        spans[info.storage] = Span(info.size * info.itemsize, 0, len(recording.operations) - 1)
    for index, operation in enumerate(recording.operations):
        for number in (*operation.inputs, *_real_outputs(operation)):
            info = tensors[number]
            if info.role in (Role.ACTIVATION, Role.FOREIGN) and info.storage not in spans:
                spans[info.storage] = Span(info.size * info.itemsize, index, index)
            if info.storage in spans:
                spans[info.storage].last = max(spans[info.storage].last, index)
    for number in recording.outputs:
        if tensors[number].storage in spans:
            spans[tensors[number].storage].last = len(recording.operations) - 1
    return spans


def _real_outputs(operation: Operation) -> tuple[int, ...]:
    return operation.outputs[:1] if operation.kind == "batch_norm" else operation.outputs


def _gradients(recording: Recording, spans: dict[int, Span], count: int) -> list[Span]:
    """Gradients on the way back: taken from a tensor's last use to where it was made."""
    inputs = {recording.tensors[number].storage for number in recording.inputs}
    result = []
    users: dict[int, int] = {}
    makers: dict[int, int] = {}
    for index, operation in enumerate(recording.operations):
        for number in (*operation.inputs, *operation.outputs[:1]):
            storage = recording.tensors[number].storage
            if storage in spans and storage not in inputs:
                users[storage] = index
                makers.setdefault(storage, index)
    for storage, last in users.items():
        result.append(Span(spans[storage].size, 2 * count - 1 - last, 2 * count - 1 - makers[storage]))
    return result


def saved_for_backward(recording: Recording) -> Saved:
    """What the backward pass of a network needs."""
    saved: dict[int, tuple[int, int]] = {}
    for index, operation in enumerate(recording.operations):
        for number in saved_by(operation, recording.tensors):
            info = recording.tensors[number]
            size, first = saved.get(info.storage, (0, index))
            saved[info.storage] = (max(info.size * info.itemsize, size), first)
    return saved


def kept_by(saved: Saved) -> dict[int, int]:
    """Operations that keep something for the backward pass, each with the bytes that no earlier one keeps."""
    sizes: dict[int, int] = {}
    for size, first in saved.values():
        sizes[first] = sizes.get(first, 0) + size
    return sizes


def saved_by(operation: Operation, tensors: Sequence[TensorInfo]) -> list[int]:
    """The activations that an operation keeps for its backward pass (PyTorch, derivatives.yaml)."""
    kind, name = operation.kind, operation.name.removeprefix("aten.")
    if kind in _NOTHING_NEEDED or (kind == "reduce" and name in ("mean", "sum")):
        return []
    active = [s for s in operation.inputs if tensors[s].role in (Role.ACTIVATION, Role.INPUT, Role.FOREIGN)]
    if not active:
        return []
    if kind == "elementwise":
        if name in _NOTHING_SAVED:
            return []
        if name.rstrip("_") in _OUTPUT_SAVED:
            return list(operation.outputs[:1])
        return active if name not in _FACTORS_SAVED or len(active) > 1 else []
    if kind == "mix" and operation.geometry.get("softmax"):
        return list(operation.outputs[:1])
    if kind in ("batch_norm", "group_norm", "mix"):
        return [active[0], *operation.outputs[1:]]
    if kind == "matmul":
        return _factors(operation, tensors)
    if kind == "pool" or kind == "adaptive_pool":
        return [active[0], *operation.outputs[1:]]
    if kind == "convolution":
        return active
    return [*active, *operation.outputs]


def _factors(operation: Operation, tensors: Sequence[TensorInfo]) -> list[int]:
    """Both factors of a product, each for the other's gradient."""
    return [
        number for number in operation.inputs[:2] if tensors[number].role in (Role.ACTIVATION, Role.INPUT)
    ]


def _unsure(recording: Recording) -> str:
    """The operations of which it is not known what they keep."""
    names = [op.name for op in recording.operations if op.kind not in _UNDERSTOOD]
    names += [call.type for call in recording.calls if "Dropout" in call.type]
    return ", ".join(dict.fromkeys(names))


def _peak(spans: Iterable[Span], count: int) -> int:
    """The largest sum of sizes over all moments."""
    change = [0] * (count + 2)
    for span in spans:
        change[span.first] += span.size
        change[min(span.last, count) + 1] -= span.size
    best = level = 0
    for step in change:
        level += step
        best = max(best, level)
    return best
