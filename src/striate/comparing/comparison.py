"""The result of a comparison, and how it presents itself."""

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from striate.pages import Shown
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Spread:
    """A figure of several trainings: fractions for accuracies."""

    mean: float
    std: float
    """Standard deviation of these very trainings (their squares divided by n): 0 of a single one."""
    values: tuple[float, ...]
    """In the order of the runs."""

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Of one or more values."""
        return cls(fmean(values), pstdev(values), tuple(values))


@dataclass(frozen=True)
class Row(ToJson):
    """One network, on clips with one way through time: what its trainings came to, and what it costs."""

    time: str | None
    """None on images."""
    backbone: str
    causal: bool
    frames: int | None
    """Of a clip."""
    options: dict[str, Any]
    """Of the network, where they are not the defaults: the widths that `match` found are here."""
    runs: tuple[str, ...]
    """The folders, one for each seed."""
    top1: Spread
    """Accuracy on the test split (on the validation split where there is none)."""
    in_pairs: Spread | None
    """Of the clips given the right pair of classes, the share given the right one of the two; None where the
    data have no pairs, or not one clip was given the right pair."""
    right_pair: Spread | None
    """Share of clips given the right pair."""
    parameters: int
    macs: int
    """Multiply-accumulates of one image or clip."""
    macs_per_frame: int
    """Of what has to be computed when one more frame comes."""
    step_bytes: int | None
    """Memory of a training step: weights with all they carry, and what is kept for the backward pass."""
    samples_per_second: float
    """In training, on the machine that trained: the median over the runs."""
    epochs: float
    """Mean over the runs."""
    seconds: float
    """Of training and scoring: the mean over the runs."""
    inference_ms: float
    """One image or clip through the network, measured here."""
    inference_ms_per_frame: float
    """The same for what has to be computed when one more frame comes."""
    streams: bool
    """Whether a new frame costs that frame only; otherwise it costs the whole clip again."""
    flow_ms: float | None
    """Optical flow of one clip, which comes on top of inference; None where none is needed."""
    on_front: bool = False
    """No other row has as few MACs and a higher accuracy, or fewer MACs and as high a one."""

    @property
    def label(self) -> str:
        """The way, and what sets it apart; on images the backbone."""
        if self.time is None:
            return self.backbone
        return f"{self.time}, causal" if self.causal and self.time in ("tsm", "3d", "2plus1d") else self.time

    def to_json(self) -> dict[str, Any]:
        """Plain values; fractions, not percent."""
        return super().to_json() | {"label": self.label}


@dataclass(frozen=True)
class Comparison(Shown):
    """Networks, or ways through time, side by side."""

    rows_in = "rows"

    status: str
    """'finished', or 'stopped' where somebody asked for it; then there are no rows yet."""
    data: str
    split: str
    """What the accuracies are of: test, or val."""
    samples: int
    """Images or clips in it."""
    of_images: bool
    """Otherwise of clips."""
    match: str | None
    rows: tuple[Row, ...]
    out: Path | None
    files: tuple[Path, ...]
    """What was written into `out`."""
    machine: dict[str, Any]
    """Where inference was measured."""
    notes: tuple[str, ...]

    @property
    def noun(self) -> str:
        """What each sample is."""
        return "image" if self.of_images else "clip"

    @property
    def title(self) -> str:
        """What is compared on what."""
        return f"{'Networks' if self.of_images else 'Ways through time'} on {self.data}"
