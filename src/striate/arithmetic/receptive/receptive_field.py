"""The receptive field of every tensor of a recording, by walking its operations in order.

The field is that of the structure: the hull of every way along which a value can travel from the input,
whatever the weights are (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019, give the formula for strides and kernels; here every position is followed, so that
uneven pools, slices and shifts are exact too). Batch norm counts as at inference. What an unlisted
operation mixes is not known: its outputs see at most all that its inputs see, and that is called a bound.
"""

from collections.abc import Iterable, Sequence, Set

from striate.arithmetic.described import Fill, Operation, Recording, Role
from striate.arithmetic.receptive import field as fields
from striate.arithmetic.receptive.field import Field, Fields, Reading, Rule
from striate.arithmetic.receptive.rules_mixing import MIXING, anything
from striate.arithmetic.receptive.rules_moving import MOVING
from striate.arithmetic.receptive.rules_windows import RESIZING
from striate.arithmetic.receptive.rules_writing import UNDO, Write

RULES: dict[str, Rule] = {**MIXING, **MOVING, **RESIZING}
SILENT = frozenset({"source", "fill"})  # made without looking at the input

Moment = tuple[int, int]
Parent = tuple[int, Operation, int]  # the tensor a view shows, the operation that made the view, which output


def fields_and_moments(
    recording: Recording, moments: Iterable[Moment], source: int | None = None
) -> tuple[list[list[Field | None]], dict[Moment, Field | None]]:
    """For each operation, the field of each of its outputs at the time it ran; None: does not see the input.
    And what some tensors saw at some moments, through whatever view they were written.

    Args:
        recording: what ran.
        moments: (number of operations that have run by then, number of the tensor).
        source: the input that is seen, by its position among the inputs; by default the main one.
    """
    walk = _Walk(recording, recording.main if source is None else source)
    asked = sorted(set(moments), reverse=True)
    found, then = [], {}
    for time in range(len(recording.operations) + 1):
        while asked and asked[-1][0] <= time:
            moment = asked.pop()
            then[moment] = walk.read(moment[1])
        if time < len(recording.operations):
            found.append(walk.run(recording.operations[time]))
    return found, then


class _Walk:
    """The state of the walk: what each tensor sees now, and which tensors are views of which."""

    def __init__(self, recording: Recording, source: int) -> None:
        self.infos = recording.tensors
        self.fields: dict[int, Field | None] = {}
        self.parents: dict[int, Parent] = {}
        self.version: dict[int, int] = {}
        self.read_at: dict[int, int] = {}
        self.blotted: set[int] = set()  # tensors whose blank parts are no longer zeros
        self.wanted = {number for op in recording.operations for number in op.inputs} | set(recording.outputs)
        self.leaked: Field | None = None  # what left for Python, from where it may come back anywhere
        first = recording.inputs[source]
        dims = [dim for dim, name in enumerate(recording.axes_of(source)) if name not in "NC"]
        self.fields[first] = fields.of_input(self.infos[first].shape, dims)

    def run(self, operation: Operation) -> list[Field | None]:
        """Take one operation into account."""
        if operation.kind == "escape":
            self.leak(operation.inputs)
            return []
        result = self.result(operation)
        if self.leaked is not None:
            result = [
                self.with_leak(field, number) for field, number in zip(result, operation.outputs, strict=True)
            ]
        for position, (number, field) in enumerate(zip(operation.outputs, result, strict=True)):
            self.store(operation, position, number, field)
        return result

    def result(self, operation: Operation) -> list[Field | None]:
        """What the outputs see."""
        count = len(operation.outputs)
        inputs = [self.read(number) for number in operation.inputs]
        if operation.kind in SILENT or all(field is None for field in inputs):
            return [None] * count
        reading = self.reading(operation, inputs)
        if all(info.size == 0 for info in reading.outs):
            return [None] * count
        rule = RULES.get(operation.kind, anything)
        if inputs[0] is None and operation.kind in _NEED_FIRST:
            rule = anything
        found = _per_output(rule(reading), reading, self.wanted)
        return [field if info.size else None for field, info in zip(found, reading.outs, strict=True)]

    def reading(self, operation: Operation, inputs: Sequence[Field | None]) -> Reading:
        """The operation with what it reads and writes."""
        infos = [self.infos[number] for number in operation.inputs]
        return Reading(operation, inputs, infos, [self.infos[number] for number in operation.outputs])

    def store(self, operation: Operation, position: int, number: int, field: Field | None) -> None:
        """Keep a result: as a new tensor, as a view, or written into a tensor that was there."""
        if operation.writes and number in operation.inputs:
            if field is None and not self.writes_zeros(operation):
                self.blotted.add(self.root(number))
            self.write(number, field)
            return
        if operation.view and operation.inputs:
            self.parents[number] = (operation.inputs[0], operation, position)
            self.read_at[number] = self.version.get(self.root(number), 0)
        self.fields[number] = field

    def writes_zeros(self, operation: Operation) -> bool:
        """Whether what is written is zeros; after other constants, blank parts are not padding any more."""
        if operation.kind == "fill":
            return bool(operation.geometry.get("zero"))
        return operation.kind == "copy" and self.infos[operation.inputs[-1]].fill is Fill.ZERO

    def root(self, number: int) -> int:
        """The tensor that owns the memory of a view."""
        while number in self.parents:
            number = self.parents[number][0]
        return number

    def read(self, number: int) -> Field | None:
        """What a tensor sees now; views of a tensor that was written to are derived again."""
        info = self.infos[number]
        if number not in self.parents:
            known = self.fields.get(number)
            if known is None and info.role is Role.FOREIGN and self.leaked is not None:
                return self.with_leak(None, number)
            return known
        version = self.version.get(self.root(number), 0)
        if self.read_at.get(number) != version:
            parent, operation, position = self.parents[number]
            inputs = [self.read(parent), *[self.read(other) for other in operation.inputs[1:]]]
            if inputs[0] is None:
                self.fields[number] = None
            else:
                reading = self.reading(operation, inputs)
                rule = RULES.get(operation.kind, anything)
                self.fields[number] = _per_output(rule(reading), reading, self.wanted)[position]
            self.read_at[number] = version
        return self.fields[number]

    def write(self, number: int, field: Field | None) -> None:
        """Put a new field into a tensor, and through a view into what it shows."""
        root = self.root(number)
        if number in self.parents:
            parent, operation, position = self.parents[number]
            self.write(parent, self.behind(parent, operation, position, field))
        else:
            self.version[root] = self.version.get(root, 0) + 1
        self.fields[number] = field
        self.read_at[number] = self.version[root]

    def behind(self, parent: int, operation: Operation, position: int, field: Field | None) -> Field | None:
        """What the parent of a view sees after `field` was written to the view."""
        before = self.read(parent)
        root = self.root(parent)
        blank = self.infos[root].fill is Fill.ZERO or self.infos[root].role is Role.ACTIVATION
        zeros = blank and root not in self.blotted
        undo = UNDO.get(operation.kind)
        if undo is not None:
            return undo(Write(self.reading(operation, [before]), before, field, position, zeros))
        everything = fields.whole([before, field], self.infos[parent].shape)
        return everything and everything.as_bound(f"a write into a view ({operation.name})")

    def leak(self, numbers: Sequence[int]) -> None:
        """Values left for Python: whatever runs from here on may depend on them."""
        everything = fields.whole([self.leaked, *[self.read(number) for number in numbers]], ())
        self.leaked = everything and everything.as_bound("values read by Python")

    def with_leak(self, field: Field | None, number: int) -> Field | None:
        """A field widened by all that has left for Python."""
        shape = self.infos[number].shape
        assert self.leaked is not None
        widened = fields.blend([field, fields.whole([self.leaked], (1,) * len(shape))], shape)
        return widened and widened.as_bound(self.leaked.reason)


_NEED_FIRST = frozenset(
    {"convolution", "pool", "mix", "reduce", "batch_norm", "group_norm", "cumulative", "recurrent"}
    | set(MOVING)
) - {"join", "stack"}


def _per_output(result: Fields, reading: Reading, wanted: Set[int]) -> list[Field | None]:
    """One field per output. A single field is that of all outputs of its shape; others, if used, are
    bounds.
    """
    if isinstance(result, list):
        return result
    rest = []
    for number, info in zip(reading.operation.outputs[1:], reading.outs[1:], strict=True):
        if info.shape == reading.out:
            rest.append(result)
        else:
            found = fields.whole(reading.inputs, info.shape) if number in wanted else None
            rest.append(_bound(found, reading))
    return [result, *rest]


def _bound(field: Field | None, reading: Reading) -> Field | None:
    return field and field.as_bound(reading.operation.name)
