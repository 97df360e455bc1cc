"""The backward pass: which gradients it takes, and their multiply-accumulates."""

from collections.abc import Sequence
from math import prod

from striate.arithmetic.cost import Infos, macs, scores, weights_of
from striate.arithmetic.described import ZERO, Figure, Operation, Recording, Role, Status, TensorInfo

Wanted = Sequence[bool]


_WITHOUT_GRADIENT = frozenset(
    f"aten.{name}"
    for name in (
        "argmax", "argmin", "eq", "ne", "gt", "ge", "lt", "le", "isnan", "logical_and", "logical_or",
        "logical_not", "any", "all", "bucketize", "searchsorted", "nonzero", "histc",
    )
)  # fmt: skip


def wanted_gradients(recording: Recording) -> list[tuple[bool, ...]]:
    """For each operation, of which of its inputs the backward pass from the outputs takes the gradient."""
    tensors, written = recording.tensors, set[int]()  # memory into which what learns was written
    learns = {n for n, info in enumerate(tensors) if info.role is Role.PARAMETER and info.trainable}
    wanted = []
    for operation in recording.operations:
        each = tuple([n in learns for n in operation.inputs])
        if written:
            each = tuple([n in learns or tensors[n].storage in written for n in operation.inputs])
        wanted.append(each)
        if any(each) and _passes_on(operation, tensors):
            learns.update(operation.outputs)
            if operation.writes:
                written.update(tensors[n].storage for n in operation.outputs)
    return _needed(recording, wanted) if recording.outputs else wanted


def _passes_on(operation: Operation, tensors: Infos) -> bool:
    """Whether a gradient goes through an operation."""
    stops = operation.name == "aten.detach" and tensors[operation.inputs[0]].role is Role.ACTIVATION
    silent = operation.kind in ("source", "fill", "escape") or operation.name in _WITHOUT_GRADIENT
    return not stops and not silent


def _needed(recording: Recording, wanted: Sequence[tuple[bool, ...]]) -> list[tuple[bool, ...]]:
    """Nothing of operations from which no way leads to an output."""
    tensors = recording.tensors
    needed = {tensors[number].storage for number in recording.outputs}
    kept = []
    for operation, each in zip(reversed(recording.operations), reversed(wanted), strict=True):
        reaches = not needed.isdisjoint(tensors[number].storage for number in operation.outputs)
        kept.append(each if reaches else (False,) * len(each))
        if reaches and any(each) and _passes_on(operation, tensors):
            needed.update([tensors[n].storage for n, one in zip(operation.inputs, each, strict=True) if one])
    return kept[::-1]


def backward_macs(
    operation: Operation, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], wanted: Wanted
) -> Figure:
    """Multiply-accumulates of the gradients of one operation.

    Args:
        operation: of the forward pass.
        inputs: its inputs.
        outputs: its outputs.
        wanted: which of its inputs have a gradient.
    """
    if not any(wanted):
        return ZERO
    there = macs(operation, inputs, outputs)
    if there.status is not Status.EXACT:
        return Figure(0, there.status, there.reason)
    match operation.kind:
        case "convolution" | "matmul":
            return Figure(there.value * sum(wanted[:2]))
        case "attention":
            return Figure(scores(outputs[0], operation.geometry) * _of_attention(operation, wanted))
        case "recurrent":
            return Figure(_of_recurrent(operation, inputs, wanted))
        case "opaque" if "weights" in operation.geometry:  # a recurrent layer on sequences of several lengths
            return Figure(_of_recurrent(operation, inputs, wanted))
        case "opaque" if operation.name == "aten.convolution_backward":
            return Figure(0, Status.UNKNOWN, operation.name)
        case "opaque":
            return Figure(there.value * sum(wanted))
    return ZERO


def _of_attention(operation: Operation, wanted: Wanted) -> int:
    """For each pair of a query and a key: ∂/∂V and ∂/∂weights over the values, ∂/∂Q and ∂/∂K over features.

    A kernel that takes the weights anew on the way back, to keep less, makes further products.
    """
    query, key, value = wanted[:3]
    features, values = int(operation.geometry["shared"]), int(operation.geometry["values"])
    return values * (value + (query or key)) + features * (query + key)


def _of_recurrent(operation: Operation, inputs: Sequence[TensorInfo], wanted: Wanted) -> int:
    """Of every matrix a gradient, and through each a way back; through the first to the input if wanted."""
    g, x = operation.geometry, inputs[0]
    matrices = [prod(shape) for shape in g["weights"] if len(shape) == 2]
    per_way = len(matrices) // (int(g["layers"]) * (1 + bool(g["bidirectional"])))
    first = sum(matrices[: per_way * (1 + bool(g["bidirectional"])) : per_way])
    learn = weights_of(g["weights"]) if any(wanted[1:]) else 0
    way: int = learn + sum(matrices) - (0 if wanted[0] else first)
    return x.size // x.shape[-1] * way
