"""A network run for a question: every number that the question may be about."""

from dataclasses import dataclass

import torch

from striate.errors import NetworkError
from striate.explaining.loss import Loss, explain_loss, settings_of, torch_loss
from striate.explaining.optimiser import Optimiser
from striate.explaining.question import Question
from striate.explaining.receptive_fields import ReceptiveFields
from striate.explaining.subject import Subject
from striate.tracing.layer_record import Recorded
from striate.tracing.recording import record


@dataclass(frozen=True, eq=False)
class Observed:
    """What a network did on its inputs: every number that a question may be about."""

    subject: Subject
    recorded: Recorded
    loss: Loss | None
    optimiser: Optimiser | None
    fields: ReceptiveFields


def observe(subject: Subject, question: Question, optimiser: Optimiser | None) -> Observed:
    """Runs the network, with the gradients that the question needs."""
    every = question.needs_all_gradients or (optimiser is not None and optimiser.clip_norm > 0)
    recorded, loss = _recorded(subject, question, every)
    return Observed(subject, recorded, loss, optimiser, ReceptiveFields(subject.network, subject.inputs))


def _recorded(subject: Subject, question: Question, every: bool) -> tuple[Recorded, Loss | None]:
    """The run through the network, with gradients where a label is known or one is needed.

    every: whether of all layers, rather than from the loss to the one that is asked about.
    """
    asked = [] if question.layer is None or not question.needs_gradients else [question.layer]
    of = None if every else asked
    if subject.labels is None and not question.needs_gradients:
        recorded = record(subject.network, subject.inputs)
        _expect_finite(subject, recorded)
        return recorded, None
    settings = settings_of(subject)
    try:
        recorded = record(subject.network, subject.inputs, loss=torch_loss(settings), of=of)
    except NetworkError:
        if question.needs_gradients:
            raise
        recorded = record(subject.network, subject.inputs)
        _expect_finite(subject, recorded)
        return recorded, None
    _expect_finite(subject, recorded)
    last = [one for one in recorded.layers if one.upstream is not None]
    ends = bool(last) and torch.equal(last[-1].output, recorded.output)
    return recorded, explain_loss(recorded, settings, last[-1].upstream if ends else None)


def _expect_finite(subject: Subject, recorded: Recorded) -> None:
    """Raises NetworkError, with the first layer that gives such, for an output that is not finite."""
    if bool(torch.isfinite(recorded.output).all()):
        return
    broken = (
        one.title for one in recorded.layers if one.whole and not bool(torch.isfinite(one.output).all())
    )
    first = next(broken, None)
    where = "" if first is None else f" (the first layer that does is {first})"
    raise NetworkError(
        f"{subject.name} gives numbers that are not finite for this input{where}: nothing to explain"
    )
