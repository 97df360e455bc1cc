"""The step: frames and a state in, scores and the next state out; what has to be otherwise is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError
from striate.numbers import by, bytes_of, counted
from striate.stepping.build import ENDS, SEEN, Entry
from striate.stepping.cells import positions

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


State = dict[str, Tensor]
"""What a step knows of the frames before: tensors by name, the axis of the streams first. A value: a step
changes none, so that any of them can be kept and gone on from."""


@dataclass(frozen=True, eq=False)
class Step:
    """A network as a function of the next frames and of a state; it keeps nothing itself.

    It holds a network's weights as they were when it was made. `late` is how many frames come in before the
    first scores, NaN until then, come out; `every` how many frames lie between two scores that are the clip's
    own, where the network strides over frames, and `longer` how many frames more than the clip its scores
    have, as padding may leave.
    """

    graph: nn.Module
    entries: Mapping[str, Entry]
    channels: int
    size: tuple[int, int]
    classes: int
    readout: str
    window: int
    late: int
    every: int
    longer: int
    device: torch.device
    dtype: torch.dtype = torch.float32
    """Of the frames: uint8 where they are taken as they are."""

    @checked
    def initial(self, streams: int = 1) -> State:
        """The state before the first frame.

        Args:
            streams: how many streams of frames are to go through side by side.
        """
        if streams < 1:
            raise NetworkError(f"a step needs at least one stream of frames; got {streams}")
        return {
            name: torch.full((streams, *entry.shape), entry.fill, dtype=entry.dtype, device=self.device)
            for name, entry in self.entries.items()
        }

    def __call__(self, frames: Tensor, state: Mapping[str, Tensor]) -> tuple[Tensor, State]:
        """Scores after each frame, and the state behind them.

        Args:
            frames: (N, C, k, H, W), the next k frames of each of N streams, prepared as for the network.
            state: of `initial`, or of the step before.

        Returns:
            scores (N, k, K) and the next state.

        Raises:
            NetworkError: frames of another shape, type or device, or with values that are not numbers; a
                state of another network, of another size or of another number of streams; scores that are no
                numbers, as of a state or weights that are damaged.
        """
        check_frames(frames, self.channels, self.size, self.device, self.dtype)
        check_state(state, self.entries, self.device, frames.shape[0])
        return self._run(frames, state)

    def finish(self, state: Mapping[str, Tensor]) -> Tensor:
        """The scores that are still to come when the last frame has come in: (N, late + longer, K).

        Args:
            state: behind the last frame.
        """
        streams = check_state(state, self.entries, self.device)
        frames = max(0, self.late + self.longer)
        if not frames:
            return torch.empty(streams, 0, self.classes, device=self.device)
        ended = {**state, ENDS: state[SEEN].clone()}
        shape = (streams, self.channels, frames, *self.size)
        nothing = torch.zeros(shape, dtype=self.dtype, device=self.device)
        return self._run(nothing, ended)[0]

    def last_of(self, frames: int) -> int:
        """Which of the scores of a clip of so many frames, those of `finish` behind them, is the clip's own.

        Args:
            frames: of the clip.
        """
        return (frames + self.longer - 1) // self.every * self.every + self.late

    @property
    def state_bytes(self) -> int:
        """Of one stream."""
        return sum(one.numel() * one.element_size() for one in self.initial().values())

    def __repr__(self) -> str:
        late = f", {self.late} frames late" if self.late else ""
        return (
            f"Step({self.channels}×{self.size[0]}×{self.size[1]} → {self.classes}, readout={self.readout!r}, "
            f"window={self.window}, state {bytes_of(self.state_bytes)}{late})"
        )

    def _run(self, frames: Tensor, state: Mapping[str, Tensor]) -> tuple[Tensor, State]:
        with torch.inference_mode():
            scores, after = self.graph(frames, *(state[name] for name in self.entries))
            scores = scores.reshape(frames.shape[0], -1, self.classes)
            told = positions(state[SEEN], frames.shape[2]) >= self.late if self.late else None
            check_scores(scores if told is None else scores[told])
            if told is not None:
                scores = torch.where(told.unsqueeze(2), scores, torch.nan)
        return scores, dict(zip(self.entries, after, strict=True))
