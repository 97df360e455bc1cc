"""What is explained: a network, the inputs it is given, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError, unknown
from striate.evaluating.run_model import Trained, open_run
from striate.explaining.checking import as_array
from striate.explaining.inputs import Input, read_array, read_inputs
from striate.runs import holds_run, read_record
from striate.tracing.trace import bare

LOOKED_UP = (nn.Embedding, nn.EmbeddingBag)
"""Layers whose inputs are whole numbers."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and a batch of inputs for it."""

    name: str
    network: nn.Module
    inputs: Tensor
    """(N, ...) as the network takes them, on its device."""
    titles: tuple[str, ...]
    pixels: np.ndarray | None = None
    """(N, C, H, W) or (N, C, T, H, W) uint8, where the inputs were made of pixels."""
    labels: tuple[int, ...] | None = None
    classes: tuple[str, ...] | None = None
    trained: Trained | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The run's record; empty for what is no run."""
        trained = self.trained
        return {} if trained is None or not self.is_run else read_record(trained.run)

    @property
    def is_run(self) -> bool:
        """Whether it has a record: a module has none, nor has a network with published weights."""
        return self.trained is not None and holds_run(self.trained.run)

    @property
    def temperature(self) -> float:
        """What the run's logits are divided by for probabilities; 1 for a module."""
        return 1.0 if self.trained is None else self.trained.temperature

    def frames(self) -> tuple[Array, ...]:
        """The first input as pictures (C, H, W) in [0, 255], one for each frame; C is 1 or 3.

        Raises NetworkError for an input that has none.
        """
        if self.pixels is not None and self.trained is not None:
            picture = self.pixels[0, : self.trained.channels].astype(float)
            return tuple(np.moveaxis(picture, 1, 0)) if picture.ndim == 4 else (picture,)
        numbers = as_array(self.inputs[0])
        if numbers.ndim not in (3, 4):
            raise NetworkError(
                f"there is no picture to show: an input has shape {numbers.shape}, not C×H×W or C×T×H×W"
            )
        frames = np.moveaxis(numbers, 1, 0) if numbers.ndim == 4 else numbers[None]  # (T, C, H, W)
        low, high = frames.min(), frames.max()
        stretched = (frames - low) / max(high - low, 1e-12) * 255
        return tuple(frame if len(frame) in (1, 3) else frame[:1] for frame in stretched)

    def frames_in_batch(self, rows: int) -> int:
        """How many of so many rows of a layer's batch are frames of the first input; 1 where none are."""
        if self.inputs.dim() != 5:
            return 1
        N, T = self.inputs.shape[0], self.inputs.shape[2]
        return T if rows == N * T else 1

    def class_name(self, number: int) -> str:
        """What a class is called."""
        return str(number) if self.classes is None else self.classes[number]

    def needed_labels(self) -> tuple[int, ...]:
        """The labels. Raises ArgumentError that says what a gradient needs."""
        if self.labels is not None:
            return self.labels
        names = "" if self.classes is None else f" (one of {', '.join(self.classes[:12])})"
        raise ArgumentError(
            f"a gradient needs the loss, and the loss needs a label: the network is in evaluation mode and "
            f"{self.titles[0]} has none; give --label NAME{names}, "
            "or an image of a data set such as digits/test/17"
        )


def open_subject(
    network: str | Path | nn.Module | Trained,
    inputs: Sequence[Input],
    label: str | int | Sequence[str | int] | None,
) -> Subject:
    """Opens a run or takes a module, and reads the inputs for it.

    Args:
        network: the folder of a run, a module, or what `open_trained` gave.
        inputs: as `read_inputs` takes them; for a module `.npy` files, arrays or tensors, batch first.
        label: of all inputs, or one each; by its name or its number.
    """
    if not inputs:
        raise ArgumentError(
            "explain what? give an input: an image or video file, or one of a data set as digits/test/17"
        )
    if isinstance(network, nn.Module):
        subject = _of_module(bare(network), inputs)
    else:
        opened = network if isinstance(network, Trained) else open_run(network, "cpu", algorithms="plain")
        subject = _of_trained(opened, inputs)
    _expect_numbers(subject)
    return subject if label is None else replace(subject, labels=_labels(subject, label))


def _expect_numbers(subject: Subject) -> None:
    """At least one input, of finite numbers."""
    if not subject.inputs.numel():
        shape = "×".join(map(str, subject.inputs.shape))
        raise ArgumentError(f"there is nothing in an input of shape {shape}: give at least one, batch first")
    if not bool(torch.isfinite(subject.inputs).all()):
        raise ArgumentError("an input holds numbers that are not finite: nan or infinity explains nothing")


def _of_module(network: nn.Module, inputs: Sequence[Input]) -> Subject:
    if isinstance(network, torch.jit.ScriptModule):
        raise NetworkError(
            f"{type(network).__name__} is TorchScript, whose layers cannot be watched: explain the module "
            "that it was made of"
        )
    first = next(network.parameters(), torch.zeros(0))
    joined = torch.cat([_as_tensor(source) for source in inputs]).to(first.device)
    looked_up = not joined.is_floating_point() and any(isinstance(m, LOOKED_UP) for m in network.modules())
    joined = joined.long() if looked_up else joined.to(first.dtype)
    titles = tuple(f"input {number}" for number in range(len(joined)))
    return Subject(type(network).__name__, network, joined, titles)


def _as_tensor(source: Input) -> Tensor:
    """Numbers with the batch first."""
    if isinstance(source, str | Path):
        if Path(source).suffix != ".npy":
            raise ArgumentError(
                f"a module does not say how its images are prepared: give tensors or .npy files; got {source}"
            )
        return torch.from_numpy(read_array(Path(source)))
    return source if isinstance(source, Tensor) else torch.from_numpy(np.ascontiguousarray(source))


def _of_trained(trained: Trained, inputs: Sequence[Input]) -> Subject:
    batches = [read_inputs(trained, source) for source in inputs]
    lengths = sorted({batch.numbers.shape[2] for batch in batches if batch.numbers.dim() == 5})
    if len(lengths) > 1:
        raise ArgumentError(
            f"clips of {' and '.join(map(str, lengths))} frames make no batch: give clips of one length"
        )
    pixels = [batch.pixels for batch in batches if batch.pixels is not None]
    labels = [batch.labels for batch in batches if batch.labels is not None]
    return Subject(
        name=str(trained.run),
        network=trained.network,
        inputs=torch.cat([batch.numbers for batch in batches]),
        titles=tuple(title for batch in batches for title in batch.titles),
        pixels=np.concatenate(pixels) if len(pixels) == len(batches) else None,
        labels=tuple(chain.from_iterable(labels)) if len(labels) == len(batches) else None,
        classes=trained.classes,
        trained=trained,
    )


def _labels(subject: Subject, label: str | int | Sequence[str | int]) -> tuple[int, ...]:
    """One number per input."""
    names: list[Any] = list(label) if isinstance(label, list | tuple) else [label]
    if len(names) not in (1, len(subject.inputs)):
        raise ArgumentError(
            f"{len(names)} labels for {len(subject.inputs)} inputs: give one, or one for each"
        )
    numbers = [label_number(subject, name) for name in names]
    return tuple(numbers * len(subject.inputs) if len(numbers) == 1 else numbers)


def label_number(subject: Subject, label: str | int) -> int:
    """The number of a class, by its name or its number. Raises ArgumentError."""
    if subject.classes is None:
        if not str(label).isdecimal():
            raise ArgumentError(
                f"a module does not name its classes: give a label by its number; got {label!r}"
            )
        return int(label)
    if str(label) in subject.classes:
        return subject.classes.index(str(label))
    raise ArgumentError(unknown("class", str(label), subject.classes))
