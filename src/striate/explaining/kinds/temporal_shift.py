"""Temporal shift: channels that come from a neighbouring frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation import TemporalShift as TemporalShiftByHand
from striate.derivation.shapes import Array, Sizes
from striate.explaining.kinds.kind import EXACT, NOWHERE, Index, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import number
from striate.pages import Block, Paragraph, Table
from striate.pages.maths import Maths
from striate.plain_values import ToJson

ZEROS = "∅"
"""Stands for a frame that there is none of; 0 is the first frame."""
FOLDED = 4  # axes of maps (N·T, C, H, W) whose frames are folded into the batch


@dataclass(frozen=True)
class FoldedShift:
    """A temporal shift on (N·T, C, H, W), frame after frame, `frames` of them for each clip."""

    shift: TemporalShiftByHand
    frames: int

    def forward(self, x: Array) -> tuple[Array, Sizes]:
        """(N·T, C, H, W) → the same shape."""
        y, _ = self.shift.forward(self._clips(x))
        return self._folded(y), x.shape

    def backward(self, dy: Array, saved: Sizes) -> Array:
        """The same shift the other way."""
        clips = self._clips(dy)
        return self._folded(self.shift.backward(clips, clips.shape))

    def _clips(self, x: Array) -> Array:
        """(N·T, C, H, W) → (N, C, T, H, W)."""
        return x.reshape(-1, self.frames, *x.shape[1:]).swapaxes(1, 2)

    def _folded(self, clips: Array) -> Array:
        """(N, C, T, H, W) → (N·T, C, H, W)."""
        frames = clips.swapaxes(1, 2)
        return frames.reshape(-1, *frames.shape[2:])


@dataclass(frozen=True)
class Shift(ToJson):
    """Which frame each channel of each frame came from; −1 where zeros came in."""

    value: float
    source_frames: Array  # (C, T)
    channel: int
    frame: int
    summed = EXACT

    @property
    def came_from(self) -> int:
        """The frame that this number came from."""
        return int(self.source_frames[self.channel, self.frame])

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "came_from": self.came_from}

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """This number's way, and that of all channels."""
        source = self.came_from
        key = "from_outside" if source < 0 else "from_itself" if source == self.frame else "from_frame"
        facts = {"channel": self.channel, "frame": self.frame, "source": source}
        yield Paragraph(say(key, **facts, value=number(self.value, 6)))
        frames = tuple(map(str, range(self.source_frames.shape[1])))
        yield Table.of_rows(say("table"), (*say.heads("channels"), *frames), tuple(self._rows()))

    def _rows(self) -> Iterator[tuple[str, ...]]:
        """A row for every run of channels that come alike."""
        source = self.source_frames
        starts = [c for c in range(len(source)) if c == 0 or not np.array_equal(source[c], source[c - 1])]
        ends = [*(start - 1 for start in starts[1:]), len(source) - 1]
        for first, last in zip(starts, ends, strict=True):
            yield (f"{first}–{last}", *(ZEROS if t < 0 else str(int(t)) for t in source[first]))


@dataclass(frozen=True, eq=False)
class TemporalShift(Kind):
    """On clips, or on frames that are folded into the batch."""

    key = "temporal_shift"
    plain_slopes = True
    mixes_samples = True
    layers = ("TemporalShift",)
    texts = by_language(
        en={
            "name": "temporal shift",
            "text": "A temporal shift moves some channels by one frame, so that the 2D convolution after it "
            "sees neighbouring frames at no cost.",
            "from_frame": "Channel {channel} of frame {frame} came from frame {source}: {value}.",
            "from_itself": "Channel {channel} stays in its frame {frame}: {value}.",
            "from_outside": "Channel {channel} of frame {frame} would come from outside of the clip: it is "
            "0.",
            "table": "The frame from which each channel came, for every frame of the output (∅: zeros, from "
            "no frame)",
        },
        vi={
            "name": "dịch chuyển theo thời gian",
            "text": "Dịch chuyển theo thời gian dời một số kênh đi một khung hình, nhờ đó tích chập 2D phía "
            "sau thấy được các khung hình lân cận mà không tốn thêm tính toán.",
            "from_frame": "Kênh {channel} của khung hình {frame} đến từ khung hình {source}: {value}.",
            "from_itself": "Kênh {channel} ở nguyên trong khung hình {frame}: {value}.",
            "from_outside": "Kênh {channel} của khung hình {frame} lẽ ra đến từ ngoài đoạn video: nó bằng 0.",
            "table": "Khung hình nguồn của mỗi kênh, với từng khung hình đầu ra (∅: số 0, không từ khung "
            "hình nào)",
        },
    )

    @property
    def shift(self) -> TemporalShiftByHand:
        """With the layer's folds."""
        return TemporalShiftByHand(
            int(getattr(self.layer, "folds", 8)), bool(getattr(self.layer, "causal", False))
        )

    @property
    def operation(self) -> TemporalShiftByHand | FoldedShift:
        if self.record.input.dim() == FOLDED:
            return FoldedShift(self.shift, int(self.layer.frames.count))
        return self.shift

    def detail(self, index: Index) -> Shift:
        operation, x = self.operation, self.x
        folded = isinstance(operation, FoldedShift)
        frames = operation.frames if isinstance(operation, FoldedShift) else x.shape[2]
        value = float(operation.forward(x)[0][index])
        frame = index[0] % frames if folded else index[2]
        return Shift(value, self.shift.source_frames(x.shape[1], frames), index[1], frame)

    def reads(self, index: Index) -> Array:
        came, frame = self.detail(index).came_from, 0 if self.record.input.dim() == FOLDED else 2
        if came < 0:
            return np.array([NOWHERE])
        place = list(index)
        place[frame] += came - self.detail(index).frame
        return np.array([np.ravel_multi_index(place, self.x.shape)])
