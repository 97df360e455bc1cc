"""What is asked about a layer, how it is read from what was typed, and the run of the network for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from striate.errors import ArgumentError, NetworkError
from striate.explaining.loss import Loss, explain_loss, settings_of, torch_loss
from striate.explaining.optimiser import Optimiser
from striate.explaining.pictures import Show
from striate.explaining.subject import Subject
from striate.explaining.unit import ReceptiveFields
from striate.tracing.layer_record import Recorded
from striate.tracing.recording import record

OF_A_CLASS: tuple[Show, ...] = ("grad-cam", "integrated-gradients", "occlusion")
"""Pictures that ask about a class."""


@dataclass(frozen=True)
class Question:
    """What the user asked about a layer."""

    layer: str | None
    filter: int | None
    at: tuple[int, ...] | None
    weight: tuple[int, ...] | None
    parameter: str
    """Which parameter of the layer `weight` is an index of."""
    delta: bool
    through: bool
    show: tuple[Show, ...]
    target: str | int | None
    learning_rate: float | None = None
    sample: int | None = None
    """Which row of the layer's batch `at` is of: a frame, where frames are folded into the batch; None: the
    one that `at` begins with, or that the filter answers most in."""

    def __post_init__(self) -> None:
        of_a_layer = (self.filter, self.at, self.weight, self.delta or None, self.through or None)
        if self.layer is None and any(asked is not None for asked in of_a_layer):
            raise ArgumentError(
                "a filter, a position, a weight or the way through is of a layer: give --layer too"
            )
        if self.weight is not None and self.delta:
            raise ArgumentError(
                "with a weight, δ is told of the largest term of its gradient: leave --delta out, or ask for "
                "it without --weight"
            )
        if self.target is not None and not {*OF_A_CLASS} & {*self.show}:
            raise ArgumentError(
                "--target is the class that some pictures ask about: give --show with "
                f"{' or '.join(OF_A_CLASS)} too, or leave --target out"
            )
        if self.learning_rate is not None and not self.has_update:
            raise ArgumentError(
                "--learning-rate is of an update: give --weight, or --show update, too, or leave "
                "--learning-rate out"
            )

    @property
    def has_update(self) -> bool:
        """Whether an update is told of."""
        return self.weight is not None or "update" in self.show

    @property
    def needs_gradients(self) -> bool:
        """Whether gradients of the loss are needed."""
        return self.weight is not None or self.delta or self.needs_all_gradients

    @property
    def needs_all_gradients(self) -> bool:
        """Whether gradients of every layer are needed, not only of the one that is asked about."""
        return self.through or "update" in self.show


def parameter_index(weight: Sequence[int] | str | None) -> tuple[str, tuple[int, ...] | None]:
    """The parameter's name, and the index in it.

    >>> parameter_index("bias:3"), parameter_index("4,2,1,1")
    (('bias', (3,)), ('weight', (4, 2, 1, 1)))
    """
    if not isinstance(weight, str):
        return "weight", _numbers(weight)
    name, _, index = weight.rpartition(":")
    numbers = _read(index)
    if numbers is None:
        raise ArgumentError(
            "weight takes whole numbers with commas between, after a parameter's name if it is not the "
            f"weight, as in 4,2,1,1 or bias:3; got {weight!r}"
        )
    return name or "weight", numbers


def position(at: Sequence[int] | str | None) -> tuple[int, ...] | None:
    numbers = _read(at) if isinstance(at, str) else _numbers(at)
    if numbers is None and at is not None:
        raise ArgumentError(f"at takes whole numbers with commas between, as in 4,4; got {at!r}")
    return numbers


def _numbers(index: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if index is None else tuple(int(number) for number in index)


def _read(text: str) -> tuple[int, ...] | None:
    """`4,2,1,1` as numbers; None for what is none."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        return None


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
