"""The step: frames and a state in, scores and the next state out."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError
from striate.numbers import bytes_of
from striate.stepping.build import ENDS, SEEN, Entry
from striate.stepping.cells import positions
from striate.stepping.step_checks import check_frames, check_scores, check_state

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
