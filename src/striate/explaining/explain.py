"""The verb `explain`: a network and an input → the numbers behind a number."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from striate.arithmetic.receptive.unit_field import UnitField
from striate.checked import checked
from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError, unknown
from striate.explaining.backward_path import explain_backward_path
from striate.explaining.chain import Chain, explain_chain
from striate.explaining.checking import as_array
from striate.explaining.explanation import Explanation, LayerLine
from striate.explaining.inputs import Input
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.loss import Answer, Loss
from striate.explaining.optimiser import Optimiser, clip_factor, moves_alone, optimiser_of
from striate.explaining.pictures import SHOWS, Show
from striate.explaining.pictures.request import PictureRequest
from striate.explaining.pixels import explain_pixels
from striate.explaining.question import Observed, Question, observe, parameter_index, position
from striate.explaining.subject import Subject, open_subject
from striate.explaining.unit import Unit, choose, explain_unit, with_followers
from striate.explaining.update import explain_update
from striate.explaining.weight_gradient import (
    WeightGradient,
    explain_gradient,
    gradient_by_torch,
    parameter_name,
    start_of_chain,
)
from striate.pages.languages import Language, speaking
from striate.tracing.layer_record import LayerRecord, Recorded


@speaking
@checked
def explain(
    network: str | Path | nn.Module,
    inputs: Input | Sequence[str | Path],
    *,
    layer: str | None = None,
    filter: int | None = None,
    at: Sequence[int] | str | None = None,
    weight: Sequence[int] | str | None = None,
    delta: bool = False,
    through: bool = False,
    show: Sequence[Show] = (),
    label: str | int | Sequence[str | int] | None = None,
    target: str | int | None = None,
    learning_rate: float | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    language: Language = "en",
) -> Explanation:
    """Works out a number of a network by hand, compares it with what torch computed, and shows its parts.

    Args:
        network: the folder of a run, made by `train`; in Python also any module, which is left as it was.
        inputs: image files, images of a data set ("digits/test/17"), or .npy files; for a run on clips,
            videos and folders of frames ("jump.mp4", or "jump.mp4#3" for the third window that `predict`
            lists); in Python also a tensor, with the batch first. Numbers are worked out for the first input,
            gradients are of the mean loss over all.
        layer: the layer to look at, as "conv1", or "conv1#2" for the second call of a shared one. By default
            only the network's layers and its answer are told.
        filter: the filter, from 0, whose output is worked out. By default that of `weight`, or the one that
            answers most.
        at: the position in its output, (row, column) or of a clip (frame, row, column), as "4,4". By default
            where the filter answers most.
        weight: the weight whose gradient is taken apart as a sum of terms, and its update: filter, channel
            within its group, row, column, as "5,3,1,1", with a frame before the row where kernels have one;
            output and input of a fully connected layer. Of another parameter with its name before, as
            "bias:3" or "weight_hh_l0:3,1".
        delta: the gradient δ at the number that is asked for, as its own sum of terms, and so on to the loss.
            With `weight` that is always told of the largest term of its gradient.
        through: the size of the gradient on its way from the loss back to the layer.
        show: pictures of the layer, or of what the network looks at.
        label: the true class of the inputs, one or one each, where they come without; by name, or by number.
        target: the class that the pictures of `show` ask about. By default the most probable one.
        learning_rate: for the update that `weight`, or `show` "update", tells. By default the highest of the
            run's schedule; in Python of a module the optimiser's own.
        optimizer: whose update is shown, for a module.
        language: English or Vietnamese.

    Returns:
        What was found; it shows itself in a notebook, and has `to_html()` and `to_json()`.

    Raises:
        ArgumentError: what is out of range, with the range.
        NetworkError: an input that does not fit, a kind of layer that cannot be worked out, a number on which
            hand and torch do not agree.

    >>> import torch
    >>> network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
    >>> found = explain(network, torch.ones(1, 1, 5, 5), layer="0", filter=1, at=(2, 2))
    >>> found.unit.detail.products.shape  # channels, rows, columns
    (1, 3, 3)
    """
    parameter, index = parameter_index(weight)
    question = Question(
        layer, filter, position(at), index, parameter, delta, through, tuple(show), target, learning_rate
    )
    if optimizer is not None and not question.has_update:
        raise ArgumentError("an optimizer is of an update: give weight, or show update, too, or leave it out")
    listed: list[Any] = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    subject = open_subject(network, listed, label)
    optimiser = find_optimiser(subject, optimizer, learning_rate)
    return answer(question, observe(subject, question, optimiser), language)


def answer(question: Question, observed: Observed, language: str) -> Explanation:
    """What is asked for, worked out of what was observed."""
    subject, recorded, optimiser = observed.subject, observed.recorded, observed.optimiser
    found = _overview(subject, recorded, observed.loss, language)
    named = None if question.layer is None else recorded.named(question.layer)
    if named is not None:
        gradient = _gradient(recorded, named, question, optimiser)
        if gradient is not None and question.filter is None:
            filter_of = kind_of(named).filter_of(question.parameter, gradient.index)
            question = replace(question, filter=filter_of)
        unit = _unit(observed, named, question)
        path = explain_backward_path(recorded, named) if question.through else None
        chain = _chain(recorded, named, gradient, unit if question.delta else None)
        frame = found.picture if unit is None else _frame(subject, unit.receptive_field)
        found = replace(found, unit=unit, picture=frame, gradient=gradient, chain=chain, through=path)
    seen = None if found.unit is None else found.unit.receptive_field
    found = replace(found, pixels=explain_pixels(subject, seen))
    request = PictureRequest(
        subject,
        recorded,
        named,
        question.filter,
        found.unit,
        question.target,
        observed.fields,
        optimiser,
    )
    if question.target is not None:
        request.target_class()  # refused where there is none, pictures or not
    for name in question.show:
        if name not in SHOWS:
            raise ArgumentError(unknown("picture", str(name), SHOWS))
    return replace(found, pictures=tuple(one for name in question.show for one in SHOWS[name](request)))


def _overview(subject: Subject, recorded: Recorded, loss: Loss | None, language: str) -> Explanation:
    """The network's layers and its answer."""
    answer = None
    if recorded.output.dim() == 2:
        names = tuple(map(subject.class_name, range(recorded.output.shape[1])))
        answer = Answer(names, as_array(recorded.output[0]), subject.temperature)
    return Explanation(
        subject=subject.name,
        inputs=subject.titles,
        input_shape=tuple(subject.inputs.shape),
        label=None if subject.labels is None else subject.class_name(subject.labels[0]),
        answer=answer,
        layers=tuple(map(_line, recorded.layers)),
        picture=_frame(subject),
        loss=loss,
        language=language,
    )


def _unit(observed: Observed, named: LayerRecord, question: Question) -> Unit | None:
    """The output that is asked for; None where only pictures or the way through a block are."""
    if not named.whole and (question.show or question.through) and question.filter is None:
        return None
    frames = observed.subject.frames_in_batch(named.output.shape[kind_of(named).sample_axis])
    unit = explain_unit(named, choose(named, question.filter, question.at, question.sample, frames))
    field = observed.fields.of(named, unit.index)
    return replace(with_followers(unit, observed.recorded), receptive_field=field)


def _gradient(
    recorded: Recorded, named: LayerRecord, question: Question, optimiser: Optimiser | None
) -> WeightGradient | None:
    if question.weight is None:
        return None
    gradient = explain_gradient(recorded, named, question.weight, question.parameter)
    parameter = named.layer._parameters.get(question.parameter)
    if optimiser is None or parameter is None or not moves_alone(optimiser.torch, parameter):
        return gradient
    by_torch = gradient_by_torch(recorded, named, question.parameter)
    clip = clip_factor(recorded.parameter_gradients, optimiser.clip_norm)
    name = parameter_name(recorded, named, question.parameter)
    update = explain_update(optimiser, parameter, by_torch, clip, gradient.index, gradient.kernel, name)
    return replace(gradient, update=update)


def _chain(
    recorded: Recorded, named: LayerRecord, gradient: WeightGradient | None, unit: Unit | None
) -> Chain | None:
    """From the largest term of a gradient, or from a number that is asked for, to the loss."""
    start = None if unit is None else (named, unit.index)
    if gradient is not None:
        start = start_of_chain(recorded, gradient)
    return None if start is None else explain_chain(recorded, *start)


def find_optimiser(
    subject: Subject, own: torch.optim.Optimizer | None, rate: float | None
) -> Optimiser | None:
    """One that was handed in, or a run's own with its memory; None for what is no run."""
    if own is not None and rate is not None:
        raise ArgumentError("an optimizer has a learning rate of its own: leave learning_rate out")
    if own is not None:
        return Optimiser(own)
    if subject.trained is None or not subject.is_run:
        if rate is not None:
            raise ArgumentError(
                f"--learning-rate is of the update of a finished run, and {subject.name} is none: leave it "
                "out"
            )
        return None
    return optimiser_of(subject.trained.run, subject.record, subject.network, rate)


def _line(record: LayerRecord) -> LayerLine:
    try:
        kind = kind_of(record).key
    except NetworkError:
        kind = None
    return LayerLine(record.title, type(record.layer).__name__, tuple(record.output.shape), kind)


def _frame(subject: Subject, field: UnitField | None = None) -> Array | None:
    """(C, H, W) in [0, 255]: the first input, of a clip the frame in the middle of what the number sees."""
    try:
        frames = subject.frames()
    except NetworkError:
        return None
    times = field.clipped[0] if field is not None and len(field.clipped) == 3 else None
    return frames[len(frames) // 2 if times is None else sum(times) // 2]
