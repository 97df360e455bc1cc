"""From what is given to a run (a file, a number in a data set, an array) to inputs of its network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data import open_data, read_image
from striate.data.suffixes import VIDEO_SUFFIXES
from striate.errors import ArgumentError, DataError, NetworkError
from striate.evaluating.run_model import Trained
from striate.explaining.video_inputs import clips_of

Input = str | Path | Tensor | np.ndarray
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Piece:
    """Some inputs: pixels or finished numbers, with their titles, and labels where they are known."""

    titles: tuple[str, ...]
    pixels: np.ndarray | None = None
    """(N, C, H, W) uint8, of images."""
    numbers: Tensor | None = None
    """(N, ...) as the network takes them."""
    labels: tuple[int, ...] | None = None


def numbers_of(trained: Trained, piece: Piece) -> Tensor:
    """(N, ...) as the network takes them."""
    if piece.pixels is None:
        assert piece.numbers is not None
        return piece.numbers
    return trained.normalise(torch.from_numpy(piece.pixels)).contiguous()


def piece_of(trained: Trained, given: Input) -> Piece:
    """The inputs that something stands for.

    given: DATA/SPLIT/NUMBER or SPLIT/NUMBER, a `.npy` file, an array or a tensor with the batch first; an
    image file, or for a run on clips what `clips_of` takes. Raises DataError for what cannot be read,
    ArgumentError for a number that is not there, NetworkError for a shape that does not fit.
    """
    if not isinstance(given, str | Path):
        return _array(trained, given, "input")
    if Path(given).suffix == ".npy":
        return _array(trained, read_array(Path(given)), str(given))
    parts = str(given).split("/")
    if not Path(given).exists() and len(parts) > 1 and parts[-2] in SPLITS and parts[-1].isdigit():
        return _of_set(trained, "/".join(parts[:-2]) or trained.source, parts[-2], int(parts[-1]))
    if trained.sampling is not None:
        return _of_videos(trained, str(given))
    path = Path(given)
    if not path.exists():
        raise DataError(f"no file {given}: give an image file, or an image of a data set as digits/test/17")
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise DataError(f"{trained.run} was trained on images, and {given} is a video: give image files")
    return Piece((str(given),), read_image(given, channels=trained.channels, size=trained.size)[None])


def read_array(path: Path) -> np.ndarray:
    """What a `.npy` file holds. Raises DataError."""
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as problem:
        raise DataError(f"cannot read the array {path}: {problem}; give a file made by numpy.save") from None
    return array


def _of_set(trained: Trained, source: str, split: str, number: int) -> Piece:
    """One image or clip of a data set, with its label where the run knows that class."""
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
    if trained.sampling is not None:
        return _clips(trained, taken, (title,), labels)
    return Piece((title,), taken.numpy(), None, labels)


def _of_videos(trained: Trained, given: str) -> Piece:
    titles, clips = clips_of(trained, given)
    return _clips(trained, torch.from_numpy(clips), titles)


def _array(trained: Trained, given: Tensor | np.ndarray, title: str) -> Piece:
    """uint8 pixels, which are normalised, or numbers as the network takes them."""
    tensor = given if isinstance(given, Tensor) else torch.from_numpy(np.ascontiguousarray(given))
    titles = tuple(f"{title} {number}" for number in range(len(tensor))) if len(tensor) > 1 else (title,)
    if trained.sampling is not None:
        return _clips(trained, tensor, titles)
    shape, expected = tuple(tensor.shape), (trained.channels, *trained.size)
    if tensor.dim() != 4 or shape[1:] != expected:
        raise NetworkError(
            f"{trained.run} takes images of shape N×{'×'.join(map(str, expected))} (N×C×H×W); "
            f"got {'×'.join(map(str, shape))}: give the right channels and size"
        )
    if tensor.dtype == torch.uint8:
        return Piece(titles, tensor.cpu().numpy())
    return Piece(titles, None, tensor.to(torch.float32))


def _clips(
    trained: Trained, clips: Tensor, titles: tuple[str, ...], labels: tuple[int, ...] | None = None
) -> Piece:
    """Clips of any length: uint8, which are normalised, or numbers as the network takes them."""
    planes, size = trained.channels + (2 if trained.flow else 0), trained.size
    if clips.dim() != 5 or clips.shape[1] != planes or tuple(clips.shape[3:]) != tuple(size):
        raise NetworkError(
            f"{trained.run} takes clips of shape N×{planes}×T×{'×'.join(map(str, size))} (N×C×T×H×W); got "
            f"{'×'.join(map(str, clips.shape))}: give the right planes and size"
        )
    numbers = trained.normalise(clips) if clips.dtype == torch.uint8 else clips.to(torch.float32)
    return Piece(titles, None, numbers.contiguous(), labels)
