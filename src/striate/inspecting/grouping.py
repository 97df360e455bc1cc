"""From operations to rows: which are one layer, which parameters it uses, and what is to be said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from striate.arithmetic import factorised
from striate.arithmetic.cost import PRODUCTS
from striate.arithmetic.described import (
    UNCOMPUTED,
    Operation,
    ParameterInfo,
    Recording,
    Role,
    TensorInfo,
)
from striate.arithmetic.factorised import Convolution
from striate.inspecting.layers import Layer

# From operations to rows: which operations are one layer, and what that layer is called.

HIDDEN = frozenset({"alias", "source", "fill", "escape"})


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
        elif operation.kind in PRODUCTS or (
            operation.kind not in HIDDEN and operation.outputs and alive[index]
        ):
            rows.append(Group(operation.call, False, index, [index]))
    return sorted(rows, key=lambda group: (group.begins, not group.atomic, group.call))


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
    active = _active(recording.tensors)
    return [
        not (active.isdisjoint(operation.inputs) and active.isdisjoint(operation.outputs))
        for operation in recording.operations
    ]


def _active(tensors: Sequence[TensorInfo]) -> set[int]:
    """The numbers of the tensors that have to do with the input."""
    roles = (Role.INPUT, Role.ACTIVATION, Role.FOREIGN)
    return {number for number, info in enumerate(tensors) if info.role in roles}


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


# Which parameters each row uses, followed through whatever prepares them: transposes, masks.


class ParameterUse:
    """Goes through the rows in order; a parameter is counted in the first row that uses it."""

    def __init__(self, recording: Recording) -> None:
        self.tensors = recording.tensors
        self.operations = recording.operations
        self.by_name = {name: p for p in recording.parameters for name in (p.name, *p.aliases)}
        self.inside = self._prepared()
        self.counted: set[str] = set()

    def _prepared(self) -> dict[int, tuple[str, ...]]:
        """For each tensor, the parameters that it consists of, if the input has no part in it."""
        inside: dict[int, tuple[str, ...]] = {}
        held: dict[int, dict[str, None]] = {}  # by memory that was written to
        active = _active(self.tensors)
        for number, info in enumerate(self.tensors):
            if info.role is Role.PARAMETER and info.names:
                inside[number] = (info.names[0],)
        for operation in self.operations:
            if not active.isdisjoint(operation.inputs):
                continue
            names = dict.fromkeys(
                name
                for tensor in operation.inputs
                for name in (*inside.get(tensor, ()), *held.get(self.tensors[tensor].storage, ()))
            )
            for tensor in operation.outputs:
                if names and self.tensors[tensor].role is not Role.PARAMETER:
                    inside[tensor] = tuple(names)
                    if operation.writes:
                        held.setdefault(self.tensors[tensor].storage, {}).update(names)
        for tensor, info in enumerate(self.tensors):
            if info.storage in held:
                inside[tensor] = tuple(held[info.storage])
        return inside

    def of(self, group: Group) -> tuple[list[ParameterInfo], list[str]]:
        """The parameters that a row is the first to use, and the names of those counted before."""
        names = dict.fromkeys(
            name
            for index in group.operations
            for tensor in self.operations[index].inputs
            for name in self.inside.get(tensor, ())
        )
        used = [self.by_name[name] for name in names]
        new = [p for p in used if p.name not in self.counted]
        again = [p.name for p in used if p.name in self.counted]
        self.counted.update(p.name for p in new)
        return new, again


def is_bias(parameter: ParameterInfo, among: Sequence[ParameterInfo]) -> bool:
    """Whether a parameter is added rather than multiplied: by its name, which torch.nn keeps to."""
    last = parameter.name.rsplit(".", 1)[-1]
    return "bias" in last or (last in ("b", "beta") and len(among) > 1)


# Remarks on single rows: what a 1×1 convolution is, what a bottleneck or (2+1)D convolution saves.


def with_notes(layers: Sequence[Layer]) -> list[Layer]:
    """The rows with what there is to say of them."""
    every = [convolution_of(layer) for layer in layers]
    notes = [own_notes(layer, conv) for layer, conv in zip(layers, every, strict=True)]
    rows = [(conv, said) for conv, said in zip(every, notes, strict=True) if conv is not None]
    for start in range(len(rows)):
        _note_pair(rows[start : start + 2])
        _note_triple(rows[start : start + 3])
    return [
        replace(layer, notes=tuple(said)) if said else layer
        for layer, said in zip(layers, notes, strict=True)
    ]


def convolution_of(layer: Layer) -> Convolution | None:
    """The convolution of a row, if it is one that is not transposed."""
    weight = layer.geometry.get("weight")
    if weight is None or layer.geometry.get("transposed"):
        return None
    g = layer.geometry
    return Convolution(tuple(weight), int(g["groups"]), tuple(g["stride"]), int(g["positions"]))


def own_notes(layer: Layer, conv: Convolution | None) -> list[str]:
    """What a row says by itself."""
    notes = [str(layer.geometry["note"])] if "note" in layer.geometry else []
    if layer.shared:
        notes.append(f"uses {', '.join(layer.shared)} again: counted where it was first used")
    if layer.formula and layer.frozen:
        notes.append("frozen" if not layer.trainable else f"{layer.frozen:,} of its parameters are frozen")
    if conv is None:
        return notes
    if factorised.is_pointwise(conv):
        notes.append(factorised.pointwise_note(conv))
    elif factorised.is_depthwise(conv):
        notes.append(factorised.depthwise_note(conv))
    elif len(conv.kernel) == 3 and conv.kernel[0] > 1 and conv.kernel[1] > 1 and conv.groups == 1:
        notes.append(factorised.full_3d_note(conv))
    return notes


Noted = tuple[Convolution, list[str]]
"""A convolution and what is said of its row."""


def _note_pair(rows: Sequence[Noted]) -> None:
    """Space then time: (2+1)D. The two stand in one block, or in blocks within one."""
    if len(rows) != 2:
        return
    (first, _), (second, said) = rows
    if first.groups > 1 or second.groups > 1:
        return
    if factorised.is_spatial(first) and factorised.is_temporal(second) and first.filters == second.channels:
        said.append(factorised.split_note(first, second))


def _note_triple(rows: Sequence[Noted]) -> None:
    """1×1, k×k, 1×1, each taking what the one before gives: a bottleneck."""
    if len(rows) != 3:
        return
    convolutions = [conv for conv, _ in rows]
    chained = all(a.filters == b.channels for a, b in pairwise(convolutions))
    note = factorised.block_note(convolutions) if chained else None
    if note is not None:
        rows[2][1].append(note)
