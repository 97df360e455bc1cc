"""From a recording to the rows of the table and their totals."""

from collections.abc import Sequence
from dataclasses import replace

from striate.arithmetic import cost
from striate.arithmetic.described import UNCOMPUTED, Operation, Recording, TensorInfo
from striate.arithmetic.memory import inference_peak, training_peak
from striate.arithmetic.parameters import formula
from striate.arithmetic.receptive.field import Field, of_input
from striate.arithmetic.receptive.receptive_field import receptive_fields
from striate.arithmetic.receptive.summary import ReceptiveField, summarise
from striate.arithmetic.status import Figure, total
from striate.inspecting.grouping import Group, groups_of, kind_of, main_operation, names_of
from striate.inspecting.layers import Layer, Totals
from striate.inspecting.notes import with_notes
from striate.inspecting.weights import ParameterUse, is_bias


def table_of(recording: Recording) -> tuple[tuple[Layer, ...], Totals]:
    """Every layer of a recording, and the totals."""
    maker = _Maker(recording)
    groups = groups_of(recording)
    mains = [main_operation(recording, group) for group in groups]
    kinds = [maker.kind(group, main) for group, main in zip(groups, mains, strict=True)]
    names = names_of(recording, groups, kinds)
    layers = [
        maker.row(group, main, kind, name)
        for group, main, kind, name in zip(groups, mains, kinds, names, strict=True)
    ]
    noted = with_notes(layers)
    return tuple(noted), _totals(recording, noted)


class _Maker:
    """Makes rows from groups of operations."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.tensors = recording.tensors
        self.use = ParameterUse(recording)
        self.fields = receptive_fields(recording)
        self.axes = tuple(name for name in recording.axes if name not in "NC")
        self.writers = self._writers()
        self.summaries: dict[int, ReceptiveField] = {}

    def _writers(self) -> dict[int, list[tuple[int, Field | None]]]:
        """For each tensor, the operations that wrote it and what it saw then."""
        writers: dict[int, list[tuple[int, Field | None]]] = {}
        for index, (operation, found) in enumerate(zip(self.recording.operations, self.fields, strict=True)):
            for slot, field in zip(operation.outputs, found, strict=False):
                writers.setdefault(slot, []).append((index, field))
        return writers

    def field_at(self, slot: int, time: int) -> Field | None:
        """What a tensor saw before operation number `time`."""
        earlier = [field for index, field in self.writers.get(slot, ()) if index < time]
        return earlier[-1] if earlier else None

    def kind(self, group: Group, main: Operation | None) -> str:
        """The row's kind, by its main operation; a linear layer by what it multiplies with."""
        call = self.recording.calls[group.call]
        if call.type == "MultiheadAttention" and group.atomic:
            return "multihead_attention"
        if main is None or (group.atomic and main.kind in ("alias", "source", "reshape")):
            return call.type.lower()
        if main.kind == "matmul":
            right = main.inputs[1]
            return "linear" if right in self.use.inside or main.inputs[0] in self.use.inside else "matmul"
        return kind_of(main)

    def row(self, group: Group, main: Operation | None, kind: str, name: str) -> Layer:
        """One row."""
        recording, call = self.recording, self.recording.calls[group.call]
        operations = [recording.operations[index] for index in group.operations]
        described = [(op, self.infos(op.inputs), self.infos(op.outputs)) for op in operations]
        slot, field = self.result(group)
        new, again = self.use.of(group)
        biases = sum(p.size for p in new if is_bias(p, new))
        weight = (
            self.tensors[main.inputs[1]].shape if main is not None and main.kind == "convolution" else None
        )
        shapes = [p.shape for p in new]
        return Layer(
            name=name,
            kind=kind,
            type=call.type if group.atomic else "",
            module=call.path,
            call=call.number,
            output_shape=self.tensors[slot].shape if slot is not None else (),
            filters=self.tensors[main.outputs[0]].shape[1] if weight and main else None,
            kernels=weight[0] * weight[1] if weight else None,
            weights=sum(p.size for p in new) - biases,
            biases=biases,
            trainable=sum(p.size for p in new if p.trainable),
            formula=formula(main.kind if main else "", main.geometry if main else {}, shapes),
            uses=tuple(p.name for p in new),
            shared=tuple(again),
            macs=total(cost.macs(*each) for each in described),
            flops=total(cost.flops(*each) for each in described),
            activation_bytes=sum(cost.new_bytes(op, outs) for op, _, outs in described if self.counts(op)),
            parameter_bytes=sum(p.size * p.itemsize for p in new),
            bytes_moved=sum(cost.bytes_moved(*each) for each in described),
            receptive_field=self.summary(field),
            moves=bool(operations) and all(op.kind in UNCOMPUTED for op in operations),
            seconds=self.seconds(group),
            geometry=self.geometry(main, weight),
            field=field,
        )

    def summary(self, field: Field | None) -> ReceptiveField | None:
        """The numbers of a field; layers that see alike share them."""
        if field is None:
            return None
        known = self.summaries.get(id(field))
        if known is None:
            known = self.summaries[id(field)] = summarise(field, self.axes)
        return known

    def infos(self, slots: Sequence[int]) -> list[TensorInfo]:
        """What is known of tensors."""
        return [self.tensors[slot] for slot in slots]

    def counts(self, operation: Operation) -> bool:
        """Whether an operation makes an activation, rather than preparing a weight."""
        return not any(slot in self.use.inside for slot in operation.outputs)

    def result(self, group: Group) -> tuple[int | None, Field | None]:
        """The tensor that a row gives, and what it sees."""
        facts = self.recording.calls[group.call].facts
        if group.atomic and facts.get("returns"):
            slot = facts["returns"][0]
            known = self.field_at(slot, facts["ends"])
            if known is None and slot in self.recording.inputs:
                known = self._input_field(slot)
            return slot, known
        if not group.operations:
            return None, None
        last = group.operations[-1]
        outputs = self.recording.operations[last].outputs
        return (outputs[0], self.fields[last][0]) if outputs else (None, None)

    def _input_field(self, slot: int) -> Field | None:
        dims = [dim for dim, name in enumerate(self.recording.axes) if name not in "NC"]
        return of_input(self.tensors[slot].shape, dims) if slot == self.recording.inputs[0] else None

    def seconds(self, group: Group) -> float | None:
        """Measured time, where it was measured."""
        if not any(self.recording.seconds):
            return None
        return sum(self.recording.seconds[index] for index in group.operations)

    def geometry(self, main: Operation | None, weight: tuple[int, ...] | None) -> dict[str, object]:
        """What the notes and the picture need to know."""
        if main is None:
            return {}
        told = dict(main.geometry)
        if weight is not None:
            told["weight"] = weight
            told["positions"] = self.tensors[main.outputs[0]].size // max(
                self.tensors[main.outputs[0]].shape[1], 1
            )
        return told


def _totals(recording: Recording, layers: Sequence[Layer]) -> Totals:
    parameters = recording.parameters
    count, used = sum(p.size for p in parameters), sum(layer.parameters for layer in layers)
    frames = next((recording.tensors[0].shape[i] for i, n in enumerate(recording.axes) if n == "T"), None)
    seconds = sum(recording.seconds) if any(recording.seconds) else None
    trainable = sum(p.size for p in parameters if p.trainable)
    return Totals(
        parameters=Figure(count),
        trainable=trainable,
        frozen=count - trainable,
        unused=count - used,
        parameter_bytes=sum(p.size * p.itemsize for p in parameters),
        macs=total(layer.macs for layer in layers),
        flops=total(layer.flops for layer in layers),
        activation_bytes=Figure(sum(layer.activation_bytes for layer in layers)),
        bytes_moved=Figure(sum(layer.bytes_moved for layer in layers)),
        inference_peak=inference_peak(recording),
        training_peak=training_peak(recording),
        batch=recording.batch,
        frames=frames,
        seconds=seconds,
    )


def with_shares(layers: Sequence[Layer], seconds: float | None) -> tuple[Layer, ...]:
    """Every row's share of the measured time."""
    if not seconds:
        return tuple(layers)
    return tuple(
        replace(layer, share=None if layer.seconds is None else layer.seconds / seconds) for layer in layers
    )
