"""A network opened once on its inputs, for any number of questions; none of them runs it again.

opened = striate.open_explainer("runs/digits-plain", "digits/test/17")
opened.explain(layer="conv2", filter=3).unit.value
opened.changed(off={"conv1": (3,)}).explain().answer.ranking
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError
from striate.evaluating.run_model import Trained
from striate.explaining.chain import Link, explain_delta
from striate.explaining.checking import as_array
from striate.explaining.explain import answer, find_optimiser
from striate.explaining.explanation import Explanation
from striate.explaining.inputs import Input
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.optimiser import Optimiser
from striate.explaining.origins import Origin, origins_of
from striate.explaining.question import Observed, Question, observe, parameter_index
from striate.explaining.subject import Subject, label_number, open_subject
from striate.tracing.layer_record import LayerRecord

ASKED_NOTHING = Question(None, None, None, None, "weight", False, False, (), None)
UNSHIFTED = 1 << 30
"""Folds of a temporal shift that moves no channel."""


@dataclass(frozen=True, eq=False)
class Change:
    """What is to be another way in a network, or in its input."""

    weights: Mapping[str, Array] = field(default_factory=dict)
    """Whole parameters by their names in the network, as conv1.weight."""
    off: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Filters of layers whose kernels and biases are 0, so that they give 0 wherever they look."""
    unshifted: Sequence[str] = ()
    """Temporal shifts that move no channel."""
    inputs: Array | None = None
    """(N, ...) in place of the inputs: uint8 pixels, or numbers as the network takes them."""
    label: str | int | None = None
    """The true class, in place of what is known."""


class Explainer:
    """A network on its inputs, and what it did there."""

    def __init__(self, subject: Subject, optimiser: Optimiser | None = None) -> None:
        """optimiser: whose updates are told; None for none."""
        self.subject, self.optimiser = subject, optimiser

    @cached_property
    def observed(self) -> Observed:
        """Every layer's numbers; the gradients too where the true class is known."""
        asked = ASKED_NOTHING if self.subject.labels is None else replace(ASKED_NOTHING, show=("update",))
        return observe(self.subject, asked, self.optimiser)

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """Where each layer's input came from, by its title."""
        return origins_of(self.observed.recorded)

    def explain(
        self,
        *,
        layer: str | None = None,
        index: Sequence[int] | None = None,
        filter: int | None = None,
        weight: Sequence[int] | str | None = None,
        delta: bool = False,
        through: bool = False,
        show: Sequence[Any] = (),
        target: str | int | None = None,
        language: Any = "en",
    ) -> Explanation:
        """As `explain`, whose arguments these are; index: of a number in the layer's whole output."""
        parameter, of_weight = parameter_index(weight)
        sample, at = None, None
        if layer is not None and index is not None:
            filter, sample, at = _parts(self.observed.recorded.named(layer), index)
        question = Question(
            layer, filter, at, of_weight, parameter, delta, through, tuple(show), target, sample=sample
        )
        return answer(question, self.observed, language)

    def numbers(self, layer: str, gradient: bool = False) -> Array | None:
        """What a layer gave, or ∂loss/∂ of it; None where no gradient reaches it."""
        record = self.observed.recorded.named(layer)
        found = record.upstream if gradient else record.output
        return None if found is None else as_array(found)

    def parameters(self, layer: str) -> dict[str, Array]:
        """The layer's own parameters, by name."""
        record = self.observed.recorded.named(layer)
        own = (name for name in record.layer._parameters if name in record.parameters)
        return {name: as_array(record.parameters[name]) for name in own}

    def parameter_gradients(self, layer: str) -> dict[str, Array]:
        """Their gradients, by name; those that have one."""
        name = self.observed.recorded.named(layer).name
        found = self.observed.recorded.parameter_gradients
        own = {one: f"{name}.{one}" if f"{name}.{one}" in found else one for one in self.parameters(layer)}
        return {one: as_array(found[whole]) for one, whole in own.items() if whole in found}

    def delta(self, layer: str, index: Sequence[int]) -> Link:
        """∂loss/∂ of a number as the sum of its terms, by the chain rule."""
        recorded = self.observed.recorded
        return explain_delta(recorded, recorded.named(layer), tuple(index))

    def reads(self, layer: str, index: Sequence[int]) -> Array | None:
        """Which numbers of the layer's input one of its outputs is made of: see `Kind.reads`."""
        return kind_of(self.observed.recorded.named(layer)).reads(tuple(index))

    def changed(self, change: Change) -> "Explainer":
        """The same with something another way; this one stays as it is."""
        subject = self.subject
        if change.weights or change.off or change.unshifted:
            subject = replace(subject, network=_changed(subject.network, change))
        if change.inputs is not None:
            subject = _with_inputs(subject, change.inputs)
        if change.label is not None:
            subject = replace(subject, labels=(label_number(subject, change.label),) * len(subject.inputs))
        same = subject.network is self.subject.network  # a network changed by hand has no optimiser
        return Explainer(subject, self.optimiser if same else None)


@checked
def open_explainer(
    network: str | Path | nn.Module | Trained,
    inputs: Input | Sequence[str | Path],
    *,
    label: str | int | Sequence[str | int] | None = None,
    learning_rate: float | None = None,
    optimizer: torch.optim.Optimizer | None = None,
) -> Explainer:
    """Opens a network on its inputs for any number of questions.

    Args:
        network: as for `explain`; also what `open_trained` gave.
        inputs: as for `explain`.
        label: as for `explain`.
        learning_rate: as for `explain`.
        optimizer: as for `explain`.

    >>> import torch
    >>> opened = open_explainer(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)), torch.ones(1, 1, 5, 5))
    >>> opened.explain(layer="0", index=(0, 1, 2, 2)).unit.detail.products.shape
    (1, 3, 3)
    >>> opened.reads("0", (0, 1, 2, 2)).tolist()
    [12, 13, 14, 17, 18, 19, 22, 23, 24]
    """
    listed: list[Any] = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    subject = open_subject(network, listed, label)
    return Explainer(subject, find_optimiser(subject, optimizer, learning_rate))


def _parts(record: LayerRecord, index: Sequence[int]) -> tuple[int, int, tuple[int, ...]]:
    """Filter, sample and position of an index in a whole output."""
    kind, shape = kind_of(record), tuple(record.output.shape)
    if len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape, strict=True)):
        ranges = " × ".join(f"0–{size - 1}" for size in shape)
        raise ArgumentError(f"{record.title} has no number {list(index)}: expected {ranges}")
    axes = (kind.sample_axis, kind.channel_axis)
    at = tuple(int(i) for axis, i in enumerate(index) if axis not in axes)
    return int(index[axes[1]]), int(index[axes[0]]), at


@torch.no_grad()
def _changed(network: nn.Module, change: Change) -> nn.Module:
    """A copy with the weights that are asked for."""
    copy = deepcopy(network)
    parameters = dict(copy.named_parameters())
    for name, values in change.weights.items():
        if name not in parameters or tuple(np.shape(values)) != tuple(parameters[name].shape):
            shape = tuple(parameters[name].shape) if name in parameters else None
            raise ArgumentError(
                f"{name} of shape {tuple(np.shape(values))} is no parameter of the network"
                + ("" if shape is None else f": it has shape {shape}")
            )
        parameters[name].copy_(torch.as_tensor(np.asarray(values)))
    for layer, filters in change.off.items():
        for one in _of_filters(copy, layer):
            if any(not 0 <= filter < len(one) for filter in filters):
                raise ArgumentError(f"{layer} has filters 0–{len(one) - 1}; got {list(filters)}")
            one[list(filters)] = 0
    modules = dict(copy.named_modules())
    for name in change.unshifted:
        if not hasattr(modules.get(name), "folds"):
            raise ArgumentError(f"{name} is no temporal shift of the network")
        modules[name].folds = UNSHIFTED
    return copy


def _of_filters(network: nn.Module, layer: str) -> list[Tensor]:
    """The weight and the bias of a layer, a row for each of its filters."""
    module = dict(network.named_modules()).get(layer.partition("#")[0])
    if not isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
        raise NetworkError(f"{layer} has no filters that could be switched off: name a convolution")
    return [module.weight] if module.bias is None else [module.weight, module.bias]


def _with_inputs(subject: Subject, inputs: Array) -> Subject:
    """The subject on other inputs of the same shape."""
    expected = tuple(subject.inputs.shape)
    if np.shape(inputs)[1:] != expected[1:]:
        raise ArgumentError(f"inputs of shape {np.shape(inputs)[1:]} in place of {expected[1:]}")
    tensor = torch.from_numpy(np.ascontiguousarray(inputs))
    pixels = None
    if tensor.dtype == torch.uint8:
        if subject.trained is None:
            raise ArgumentError(
                "a module does not say how pixels are prepared: give numbers as it takes them"
            )
        pixels = inputs if inputs.ndim == 4 else None
        tensor = subject.trained.normalise(tensor).contiguous()
    if not bool(torch.isfinite(tensor).all()):
        raise ArgumentError("an input holds numbers that are not finite")
    labels = None if subject.labels is None else (subject.labels[0],) * len(tensor)
    moved = tensor.to(subject.inputs.device, subject.inputs.dtype)
    return replace(subject, inputs=moved, pixels=pixels, labels=labels)
