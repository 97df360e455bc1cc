"""From what is given to a run (an image or video file, a number in a data set, an array) to its inputs."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.data import open_data
from striate.data.suffixes import VIDEO_SUFFIXES
from striate.errors import ArgumentError, DataError, NetworkError, plain_reason
from striate.evaluating.named_files import videos_in
from striate.evaluating.predict_clips import whole_clip, windows_of
from striate.evaluating.run_model import Trained
from striate.numbers import by

Input = str | Path | Tensor | np.ndarray
SPLITS = ("train", "val", "test")
MOST_WINDOWS = 32
"""Windows of videos at once: every layer's numbers are kept for each, so a long video is not taken whole."""


@dataclass(frozen=True)
class InputBatch:
    """Some inputs of a run, with their titles, and labels where they are known."""

    titles: tuple[str, ...]
    numbers: Tensor
    """(N, ...) as the network takes them."""
    pixels: np.ndarray | None = None
    """(N, C, H, W) or (N, C, T, H, W) uint8, where the source is pixels."""
    labels: tuple[int, ...] | None = None


def read_inputs(trained: Trained, source: Input) -> InputBatch:
    """The inputs that something stands for.

    source: DATA/SPLIT/NUMBER or SPLIT/NUMBER, a `.npy` file, an array or a tensor with the batch first; an
    image file, or for a run on clips a video file, a folder of frames, or a folder that holds some. Raises
    DataError for what cannot be read, ArgumentError for a number that is not there, NetworkError for a shape
    that does not fit.
    """
    if not isinstance(source, str | Path):
        return _of_array(trained, source, "input")
    if Path(source).suffix == ".npy":
        return _of_array(trained, read_array(Path(source)), str(source))
    parts = str(source).split("/")
    if not Path(source).exists() and len(parts) > 1 and parts[-2] in SPLITS and parts[-1].isdigit():
        return _of_data_set(trained, "/".join(parts[:-2]) or trained.source, parts[-2], int(parts[-1]))
    if trained.sampling is not None:
        titles, clips = read_clips(trained, str(source))
        return _clips(trained, torch.from_numpy(clips), titles)
    return _of_image(trained, Path(source))


def read_array(path: Path) -> np.ndarray:
    """What a `.npy` file holds. Raises DataError."""
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as problem:
        raise DataError(
            f"cannot read the array {path}: {plain_reason(problem)}; give a file made by numpy.save"
        ) from None
    return array


def _of_image(trained: Trained, path: Path) -> InputBatch:
    if not path.exists():
        raise DataError(f"no file {path}: give an image file, or an image of a data set as digits/test/17")
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise DataError(f"{trained.run} was trained on images, and {path} is a video: give image files")
    return _images(trained, trained.preprocess.pixels(path), (str(path),))


def _images(
    trained: Trained, pixels: np.ndarray, titles: tuple[str, ...], labels: tuple[int, ...] | None = None
) -> InputBatch:
    """(N, C, H, W) uint8, normalised."""
    numbers = trained.normalise(torch.from_numpy(pixels)).contiguous()
    return InputBatch(titles, numbers, pixels, labels)


def _of_data_set(trained: Trained, source: str, split: str, number: int) -> InputBatch:
    """One image or clip of a data set, with its label where the run knows that class."""
    own = source in (trained.source, Path(trained.source).name)
    options = trained.data_options if own else _made_alike(trained)
    data = open_data(trained.source if own else source, **options)
    if split not in data.splits:
        raise DataError(f"{source} has no images to {split}: it has {', '.join(data.splits)}")
    images = data.splits[split]
    if number >= len(images):
        raise ArgumentError(f"{source}/{split} has no image {number}: expected 0–{len(images) - 1}")
    name = data.classes[int(images.labels[number])]
    labels = (trained.classes.index(name),) if name in trained.classes else None
    titles, taken = (f"{source}/{split}/{number}",), images.take([number])
    if trained.sampling is not None:
        return _clips(trained, taken, titles, labels)
    return _images(trained, taken.numpy(), titles, labels)


def _made_alike(trained: Trained) -> dict[str, Any]:
    """How other data are opened for a run."""
    return {"channels": trained.channels, "size": trained.size[0], **trained.framing._asdict()}


def _of_array(trained: Trained, array: Tensor | np.ndarray, title: str) -> InputBatch:
    """uint8 pixels, which are normalised, or numbers as the network takes them."""
    tensor = array if isinstance(array, Tensor) else torch.from_numpy(np.array(array, order="C"))
    titles = tuple(f"{title} {number}" for number in range(len(tensor))) if len(tensor) > 1 else (title,)
    if trained.sampling is not None:
        return _clips(trained, tensor, titles)
    expected = (trained.channels, *trained.size)
    if tensor.dim() != 4 or tuple(tensor.shape[1:]) != expected:
        raise NetworkError(
            f"{trained.run} takes images of shape N×{by(expected)} (N×C×H×W); "
            f"got {by(tensor.shape)}: give the right channels and size"
        )
    if tensor.dtype == torch.uint8:
        return _images(trained, tensor.cpu().numpy(), titles)
    return InputBatch(titles, tensor.to(torch.float32))


def _clips(
    trained: Trained, clips: Tensor, titles: tuple[str, ...], labels: tuple[int, ...] | None = None
) -> InputBatch:
    """Clips of any length: uint8, which are normalised, or numbers as the network takes them."""
    planes, size = trained.channels + (2 if trained.flow else 0), trained.size
    if clips.dim() != 5 or clips.shape[1] != planes or tuple(clips.shape[3:]) != tuple(size):
        raise NetworkError(
            f"{trained.run} takes clips of shape N×{planes}×T×{by(size)} (N×C×T×H×W); got "
            f"{by(clips.shape)}: give the right planes and size"
        )
    if clips.dtype != torch.uint8:
        return InputBatch(titles, clips.to(torch.float32).contiguous(), None, labels)
    return InputBatch(titles, trained.normalise(clips).contiguous(), clips.cpu().numpy(), labels)


def read_clips(trained: Trained, source: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Titles, and clips (N, C, T, H, W) uint8 with the planes of the run, in the windows that `predict` sees.

    source: a video file, a folder of frames, or a folder that holds some. Where the run's frames are spread
    over a clip, a video is one input; with a stride it is one for each window. VIDEO#N is the Nth of the
    windows that `predict` lists, from 1. Raises DataError for what cannot be read, ArgumentError for a window
    that is not there and for too many.
    """
    path, sign, number = source.rpartition("#")
    if sign and number.isdigit() and not Path(source).exists():
        return (source,), _window(trained, _only_video(trained, path), int(number))[None]
    titles: list[str] = []
    clips: list[np.ndarray] = []
    for video in videos_in(trained.run, [source]):
        windows = _clips_of(trained, video)
        titles += [f"{video}#{n + 1}" for n in range(len(windows))] if len(windows) > 1 else [str(video)]
        clips += windows
        if len(clips) > MOST_WINDOWS:
            raise ArgumentError(
                f"{source} has more than {MOST_WINDOWS} windows, too many at once: give one, as in "
                f"{titles[0]}"
            )
    if not clips:
        raise DataError(f"no videos in {source}: give a video file, or a folder of frames")
    return tuple(titles), np.stack(clips)


def _clips_of(trained: Trained, video: Path) -> list[np.ndarray]:
    assert trained.sampling is not None
    if trained.sampling.whole:
        return [whole_clip(trained, video)]
    return [one.clip for one in islice(windows_of(trained, video), MOST_WINDOWS + 1)]


def _only_video(trained: Trained, path: str) -> Path:
    videos = videos_in(trained.run, [path])
    if len(videos) != 1:
        raise ArgumentError(f"{path} holds {len(videos)} videos: give a window of one, as in clip.mp4#1")
    return videos[0]


def _window(trained: Trained, video: Path, number: int) -> np.ndarray:
    """The clip (C, T, H, W) of one window, numbered from 1."""
    count = 0
    for count, window in enumerate(windows_of(trained, video), 1):
        if count == number:
            return window.clip
    raise ArgumentError(f"{video} has no window {number}: expected 1–{count}")
