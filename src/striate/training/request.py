"""What somebody asked `train` for, and what can be refused of it before any data are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from striate.data import ClipData, ImageData
from striate.data.flow.optical_flow import require_flow
from striate.data.options import DEFAULT_FRAMES
from striate.errors import ArgumentError, DataError
from striate.models import CLIP_NETWORKS, NetworkSpec
from striate.models import options as options_of
from striate.training.presets import SMALL
from striate.training.recipe import Facts, Recipe

RecipeFor = Recipe | Callable[[Facts], Recipe] | None

DEFAULT_WAY = "tsm"
"""The way through time of a training on clips for which none was asked."""
TWO_STREAM = "two-stream"
"""The one way that looks at optical flow."""
DROPOUT = 0.5
"""At least, of a pretrained backbone that has any, on a small set of clips."""
_FOR_DATA = ("channels", "size", "frames", "stride", "flow", "group_by")


@dataclass(frozen=True)
class Ask:
    """What somebody asked `train` for."""

    data: str
    out: Path | None = None
    backbone: str = "plain"
    options: dict[str, Any] = field(default_factory=dict)
    weights: Path | None = None
    size: int | None = None
    channels: int | None = None
    recipe: RecipeFor = None
    time: str | None = None
    """The way through time; None: the default on clips, none on images."""
    frames: int | None = None
    causal: bool = False
    stride: int | None = None
    flow: str | None = None
    group_by: str | None = None

    @property
    def for_data(self) -> dict[str, Any]:
        """How the data are to be opened; what is about clips only where it was asked for."""
        asked = {name: getattr(self, name) for name in _FOR_DATA}
        if self.time == TWO_STREAM:
            asked["flow"] = self.flow or "dis"
        return {name: value for name, value in asked.items() if name in _FOR_DATA[:2] or value is not None}

    def check(self) -> None:
        """Refuses what no data could make fit."""
        frames = DEFAULT_FRAMES if self.frames is None else self.frames
        NetworkSpec(self.backbone, classes=2, size=64, options=self.options, **self._through_time(frames))
        if self.flow is not None and self.time != TWO_STREAM:
            raise ArgumentError(
                f"optical flow is for --time {TWO_STREAM}; got --time {self.time or DEFAULT_WAY}, which sees "
                "the picture only: leave --flow out"
            )
        if "flow" in self.for_data:
            require_flow()

    def fit_to(self, data: ImageData) -> "Ask":
        """The same with what follows from the data. Raises DataError where it asks for what images lack."""
        if isinstance(data, ClipData):
            options = self._with_dropout() if len(data.splits["train"]) < SMALL else self.options
            way = None if self._takes_clips else self.time or DEFAULT_WAY
            return replace(self, time=way, frames=data.frames, flow=data.flow, options=options)
        if self._takes_clips:
            raise DataError(
                f"{data.source} holds images, and {self.backbone} takes clips: give clips (a folder with one "
                "folder of videos per class, a list file, motion-digits), or a backbone for images such as "
                "resnet18"
            )
        asked = [f"--time {self.time}"] * (self.time is not None) + ["--causal"] * self.causal
        if asked:
            raise DataError(
                f"{data.source} holds images, which have no time for {' and '.join(asked)}: leave "
                f"{'it' if len(asked) == 1 else 'them'} out, or give clips (a folder with one folder of "
                "videos per class, a list file, motion-digits)"
            )
        return self

    def unasked(self, before: "Ask") -> Iterator[str]:
        """What `fit_to` decided, in words."""
        if self.time != before.time:
            yield f"way through time: {self.time}, as --time names none"
        if self.options != before.options:
            yield f"dropout {self.options['dropout']}: pretrained weights on few clips"

    def _with_dropout(self) -> dict[str, Any]:
        """The network's options, with dropout where weights are given and the backbone has some."""
        known = options_of(self.backbone)
        if self.weights is None or "dropout" not in known or "dropout" in self.options:
            return self.options
        return {**self.options, "dropout": max(known["dropout"], DROPOUT)}

    def network(self, data: ImageData) -> NetworkSpec:
        """The network for such data."""
        through_time = self._through_time(self.frames)
        return NetworkSpec(
            self.backbone, len(data.classes), data.channels, data.size, dict(self.options), **through_time
        )

    def _through_time(self, frames: int | None) -> dict[str, Any]:
        """What `build` is told besides, on clips."""
        if self.time is None and not self._takes_clips:
            return {}
        return {"time": self.time, "frames": frames, "causal": self.causal}

    @property
    def _takes_clips(self) -> bool:
        """Whether the network takes clips as it is, without a way through time."""
        return self.backbone in CLIP_NETWORKS
