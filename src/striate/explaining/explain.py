"""The verb `explain`: a network and an input → the numbers behind a number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from striate.checked import checked
from striate.derivation import Softmax
from striate.errors import ArgumentError, NetworkError, unknown
from striate.explaining.checking import as_array
from striate.explaining.explanation import Explanation, LayerLine
from striate.explaining.gradient import WeightGradient, explain_gradient
from striate.explaining.layers.unit import Unit, choose, explain_unit, with_followers
from striate.explaining.layers.working import working
from striate.explaining.loss import Loss, explain_loss, strongest, terms_of, torch_loss
from striate.explaining.pages import writing as writing  # says which document an explanation is
from striate.explaining.picture_inputs import Input
from striate.explaining.pictures.catalogue import SHOWS
from striate.explaining.pictures.context import Scene
from striate.explaining.pictures.picture import Picture
from striate.explaining.subject import Subject, open_subject
from striate.explaining.texts.catalogue import LANGUAGES
from striate.explaining.through import explain_through
from striate.explaining.unit_field import Fields, Seen
from striate.explaining.updating import Optimiser, clip_factor, explain_update, optimiser_of
from striate.tracing.recording import LayerRecord, Recorded, record


@dataclass(frozen=True)
class Question:
    """What is asked about a layer."""

    layer: str | None
    filter: int | None
    at: tuple[int, ...] | None
    weight: tuple[int, ...] | None
    through: bool
    show: tuple[str, ...]
    target: str | int | None

    def __post_init__(self) -> None:
        for name in self.show:
            if name not in SHOWS:
                raise ArgumentError(unknown("picture", name, SHOWS))
        asked = self.filter is not None or self.at is not None or self.weight is not None or self.through
        if self.layer is None and asked:
            raise ArgumentError(
                "a filter, a position, a weight or the way through is of a layer: give --layer too"
            )

    @property
    def learns(self) -> bool:
        """Whether gradients of the loss are needed."""
        return self.weight is not None or self.through or "update" in self.show


@checked
def explain(
    network: str | Path | nn.Module,
    inputs: Input | Sequence[str | Path],
    *,
    layer: str | None = None,
    filter: int | None = None,
    at: Sequence[int] | None = None,
    weight: Sequence[int] | None = None,
    through: bool = False,
    show: Sequence[str] = (),
    label: str | int | Sequence[str | int] | None = None,
    target: str | int | None = None,
    rate: float | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    language: str = "en",
) -> Explanation:
    """Works out a number of a network by hand, compares it with what torch computed, and shows its parts.

    network: a run folder, or any module, which is left as it was. inputs: an image file, an image of a data
    set (`digits/test/17`), a `.npy` file, a video, a tensor with the batch first; or several files. layer,
    filter, at: the output that is worked out; what is not given is where the output is largest. weight:
    (filter, channel, row, column), or with a frame before the row: its gradient as a sum of terms, and its
    update. through: the gradient's size from the loss back to the layer. show: pictures, see `SHOWS`. label:
    of the inputs, where they have none. target: the class that pictures ask about, by default the most
    probable one. rate: a learning rate for the update, not the optimiser's own. optimizer: whose update is
    shown, for a module.

    Raises ArgumentError for what is out of range, with the range; NetworkError for an input that does not
    fit, a kind of layer that cannot be worked out, and a number on which hand and torch do not agree.
    """
    if language not in LANGUAGES:
        raise ArgumentError(unknown("language", language, LANGUAGES))
    question = Question(layer, filter, _numbers(at), _numbers(weight), through, tuple(show), target)
    listed: list[Any] = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    subject = open_subject(network, listed, label)
    recorded, loss = _recorded(subject, question)
    if not bool(torch.isfinite(recorded.output).all()):
        raise NetworkError(
            f"{subject.name} gives numbers that are not finite for this input: nothing to explain"
        )
    fields = Fields(subject.network, subject.inputs)
    optimiser = _optimiser(subject, optimizer, rate)
    whole = Explanation(
        subject=subject.name,
        inputs=subject.titles,
        input_shape=tuple(subject.inputs.shape),
        label=None if subject.labels is None else subject.class_name(subject.labels[0]),
        ranking=_ranking(subject, recorded),
        layers=tuple(_line(one) for one in recorded.layers),
        picture=picture_of(subject),
        loss=loss,
        language=language,
    )
    if layer is None:
        scene = Scene(subject, recorded, None, question.filter, None, target, fields, optimiser)
        return replace(whole, pictures=_pictures(question, scene))
    one = recorded.named(layer)
    unit = _unit(recorded, one, question, fields)
    scene = Scene(subject, recorded, one, question.filter, unit, target, fields, optimiser)
    return replace(
        whole,
        unit=unit,
        picture=whole.picture if unit is None else picture_of(subject, unit.seen),
        gradient=_gradient(recorded, one, question, optimiser),
        through=explain_through(recorded, one) if through else None,
        pictures=_pictures(question, scene),
    )


def _numbers(given: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if given is None else tuple(int(one) for one in given)


def _recorded(subject: Subject, question: Question) -> tuple[Recorded, Loss | None]:
    """The run through the network, with gradients where a label is known or one is needed."""
    if subject.labels is None and not question.learns:
        return record(subject.network, subject.inputs), None
    terms = terms_of(subject)
    try:
        recorded = record(subject.network, subject.inputs, loss=torch_loss(terms))
    except NetworkError:
        if question.learns:
            raise
        return record(subject.network, subject.inputs), None
    last = [one for one in recorded.layers if one.upstream is not None]
    ends = bool(last) and torch.equal(last[-1].output, recorded.output)
    return recorded, explain_loss(recorded, terms, last[-1].upstream if ends else None)


def _unit(recorded: Recorded, one: LayerRecord, question: Question, fields: Fields) -> Unit | None:
    """The output that is asked for; nothing where only pictures or the way through a block are."""
    if not one.whole and (question.show or question.through) and question.filter is None:
        return None
    unit = explain_unit(one, choose(one, question.filter, question.at))
    return replace(with_followers(unit, recorded), seen=fields.of(one, unit.index))


def _gradient(
    recorded: Recorded, one: LayerRecord, question: Question, optimiser: Optimiser | None
) -> WeightGradient | None:
    if question.weight is None:
        return None
    gradient = explain_gradient(recorded, one, question.weight)
    parameter = one.layer._parameters.get("weight")
    if optimiser is None or parameter is None:
        return gradient
    by_torch = recorded.parameter_gradients[f"{one.name}.weight"]
    clip = clip_factor(recorded.parameter_gradients, optimiser.clip_norm)
    update = explain_update(optimiser, parameter, by_torch, clip, gradient.index, gradient.kernel)
    return replace(gradient, update=update)


def _optimiser(subject: Subject, given: torch.optim.Optimizer | None, rate: float | None) -> Optimiser | None:
    if given is not None:
        return Optimiser(given)
    if subject.trained is None:
        return None
    return optimiser_of(subject.trained.run, subject.record, subject.network, rate)


def _ranking(subject: Subject, recorded: Recorded) -> tuple[tuple[str, float], ...]:
    """The most probable classes of the first input."""
    if recorded.output.dim() != 2:
        return ()
    shares = Softmax().forward(as_array(recorded.output[:1]))[0][0]
    return tuple((subject.class_name(k), float(shares[k])) for k in strongest(shares))


def _line(one: LayerRecord) -> LayerLine:
    try:
        kind = working(one).kind
    except NetworkError:
        kind = None
    return LayerLine(one.title, type(one.layer).__name__, tuple(one.output.shape), kind)


def picture_of(subject: Subject, seen: Seen | None = None) -> np.ndarray | None:
    """(C, H, W) uint8: the pixels of the first input, or its numbers stretched to what can be seen.

    seen: what the number at hand sees of a clip, of which the frame in the middle is shown.
    """
    if subject.pixels is not None:
        first: np.ndarray = subject.pixels[0]
        return first
    numbers = as_array(subject.inputs[0])
    if numbers.ndim == 4:
        times = seen.inside[0] if seen is not None and len(seen.inside) == 3 else None
        numbers = numbers[:, numbers.shape[1] // 2 if times is None else sum(times) // 2]
    if numbers.ndim != 3:
        return None
    low, high = numbers.min(), numbers.max()
    grey: np.ndarray = np.rint((numbers - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    return grey if len(grey) in (1, 3) else grey[:1]


def _pictures(question: Question, scene: Scene) -> tuple[Picture, ...]:
    return tuple(picture for name in question.show for picture in SHOWS[name](scene))
