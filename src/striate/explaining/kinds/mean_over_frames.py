"""Where the frames of a clip become one: the mean over them."""

from dataclasses import dataclass

import numpy as np

from striate.derivation import MeanOverFrames as MeanOverFramesByHand
from striate.explaining.kinds.kind import Index, Kind
from striate.explaining.kinds.pool_window import Window
from striate.explaining.texts import by_language
from striate.layers import Consensus, EndOfTime


@dataclass(frozen=True, eq=False)
class MeanOverFrames(Kind):
    """Of scores of folded frames (`Consensus`), or of maps (`EndOfTime`)."""

    key = "mean_over_frames"
    plain_slopes = True
    mixes_samples = True
    layers = (Consensus, EndOfTime)
    texts = by_language(
        en={
            "name": "mean over frames",
            "text": "The frames of the clip become one: each number is the mean over all frames.",
            "window": "The number in each frame",
            "grid": "frames",
        },
        vi={
            "name": "trung bình qua các khung hình",
            "text": "Các khung hình của đoạn video gộp thành một: mỗi số là trung bình qua mọi khung hình.",
            "window": "Con số ở từng khung hình",
            "grid": "khung hình",
        },
    )

    @property
    def refusal(self) -> str | None:
        """For each frame the mean of all up to it."""
        return "a mean over the frames so far" if getattr(self.layer, "so_far", None) is True else None

    @property
    def operation(self) -> MeanOverFramesByHand:
        folded = isinstance(self.layer, Consensus)
        return MeanOverFramesByHand(int(self.layer.frames.count) if folded else None)

    def detail(self, index: Index) -> Window:
        by_frame = self.operation.by_frame(self.x)[index[0]]  # (T, ...)
        values = by_frame[(slice(None), *index[1:])]  # (T,)
        cells = np.arange(len(values))[None]
        return Window(float(values.mean()), values, cells, None, float(len(values)))
