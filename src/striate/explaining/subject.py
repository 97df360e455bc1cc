"""What is explained: a network, the inputs it is given, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.data import open_data, read_image
from striate.errors import ArgumentError, DataError, NetworkError, unknown
from striate.evaluating.trained import Trained, open_run
from striate.models import ClipNetwork
from striate.runs import read_record

Input = str | Path | Tensor | np.ndarray
SPLITS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and a batch of inputs for it."""

    name: str
    network: nn.Module
    inputs: Tensor
    """(N, ...) as the network takes them, on its device."""
    titles: tuple[str, ...]
    pixels: np.ndarray | None = None
    """(N, C, H, W) uint8, where the inputs are images."""
    labels: tuple[int, ...] | None = None
    classes: tuple[str, ...] | None = None
    trained: Trained | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The run's record; empty for a module."""
        return {} if self.trained is None else read_record(self.trained.run)

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
    network: str | Path | nn.Module, inputs: Sequence[Input], label: str | int | Sequence[str | int] | None
) -> Subject:
    """Opens a run or takes a module, and reads the inputs for it.

    inputs: images by file name or as DATA/SPLIT/NUMBER, `.npy` files, or arrays and tensors with the batch
    first. label: of all inputs, or one each; by its name or its number.
    """
    if not inputs:
        raise ArgumentError(
            "explain what? give an input: an image file, or one of a data set as digits/test/17"
        )
    subject = _of_module(network, inputs) if isinstance(network, nn.Module) else _of_run(network, inputs)
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
    parts = [_as_tensor(one) for one in inputs]
    first = next(network.parameters(), torch.zeros(0))
    joined = torch.cat(parts).to(first.device, first.dtype)
    titles = tuple(f"input {number}" for number in range(len(joined)))
    return Subject(type(network).__name__, network, joined, titles)


def _as_tensor(given: Input) -> Tensor:
    """Numbers with the batch first."""
    if isinstance(given, str | Path):
        if Path(given).suffix != ".npy":
            raise ArgumentError(
                f"a module does not say how its images are prepared: give tensors or .npy files; got {given}"
            )
        return torch.from_numpy(_read_array(Path(given)))
    return given if isinstance(given, Tensor) else torch.from_numpy(np.ascontiguousarray(given))


def _read_array(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as problem:
        raise DataError(f"cannot read the array {path}: {problem}; give a file made by numpy.save") from None
    return array


@dataclass(frozen=True)
class _Piece:
    """Some inputs: pixels or finished numbers, with their titles, and labels where they are known."""

    titles: tuple[str, ...]
    pixels: np.ndarray | None = None
    numbers: Tensor | None = None
    labels: tuple[int, ...] | None = None


def _of_run(run: str | Path, inputs: Sequence[Input]) -> Subject:
    trained = open_run(run, "cpu")
    pieces = [_piece(trained, one) for one in inputs]
    titles = tuple(title for piece in pieces for title in piece.titles)
    labels = [piece.labels for piece in pieces]
    pixels = [piece.pixels for piece in pieces]
    return Subject(
        name=str(run),
        network=trained.network,
        inputs=torch.cat([_numbers(trained, piece) for piece in pieces]),
        titles=titles,
        pixels=None
        if any(one is None for one in pixels)
        else np.concatenate([p for p in pixels if p is not None]),
        labels=None if any(one is None for one in labels) else sum((one or () for one in labels), ()),
        classes=trained.classes,
        trained=trained,
    )


def _numbers(trained: Trained, piece: _Piece) -> Tensor:
    if piece.pixels is None:
        assert piece.numbers is not None
        return piece.numbers
    return trained.normalise(torch.from_numpy(piece.pixels)).contiguous()


def _piece(trained: Trained, given: Input) -> _Piece:
    if not isinstance(given, str | Path):
        return _array(trained, given, "input")
    if Path(given).suffix == ".npy":
        return _array(trained, _read_array(Path(given)), str(given))
    parts = str(given).split("/")
    if not Path(given).exists() and len(parts) > 1 and parts[-2] in SPLITS and parts[-1].isdigit():
        return _of_set(trained, "/".join(parts[:-2]) or trained.source, parts[-2], int(parts[-1]))
    if isinstance(trained.network, ClipNetwork):
        raise DataError(
            f"{trained.run} knows clips: give one of a data set, as {Path(trained.source).name}/test/17, "
            f"or a .npy file; got {given}"
        )
    if not Path(given).exists():
        raise DataError(f"no file {given}: give an image file, or an image of a data set as digits/test/17")
    return _Piece((str(given),), read_image(given, channels=trained.channels, size=trained.size)[None])


def _of_set(trained: Trained, source: str, split: str, number: int) -> _Piece:
    """One image of a data set, with its label where the run knows that class."""
    own = source in (trained.source, Path(trained.source).name)
    options = trained.data_options if own else {"channels": trained.channels, "size": trained.size[0]}
    data = open_data(trained.source if own else source, **options)
    if split not in data.splits:
        raise DataError(f"{source} has no images to {split}: it has {', '.join(data.splits)}")
    images = data.splits[split]
    if number >= len(images):
        raise ArgumentError(f"{source}/{split} has no image {number}: expected 0–{len(images) - 1}")
    name = data.classes[int(images.labels[number])]
    labels = (trained.classes.index(name),) if name in trained.classes else None
    title, taken = f"{source}/{split}/{number}", images.take([number])
    if isinstance(trained.network, ClipNetwork):
        return _clip(trained, taken, title, labels)
    return _Piece((title,), taken.numpy(), None, labels)


def _array(trained: Trained, given: Tensor | np.ndarray, title: str) -> _Piece:
    """uint8 pixels, which are normalised, or numbers as the network takes them."""
    tensor = given if isinstance(given, Tensor) else torch.from_numpy(np.ascontiguousarray(given))
    if isinstance(trained.network, ClipNetwork):
        return _clip(trained, tensor, title)
    shape, expected = tuple(tensor.shape), (trained.channels, *trained.size)
    if tensor.dim() != 4 or shape[1:] != expected:
        raise NetworkError(
            f"{trained.run} takes images of shape N×{'×'.join(map(str, expected))} (N×C×H×W); "
            f"got {'×'.join(map(str, shape))}: give the right channels and size"
        )
    titles = tuple(f"{title} {number}" for number in range(len(tensor))) if len(tensor) > 1 else (title,)
    if tensor.dtype == torch.uint8:
        return _Piece(titles, tensor.cpu().numpy())
    return _Piece(titles, None, tensor.to(torch.float32))


def _clip(trained: Trained, clips: Tensor, title: str, labels: tuple[int, ...] | None = None) -> _Piece:
    """Clips of any length: uint8, which are normalised, or numbers as the network takes them."""
    assert isinstance(trained.network, ClipNetwork)
    planes, size = trained.network.planes, trained.size
    if clips.dim() != 5 or clips.shape[1] != planes or tuple(clips.shape[3:]) != tuple(size):
        raise NetworkError(
            f"{trained.run} takes clips of shape N×{planes}×T×{'×'.join(map(str, size))} (N×C×T×H×W); got "
            f"{'×'.join(map(str, clips.shape))}: give the right planes and size"
        )
    titles = tuple(f"{title} {number}" for number in range(len(clips))) if len(clips) > 1 else (title,)
    numbers = trained.normalise(clips) if clips.dtype == torch.uint8 else clips.to(torch.float32)
    return _Piece(titles, None, numbers.contiguous(), labels)


def _labels(subject: Subject, label: str | int | Sequence[str | int]) -> tuple[int, ...]:
    """One number per input."""
    given: list[Any] = list(label) if isinstance(label, list | tuple) else [label]
    if len(given) not in (1, len(subject.inputs)):
        raise ArgumentError(
            f"{len(given)} labels for {len(subject.inputs)} inputs: give one, or one for each"
        )
    numbers = [_label(subject, one) for one in given]
    return tuple(numbers * len(subject.inputs) if len(numbers) == 1 else numbers)


def _label(subject: Subject, label: str | int) -> int:
    if subject.classes is None:
        if not str(label).isdigit():
            raise ArgumentError(
                f"a module does not name its classes: give a label by its number; got {label!r}"
            )
        return int(label)
    if str(label) in subject.classes:
        return subject.classes.index(str(label))
    raise ArgumentError(unknown("class", str(label), subject.classes))
