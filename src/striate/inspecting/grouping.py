"""From operations to rows: which operations are one layer, and what that layer is called."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from striate.arithmetic.cost import PRODUCTS
from striate.arithmetic.described import UNCOMPUTED, Operation, Recording, Role

HIDDEN = frozenset({"alias", "source", "fill", "escape"})

_KINDS = {
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
    "_softmax": "softmax",
    "_safe_softmax": "softmax",
    "_log_softmax": "log_softmax",
    "native_layer_norm": "layer_norm",
    "_fused_rms_norm": "rms_norm",
    "_unsafe_view": "reshape",
    "view": "reshape",
    "cat": "concatenate",
    "copy": "write",
    "t": "transpose",
    "constant_pad_nd": "pad",
    "hardtanh": "relu6",
}


@dataclass(slots=True)
class Group:
    """The operations of one row. `call` is the module call that they belong to."""

    call: int
    atomic: bool
    begins: int
    operations: list[int] = field(default_factory=list)


def groups_of(recording: Recording) -> list[Group]:
    """The rows of a recording in the order of execution."""
    owners = [_owner(recording, call) for call in range(len(recording.calls))]
    groups: dict[int, Group] = {}
    for number, call in enumerate(recording.calls):
        childless = call.type in ("Identity",) or "Dropout" in call.type
        if owners[number] == number and (call.atomic or childless):
            groups[number] = Group(number, True, call.facts["begins"])
    rows = list(groups.values())
    alive = _depends(recording)
    for index, operation in enumerate(recording.operations):
        owner = owners[operation.call]
        if owner is not None and owner in groups:
            groups[owner].operations.append(index)
        elif operation.kind in PRODUCTS or (operation.kind not in HIDDEN and alive[index]):
            rows.append(Group(operation.call, False, index, [index]))
    return sorted(rows, key=lambda group: (group.begins, group.call))


def _owner(recording: Recording, number: int) -> int | None:
    """The outermost atomic call around a call; itself if it stands in none."""
    found, current = number, number
    while current >= 0:
        if recording.calls[current].atomic:
            found = current
        current = recording.calls[current].parent
    return found


def _depends(recording: Recording) -> list[bool]:
    """Whether each operation has to do with the input, and is not a preparation of weights."""
    roles = (Role.INPUT, Role.ACTIVATION, Role.FOREIGN)
    return [
        any(recording.tensors[tensor].role in roles for tensor in (*operation.inputs, *operation.outputs))
        for operation in recording.operations
    ]


def kind_of(operation: Operation) -> str:
    """What a reader calls an operation: conv2d, linear, max_pool2d, relu, add."""
    name = operation.name.split(".")[-1].rstrip("_")
    count = len(operation.geometry.get("kernel", ()))
    if operation.kind == "convolution":
        return f"conv_transpose{count}d" if operation.geometry.get("transposed") else f"conv{count}d"
    if operation.kind == "adaptive_pool":
        return name.lstrip("_")
    if operation.kind in ("batch_norm", "group_norm", "attention", "matmul"):
        own = operation.geometry.get("instance")
        return "instance_norm" if own else operation.kind
    return _KINDS.get(name, name.lstrip("_"))


def main_operation(recording: Recording, group: Group) -> Operation | None:
    """The operation that a row is named after: the one that computes, the last one if several do not."""
    operations = [recording.operations[index] for index in group.operations]
    heavy = [op for op in operations if op.kind in ("convolution", "recurrent", "attention", "lookup")]
    heavy = heavy or [op for op in operations if op.kind == "matmul"]
    plain = [op for op in operations if op.kind not in HIDDEN and op.kind not in UNCOMPUTED]
    found = heavy or plain[-1:] or operations[-1:]
    return found[0] if found else None


def names_of(recording: Recording, groups: Sequence[Group], kinds: Sequence[str]) -> list[str]:
    """A name per row: the module's path, or that of the module around it and what is done there."""
    alone: dict[int, int] = {}
    for group in groups:
        alone[group.call] = alone.get(group.call, 0) + 1
    parents = {call.parent for call in recording.calls}
    counts: dict[tuple[str, int], int] = {}
    names = []
    for group, kind in zip(groups, kinds, strict=True):
        call = recording.calls[group.call]
        single = group.atomic or (alone[group.call] == 1 and group.call not in parents)
        if single and call.path:
            names.append(call.path)
            continue
        base = f"{call.path}.{kind}" if call.path else kind
        count = counts[base, call.number] = counts.get((base, call.number), 0) + 1
        names.append(base if count == 1 else f"{base}_{count}")
    return names
