"""From a recording to the rows of the table and their totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from striate.arithmetic import cost
from striate.arithmetic.backward import backward_macs, wanted_gradients
from striate.arithmetic.described import (
    UNCOMPUTED,
    Figure,
    Operation,
    ParameterInfo,
    Recording,
    TensorInfo,
    total,
)
from striate.arithmetic.memory import Saved, inference_peak, kept_by, saved_for_backward, training_peak
from striate.arithmetic.parameters import formula
from striate.inspecting.branches import reads_of
from striate.inspecting.grouping import (
    Group,
    ParameterUse,
    groups_of,
    is_bias,
    main_operation,
    names_of,
    with_notes,
)
from striate.inspecting.layers import Layer, Totals, kind_of
from striate.inspecting.seeing import result_of, seeing_of


def table_of(recording: Recording) -> tuple[tuple[Layer, ...], Totals]:
    """Every layer of a recording, and the totals."""
    maker = _Maker(recording)
    groups = groups_of(recording)
    mains = [main_operation(recording, group) for group in groups]
    kinds = [maker.kind(group, main) for group, main in zip(groups, mains, strict=True)]
    names = names_of(recording, groups, kinds)
    rows = zip(groups, mains, kinds, names, reads_of(recording, groups), strict=True)
    layers = [maker.row(group, main, kind, name, reads) for group, main, kind, name, reads in rows]
    noted = with_notes(layers)
    return tuple(noted), _totals(recording, noted, maker.saved)


class _Cost(NamedTuple):
    """Of one operation."""

    macs: Figure
    flops: Figure
    new_bytes: int
    bytes_moved: int


class _Maker:
    """Makes rows from groups of operations."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.tensors = recording.tensors
        self.use = ParameterUse(recording)
        self.seeing = seeing_of(recording)
        self.wanted = wanted_gradients(recording)
        self.saved = saved_for_backward(recording)
        self.kept = kept_by(self.saved)
        self.known: dict[tuple[object, ...], _Cost] = {}
        self.main_input = recording.input_names[recording.main]

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

    def row(
        self, group: Group, main: Operation | None, kind: str, name: str, reads: tuple[int, ...]
    ) -> Layer:
        """One row."""
        recording, call = self.recording, self.recording.calls[group.call]
        operations = [recording.operations[index] for index in group.operations]
        tensor = self.result(group)
        fields = {name: seeing.of(group) for name, seeing in self.seeing.items()}
        seen = {name: seeing.summary(fields[name]) for name, seeing in self.seeing.items()}
        new, again = self.use.of(group)
        weight = self.weight_of(main)
        return Layer(
            name=name,
            kind=kind,
            type=call.type if group.atomic else "",
            module=call.path,
            call=call.number,
            output_shape=self.tensors[tensor].shape if tensor is not None else (),
            filters=self.tensors[main.outputs[0]].shape[1] if weight and main else None,
            kernels=weight[0] * weight[1] if weight else None,
            formula=formula(main.kind if main else "", main.geometry if main else {}, [p.shape for p in new]),
            uses=tuple(p.name for p in new),
            shared=tuple(again),
            receptive_field=seen[self.main_input],
            receptive_fields=seen if len(seen) > 1 else {},
            moves=bool(operations) and all(op.kind in UNCOMPUTED for op in operations),
            backward_macs=total(self.backward(index) for index in group.operations),
            kept_bytes=sum(self.kept.get(index, 0) for index in group.operations),
            seconds=self.seconds(group, recording.seconds),
            backward_seconds=self.seconds(group, recording.backward_seconds),
            geometry=self.geometry(main, weight),
            reads=reads,
            field=fields[self.main_input],
            fields=fields,
            **_sizes(new),
            **self.costs(operations),
        )

    def weight_of(self, main: Operation | None) -> tuple[int, ...] | None:
        """The shape of a convolution's weight."""
        return self.tensors[main.inputs[1]].shape if main and main.kind == "convolution" else None

    def costs(self, operations: Sequence[Operation]) -> dict[str, Any]:
        """What the operations of a row compute, make and move."""
        each = [(op, self.cost(op)) for op in operations]
        return {
            "macs": total(one.macs for _, one in each),
            "flops": total(one.flops for _, one in each),
            "activation_bytes": sum(one.new_bytes for op, one in each if self.counts(op)),
            "bytes_moved": sum(one.bytes_moved for _, one in each),
        }

    def cost(self, operation: Operation) -> "_Cost":
        """That of one operation; those that are alike share it."""
        infos, outs = self.infos(operation.inputs), self.infos(operation.outputs)
        sizes = [(info.shape, info.itemsize) for info in (*infos, *outs)]
        writes = operation.view, operation.writes
        alike = (operation.kind, operation.name, id(operation.geometry), *writes, len(infos), *sizes)
        if alike not in self.known:
            self.known[alike] = _Cost(
                cost.macs(operation, infos, outs),
                cost.flops(operation, infos, outs),
                cost.new_bytes(operation, outs),
                cost.bytes_moved(operation, infos, outs),
            )
        return self.known[alike]

    def infos(self, tensors: Sequence[int]) -> list[TensorInfo]:
        """What the recording says of tensors, by their numbers."""
        return [self.tensors[tensor] for tensor in tensors]

    def counts(self, operation: Operation) -> bool:
        """Whether an operation makes an activation, rather than preparing a weight."""
        return not any(tensor in self.use.inside for tensor in operation.outputs)

    def result(self, group: Group) -> int | None:
        """The tensor that a row gives."""
        call = self.recording.calls[group.call]
        if group.atomic and call.facts.get("returns"):
            return result_of(call)[1]
        outputs = self.recording.operations[group.operations[-1]].outputs if group.operations else ()
        return outputs[0] if outputs else None

    def backward(self, index: int) -> Figure:
        """What the gradients of one operation cost."""
        operation = self.recording.operations[index]
        infos = self.infos(operation.inputs), self.infos(operation.outputs)
        return backward_macs(operation, *infos, self.wanted[index])

    def seconds(self, group: Group, measured: Sequence[float]) -> float | None:
        """Measured time, where it was measured."""
        return sum(measured[index] for index in group.operations) if any(measured) else None

    def geometry(self, main: Operation | None, weight: tuple[int, ...] | None) -> dict[str, object]:
        """What the notes and the drawing need to know."""
        if main is None or weight is None:
            return dict(main.geometry) if main else {}
        output = self.tensors[main.outputs[0]]
        return {**main.geometry, "weight": weight, "positions": output.size // max(output.shape[1], 1)}


def _sizes(parameters: Sequence[ParameterInfo]) -> dict[str, Any]:
    """How many numbers the parameters of a row hold."""
    biases = sum(p.size for p in parameters if is_bias(p, parameters))
    return {
        "weights": sum(p.size for p in parameters) - biases,
        "biases": biases,
        "trainable": sum(p.size for p in parameters if p.trainable),
        "parameter_bytes": sum(p.size * p.itemsize for p in parameters),
    }


def _totals(recording: Recording, layers: Sequence[Layer], saved: Saved) -> Totals:
    """The sums; `saved` is what the backward pass needs."""
    parameters = recording.parameters
    count, used = sum(p.size for p in parameters), sum(layer.parameters for layer in layers)
    main = recording.tensors[recording.inputs[recording.main]]
    frames = next((main.shape[i] for i, n in enumerate(recording.axes) if n == "T"), None)
    outside = cost.outside(recording)
    peak = training_peak(recording, saved)
    trainable = sum(p.size for p in parameters if p.trainable)
    return Totals(
        parameters=Figure(count),
        trainable=trainable,
        frozen=count - trainable,
        unused=count - used,
        parameter_bytes=sum(p.size * p.itemsize for p in parameters),
        macs=total([*(layer.macs for layer in layers), outside]),
        flops=total([*(layer.flops for layer in layers), outside]),
        activation_bytes=Figure(sum(layer.activation_bytes for layer in layers)),
        bytes_moved=Figure(sum(layer.bytes_moved for layer in layers)),
        inference_peak=inference_peak(recording),
        training_peak=peak,
        backward_macs=total([*(layer.backward_macs for layer in layers), outside]),
        kept_bytes=Figure(sum(size for size, _ in saved.values()), peak.status, peak.reason),
        batch=recording.batch,
        frames=frames,
        seconds=sum(recording.seconds) if any(recording.seconds) else None,
        backward_seconds=sum(recording.backward_seconds) if any(recording.backward_seconds) else None,
    )


def with_shares(layers: Sequence[Layer], seconds: float | None) -> tuple[Layer, ...]:
    """Every row's share of the measured time."""
    if not seconds:
        return tuple(layers)
    return tuple(
        replace(layer, share=None if layer.seconds is None else layer.seconds / seconds) for layer in layers
    )
