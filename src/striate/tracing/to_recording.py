"""What a tape holds, as a recording."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from striate.arithmetic.described import (
    Operation,
    ParameterInfo,
    Recording,
    Role,
    TensorInfo,
)
from striate.tracing.arguments import base_name, full_name, is_view, memory, reshapes_in_place, written
from striate.tracing.aten_kinds import Call, Meaning
from striate.tracing.calls import Calls
from striate.tracing.describing import describe
from striate.tracing.tape import Ran, Tape


def to_recording(
    network: nn.Module,
    tape: Tape,
    calls: Calls,
    inputs: Mapping[str, tuple[str, ...]],
    outputs: Sequence[int],
    with_times: bool,
) -> Recording:
    """Everything on it. inputs: the axes of each by its name. outputs: their numbers."""
    packed = {
        number: f"{calls.all[call].path}.{name}".lstrip(".") for number, (call, name) in tape.packed.items()
    }
    tensors = tuple(_info(tape, number, packed) for number in range(len(tape.tensors)))
    operations = tuple([_operation(ran, tensors) for ran in tape.ran])
    every, main = list(inputs.values()), _main(list(inputs.values()))
    batch = tensors[main].shape[0] if every[main][:1] == ("N",) and tensors[main].shape else 1
    return Recording(
        tensors=tensors,
        operations=operations,
        calls=tuple(calls.all),
        parameters=(*_parameters(network), *_of_packed(packed, tensors)),
        inputs=tuple(range(len(inputs))),
        outputs=tuple(outputs),
        axes=every[main],
        batch=batch,
        seconds=tuple(ran.seconds for ran in tape.ran) if with_times else (),
        backward_seconds=tape.back.of_all() if tape.back is not None else (),
        main=main,
        input_names=tuple(inputs),
        input_axes=tuple(every),
    )


def _main(axes: Sequence[tuple[str, ...]]) -> int:
    """The input that the rest is about: the first one whose units go along something."""
    return next((place for place, names in enumerate(axes) if set(names) - set("NC")), 0)


def _info(tape: Tape, number: int, packed: Mapping[int, str]) -> TensorInfo:
    tensor, role = tape.tensors[number], tape.roles[number]
    storage = memory(tensor)
    if role is Role.ACTIVATION and storage not in tape.dependent and not tape.escaped:
        role = Role.CONSTANT
    if role is Role.CONSTANT and storage in tape.dependent:
        role = Role.ACTIVATION
    if storage in tape.lent.changed and role is not Role.INPUT:
        role = Role.FOREIGN
    _, names = tape.known.get(id(tensor), (role, ()))
    return TensorInfo(
        shape=tape.shapes[number],
        itemsize=tensor.element_size(),
        role=role,
        fill=tape.constants.of(number),
        names=(packed[number],) if number in packed else names,
        trainable=tensor.requires_grad and role is Role.PARAMETER,
        storage=storage,
    )


def _operation(ran: Ran, tensors: Sequence[TensorInfo]) -> Operation:
    """What ran, as it is meant."""
    if ran.func is None:
        name = str(ran.named.get("name", ran.kind))
        return Operation(ran.kind, name, ran.inputs, ran.outputs, ran.geometry or {}, call=ran.call)
    kind, geometry = _known_meaning(ran, tensors)
    reshaped = reshapes_in_place(ran.func)
    return Operation(
        kind=kind,
        name=full_name(ran.func),
        inputs=_ordered(kind, geometry, ran),
        outputs=ran.outputs,
        geometry=geometry,
        view=(is_view(ran.func) or reshaped) and _shares(ran, tensors),
        writes=bool(written(ran.func)) and base_name(ran.func).endswith("_") and not reshaped,
        call=ran.call,
    )


def _known_meaning(ran: Ran, tensors: Sequence[TensorInfo]) -> Meaning:
    """Kind and geometry; worked out once for calls that are alike."""
    if ran.alike is None or ran.geometry:
        return _meaning(ran, tensors)
    if ran.alike.meaning is None:
        ran.alike.meaning = _meaning(ran, tensors)
    found: Meaning = ran.alike.meaning
    return found


def _meaning(ran: Ran, tensors: Sequence[TensorInfo]) -> Meaning:
    assert ran.func is not None
    call = Call(ran.func, ran.named, tuple(tensors[number].shape for number in ran.outputs))
    kind, geometry = describe(call) if ran.inputs else ("source", {})
    geometry = {**geometry, **(ran.geometry or {})}
    if kind == "batch_norm" and not geometry["batch_statistics"]:
        geometry.pop("instance", None)
    return kind, geometry


def _shares(ran: Ran, tensors: Sequence[TensorInfo]) -> bool:
    """Whether the result of a view operation really lies in the memory of its input."""
    return bool(ran.inputs and ran.outputs) and ran.inputs[0] != ran.outputs[0]


def _ordered(kind: str, geometry: Mapping[str, Any], ran: Ran) -> tuple[int, ...]:
    """Inputs in the order that the kind wants: the factors of a product before what is added."""
    order = geometry.get("inputs")
    if kind != "matmul" or order is None:
        return ran.inputs
    tensors = [name for name, value in ran.named.items() if isinstance(value, Tensor)]
    by_name = dict(zip(tensors, ran.inputs, strict=True))
    return tuple(by_name[name] for name in order if name in by_name)


def _parameters(network: nn.Module) -> tuple[ParameterInfo, ...]:
    names: dict[int, list[str]] = {}
    firsts: dict[int, nn.Parameter] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
        firsts[id(parameter)] = parameter
    return tuple(
        ParameterInfo(names[key][0], tuple(p.shape), p.element_size(), p.requires_grad, tuple(names[key][1:]))
        for key, p in firsts.items()
    )


def _of_packed(packed: Mapping[int, str], tensors: Sequence[TensorInfo]) -> list[ParameterInfo]:
    """The packed weights, each name once."""
    named = {name: tensors[number] for number, name in packed.items()}
    return [ParameterInfo(name, info.shape, info.itemsize, False) for name, info in named.items()]
