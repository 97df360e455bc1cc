"""The step: frames and a state in, scores and the next state out."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError
from striate.numbers import by, bytes_of
from striate.stepping.build import ENDS, SEEN, Entry
from striate.stepping.cells import positions

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
            NetworkError: frames of another shape or with values that are not numbers, a state of another
                network, of another size or of another number of streams.
        """
        self._check_frames(frames)
        self._check_state(state, frames.shape[0])
        return self._run(frames, state)

    def finish(self, state: Mapping[str, Tensor]) -> Tensor:
        """The scores that are still to come when the last frame has come in: (N, late + longer, K).

        Args:
            state: behind the last frame.
        """
        streams = next(iter(state.values())).shape[0] if state else 1
        self._check_state(state, streams)
        frames = max(0, self.late + self.longer)
        if not frames:
            return torch.empty(streams, 0, self.classes, device=self.device)
        ended = {**state, ENDS: state[SEEN].clone()}
        nothing = torch.zeros(streams, self.channels, frames, *self.size, device=self.device)
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
            if self.late:
                at = positions(state[SEEN], frames.shape[2]) - self.late
                scores = torch.where((at >= 0).unsqueeze(2), scores, torch.nan)
        return scores, dict(zip(self.entries, after, strict=True))

    def _check_frames(self, frames: Tensor) -> None:
        wanted = (self.channels, *self.size)
        shape = tuple(frames.shape)
        if len(shape) != 5 or (shape[1], *shape[3:]) != wanted or not shape[0] or not shape[2]:
            raise NetworkError(
                f"a step takes frames (N, {self.channels}, k, {self.size[0]}, {self.size[1]}); got a shape "
                f"of {by(shape)}"
            )
        if not frames.is_floating_point() or not _finite(frames):
            raise NetworkError(
                "a step takes frames of finite float32 numbers, as what is not a number would stay in its "
                f"state; got {'NaN or infinity' if frames.is_floating_point() else frames.dtype}: leave such "
                "frames out"
            )

    def _check_state(self, state: Mapping[str, Tensor], streams: int) -> None:
        if state.keys() != self.entries.keys():
            raise NetworkError(
                "this state is of another network or readout: take the one that initial() or the step before "
                "gave"
            )
        for name, entry in self.entries.items():
            tensor = state[name]
            if tuple(tensor.shape[1:]) != entry.shape or tensor.dtype != entry.dtype:
                raise NetworkError(
                    f"this state is of another network or size: {name} is {_shape(tensor.shape[1:])} in it "
                    f"and {_shape(entry.shape)} here; take the one that initial() or the step before gave"
                )
            if tensor.shape[0] != streams:
                raise NetworkError(
                    f"this state is of {tensor.shape[0]} streams, and the frames are of {streams}: give one "
                    "row of frames for each stream"
                )


def _finite(frames: Tensor) -> bool:
    """All of them; the sum is as a rule, and seven times faster taken."""
    return bool(torch.isfinite(frames.sum())) or bool(torch.isfinite(frames).all())


def _shape(shape: tuple[int, ...] | torch.Size) -> str:
    return by(shape) or "one number"
