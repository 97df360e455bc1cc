"""Multiply-accumulates of the backward pass, by the operations of the forward pass.

A product a·b has two gradients, each a product of the same size: δ·bᵀ for what stands before, aᵀ·δ for what
stands behind. Only those are taken that somebody wants: of parameters that learn, and of what was computed
from them. So the first layer of a network has one, and each further one two.
"""

from collections.abc import Sequence
from math import prod

from striate.arithmetic.cost import macs, scores, weights_of
from striate.arithmetic.described import ZERO, Figure, Operation, Recording, Role, Status, TensorInfo

Wanted = Sequence[bool]


def wanted_gradients(recording: Recording) -> list[tuple[bool, ...]]:
    """For each operation, of which of its inputs the backward pass takes the gradient."""
    learns = {n for n, info in enumerate(recording.tensors) if info.role is Role.PARAMETER and info.trainable}
    wanted = []
    for operation in recording.operations:
        each = tuple(number in learns for number in operation.inputs)
        wanted.append(each)
        if any(each) and operation.kind not in ("source", "fill", "escape"):
            learns.update(operation.outputs)
    return wanted


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
