"""What a step refuses: frames, states and scores that are not what they have to be."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from striate.errors import NetworkError
from striate.numbers import by, counted
from striate.stepping.build import Entry

FROM = "take the one that initial() or the step before gave"


def check_frames(
    frames: Tensor, channels: int, size: tuple[int, int], device: torch.device, dtype: torch.dtype
) -> None:
    """Raises NetworkError for what are no frames (N, C, k, H, W) of pixels, or of finite numbers.

    Args:
        frames: what a step is given.
        channels: that it takes.
        size: (H, W), of its frames.
        device: where it is.
        dtype: of its frames.
    """
    _check_tensor(frames, "frames as", device)
    shape = tuple(frames.shape)
    if len(shape) != 5 or (shape[1], *shape[3:]) != (channels, *size) or not shape[0] or not shape[2]:
        raise NetworkError(
            f"a step takes frames (N, {channels}, k, {size[0]}, {size[1]}); got a shape of {_shape(shape)}"
        )
    known = frames.dtype == dtype
    if dtype == torch.uint8:
        if not known:
            raise NetworkError(
                f"a step of an exported file takes pixels, uint8 from 0 to 255; got {frames.dtype}: it "
                "normalises them itself"
            )
    elif not known or not _finite(frames):
        raise NetworkError(
            "a step takes frames of finite float32 numbers, as what is not a number would stay in its "
            f"state; got {'NaN or infinity' if known else frames.dtype}: "
            f"{'leave such frames out' if known else 'prepare them as for the network'}"
        )


def check_state(
    state: Mapping[str, Tensor],
    entries: Mapping[str, Entry],
    device: torch.device,
    streams: int | None = None,
) -> int:
    """The number of streams of a state; raises NetworkError for one that is not of these entries.

    Args:
        state: what a step is given.
        entries: of the step.
        device: where the step is.
        streams: that the frames have.
    """
    if not isinstance(state, Mapping):
        raise NetworkError(f"a state is a dict of tensors by name; got {_kind(state)}: {FROM}")
    if state.keys() != entries.keys():
        raise NetworkError(f"this state is of another network or readout: {FROM}")
    for name, entry in entries.items():
        tensor = state[name]
        _check_tensor(tensor, f"{name} of its state as", device)
        if not tensor.ndim or tensor.shape[1:] != entry.shape or tensor.dtype != entry.dtype:
            raise NetworkError(
                f"this state is of another network or size: {name} is {_unlike(tensor, entry)} here; {FROM}"
            )
        streams = len(tensor) if streams is None else streams
        if len(tensor) != streams or not streams:
            raise NetworkError(
                f"this state is of {counted(len(tensor), 'stream')}, and the frames are of {streams}: give "
                "one row of frames for each stream"
            )
    return streams or 1


def check_scores(scores: Tensor) -> None:
    """Raises NetworkError where some are no finite numbers, as nothing that follows them would be."""
    if not _finite(scores):
        raise NetworkError(
            "the step gives scores that are no finite numbers: its weights or the state are damaged; begin "
            "anew with initial(), or restore the weights from a copy"
        )


def _check_tensor(value: Tensor, what: str, device: torch.device) -> None:
    if not isinstance(value, Tensor) or value.is_sparse:
        raise NetworkError(
            f"a step takes {what} a tensor; got {_kind(value)}: torch.from_numpy makes one of an array"
        )
    if value.device != device:
        raise NetworkError(
            f"a step takes {what} a tensor on {device}, where it is; got one on {value.device}"
        )


def _finite(numbers: Tensor) -> bool:
    """All of them; the sum is as a rule, and seven times faster taken."""
    return math.isfinite(float(numbers.sum())) or bool(torch.isfinite(numbers).all())


def _kind(value: object) -> str:
    return "a sparse one" if isinstance(value, Tensor) else type(value).__name__


def _shape(shape: tuple[int, ...]) -> str:
    return by(shape) or "one number"


def _unlike(tensor: Tensor, entry: Entry) -> str:
    """By shape, or, where that is the same, by type."""
    shape = tuple(tensor.shape[1:])
    if not tensor.ndim:
        return "without an axis of streams in it and has one"
    if shape != entry.shape:
        return f"{_shape(shape)} in it and {_shape(entry.shape)}"
    return f"{tensor.dtype} in it and {entry.dtype}"
