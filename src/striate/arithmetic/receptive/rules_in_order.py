"""What the outputs of one operation see, for operations over the steps of a sequence: one rule per kind."""

from dataclasses import replace

import numpy as np

from striate.arithmetic.described import Fill, Role, TensorInfo
from striate.arithmetic.receptive import field as fields
from striate.arithmetic.receptive.axis import Axis, Bounds, Step
from striate.arithmetic.receptive.field import (
    Field,
    Fields,
    Reading,
    Shape,
    blend,
    each,
    in_groups,
    mixed,
    whole,
)
from striate.arithmetic.receptive.joining import join


def cumulative(reading: Reading) -> Fields:
    """Everything up to here along `dim`."""
    dim = reading.geometry["dim"]
    return each(reading.field, reading.out, lambda axis: accumulate(axis, dim, reading.out[dim], False))


def accumulate(axis: Axis, dim: int, length: int, backwards: bool) -> Axis:
    """Each position along `dim` sees what it and all earlier (later) ones see."""
    opened = None if axis.open is None else _accumulate_bounds(axis.open, dim, length, backwards)
    steps = dict(axis.steps)
    if dim in steps:
        steps[dim] = Step(steps[dim].period, steps[dim].shift, False)
    return Axis(_accumulate_bounds(axis.seen, dim, length, backwards), opened, steps)


def _accumulate_bounds(bounds: Bounds, dim: int, length: int, backwards: bool) -> Bounds:
    if bounds.shape[dim + 1] == 1:
        return bounds
    turned = np.flip(bounds, dim + 1) if backwards else bounds
    summed = np.minimum.accumulate(turned, axis=dim + 1)
    return np.flip(summed, dim + 1) if backwards else summed


def recurrent(reading: Reading) -> Fields:
    """RNN, LSTM, GRU over (T, N, F) or (N, T, F): step t sees the steps up to t; backwards those from t
    on.
    """
    g, field, out = reading.geometry, reading.field, reading.out
    time, last = g["time"], len(out) - 1
    step = in_groups(field, last, 1, out[last])
    length = out[time]
    forward = each(step, out, lambda axis: accumulate(axis, time, length, False))
    if not g["bidirectional"]:
        result = forward
    elif g["layers"] == 1:
        result = _two_ways(step, forward, time, out)
    else:
        result = mixed(step, (time,))
    started = [field for field in reading.inputs[1:] if field is not None]
    state = [whole([field, *started], info.shape) for info in reading.outs[1:]]
    first = blend([result, whole(started, tuple(1 for _ in out))], out)
    return [first, *state]


def _two_ways(step: Field, forward: Field, time: int, out: Shape) -> Field:
    """One bidirectional layer: half of the features come from behind, half from ahead."""
    last, half = len(out) - 1, out[-1] // 2
    shape = (*out[:last], half)
    axes = []
    for ahead, axis in zip(forward.axes, step.axes, strict=True):
        behind = accumulate(axis, time, out[time], True)
        axes.append(join([ahead, behind], [shape, shape], last, [False, False]))
    return replace(forward, shape=out, axes=tuple(axes))


def attention(reading: Reading) -> Fields:
    """Scaled dot-product attention: a query sees itself and every key and value, or those up to it."""
    query, key, value = (_matched_heads(field, reading.out) for field in reading.inputs[:3])
    last = len(reading.out) - 1
    asked = query and fields.reduced(query, (last,), True, (*query.shape[:-1], 1))
    scored = key and fields.reduced(key, (last,), True, (*key.shape[:-1], 1))
    answers = blend([scored, value], (*reading.out[:-2], *reading.infos[2].shape[-2:]))
    masks = [whole([mask], tuple(1 for _ in reading.out)) for mask in reading.inputs[3:]]
    result = blend([asked, answers and _attended(answers, reading), *masks], reading.out)
    if result is not None and any(map(_switches_off, reading.infos[3:], reading.inputs[3:])):
        return result.as_bound("attention under a mask")
    return result


def _switches_off(mask: TensorInfo, field: Field | None) -> bool:
    """Whether a mask may take keys away: one of truth values, or of numbers that are not just a bias."""
    if mask.role is Role.PARAMETER or mask.fill in (Fill.GENERIC, Fill.NONZERO):
        return False
    return field is not None or mask.fill is Fill.UNKNOWN or mask.itemsize == 1


def _attended(answers: Field, reading: Reading) -> Field:
    """What each query takes of the keys and values: all of them, or where it is causal those up to it."""
    row, length = len(answers.shape) - 2, answers.shape[-2]
    if reading.geometry["causal"] and length == reading.out[-2]:
        return each(answers, answers.shape, lambda axis: accumulate(axis, row, length, False))
    everything = mixed(answers, (row,))
    once = replace(everything, shape=(*answers.shape[:-2], 1, answers.shape[-1]))
    return once.as_bound(reading.operation.name) if reading.geometry["causal"] else once


def _matched_heads(field: Field | None, out: Shape) -> Field | None:
    """The field with its leading dimensions stood still where they are not those of the output."""
    if field is None or field.shape[:-2] == out[:-2]:
        return field
    return mixed(field, range(len(field.shape) - 2))
