"""What somebody asked `train` for, and what can be refused of it before any data are read."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from torch import nn

from striate.data import ClipData, ImageData
from striate.data.images.framing import Fit
from striate.data.images.transform import AsTransform
from striate.data.optical_flow import Flow, require_flow
from striate.data.options import DEFAULT_FRAMES, span_of
from striate.errors import ArgumentError, DataError
from striate.models import CLIP_NETWORKS, NetworkSpec
from striate.models import options as options_of
from striate.training.presets import SMALL, RecipeRequest

# What can be asked of a training besides its recipe: each group is one value, which a request holds, and each
# field what `train` says of its argument of that name. None means: as the data are, or as the preset says.

Backbone = str | nn.Module | Callable[..., nn.Module]
"""A name, or in Python what it stands for."""
AUTO = "auto"
"""The backbone that suits the data: `backbone_choice`."""
FOR_CLIPS = "plain"
"""The backbone of clips for which none was named."""


@dataclass(frozen=True)
class NetworkOptions:
    """Which network, and the weights that it starts from."""

    backbone: str = AUTO
    weights: Path | None = None
    weights_mean: tuple[float, ...] = ()
    weights_std: tuple[float, ...] = ()
    from_scratch: bool = False
    offline: bool = False

    def __post_init__(self) -> None:
        mean, std = self.weights_mean, self.weights_std
        if self.from_scratch and self.weights is not None:
            raise ArgumentError("from_scratch takes no weights, and weights names some: give one of them")
        if (mean or std) and self.weights is None:
            raise ArgumentError("weights_mean and weights_std say how weights were trained: give weights too")
        if len(mean) != len(std):
            raise ArgumentError(
                f"weights_mean and weights_std hold one number a channel each; got {len(mean)} and {len(std)}"
            )
        if not all(math.isfinite(value) for value in mean) or not all(0 < value < math.inf for value in std):
            raise ArgumentError(f"weights_std must be above 0, all finite; got {mean} and {std}")


FOR_PHOTOGRAPHS = "resnet18"
"""The backbone of colour photographs for which none was named."""


@dataclass(frozen=True)
class PictureOptions:
    """What the network sees of a picture."""

    size: int | None = None
    channels: int | None = None
    mirrored: tuple[str, ...] = ()
    fit: Fit | None = None
    transform: AsTransform | None = None


@dataclass(frozen=True)
class ClipOptions:
    """What the network sees of a video."""

    frames: int | None = None
    span: str | None = None
    rate: float | None = None
    stride: int | None = None
    frame_rate: float | None = None
    causal: bool = False
    flow: Flow | None = None
    reversed: tuple[str, ...] = ()
    group_by: str | None = None


@dataclass(frozen=True)
class MachineOptions:
    """What computes."""

    device: str = "auto"
    num_threads: int | None = None


DEFAULT_WAY = "tsm"
"""The way through time of a training on clips for which none was asked."""
TWO_STREAM = "two-stream"
"""The one way that looks at optical flow."""
DROPOUT = 0.5
"""At least, of a pretrained backbone that has any, on a small set of clips."""


@dataclass(frozen=True)
class Request:
    """What somebody asked `train` for."""

    data: str
    recipe: RecipeRequest = field(default_factory=RecipeRequest)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the network."""
    picture: PictureOptions = field(default_factory=PictureOptions)
    time: str | None = None
    """The way through time; None: the default on clips, none on images."""
    clips: ClipOptions = field(default_factory=ClipOptions)
    out: Path | None = None

    @property
    def for_data(self) -> dict[str, Any]:
        """How the data are to be opened; what is about clips only where it was asked for."""
        clips = self.clips
        flow = clips.flow or "dis" if self.time == TWO_STREAM else clips.flow
        asked = {name: value for name, value in vars(clips).items() if name not in ("causal", "reversed")} | {
            "flow": flow
        }
        asked |= {"span": span_of(clips.span), "fit": self.picture.fit, "transform": self.picture.transform}
        known = {"mirrored": list(self.picture.mirrored), "reversed": list(clips.reversed)}
        asked = {name: value for name, value in asked.items() if value is not None}
        picture = {"size": self.picture.size, "channels": self.picture.channels}
        return picture | asked | {name: pairs for name, pairs in known.items() if pairs}

    def check(self) -> None:
        """Refuses what no data could make fit."""
        frames = DEFAULT_FRAMES if self.clips.frames is None else self.clips.frames
        unknown_yet = self.network.backbone == AUTO
        NetworkSpec(
            FOR_CLIPS if unknown_yet else self.network.backbone,
            classes=2,
            size=64,
            options={} if unknown_yet and self.network.weights else self.options,
            **self._through_time(frames),
        )
        if self.clips.flow is not None and self.time != TWO_STREAM:
            raise ArgumentError(
                f"optical flow is for --time {TWO_STREAM}; got --time {self.time or DEFAULT_WAY}, which sees "
                "the picture only: leave --flow out"
            )
        if "flow" in self.for_data:
            require_flow()

    def fit_to(self, data: ImageData) -> "Request":
        """The same with what follows from the data. Raises DataError where it asks for what images lack."""
        if isinstance(data, ClipData):
            options = self._with_dropout() if len(data.splits["train"]) < SMALL else self.options
            way = None if self._takes_clips else self.time or DEFAULT_WAY
            clips = replace(self.clips, frames=data.frames, flow=cast("Flow | None", data.flow))
            return replace(self, time=way, clips=clips, options=options)
        if self._takes_clips:
            raise DataError(
                f"{data.source} holds images, and {self.network.backbone} takes clips: give clips (a folder "
                "with one folder of videos per class, a list file, motion-digits), or a backbone for images "
                "such as resnet18"
            )
        asked = [f"--time {self.time}"] * (self.time is not None) + ["--causal"] * self.clips.causal
        if asked:
            raise DataError(
                f"{data.source} holds images, which have no time for {' and '.join(asked)}: leave "
                f"{'it' if len(asked) == 1 else 'them'} out, or give clips (a folder with one folder of "
                "videos per class, a list file, motion-digits)"
            )
        return self

    def unasked(self, before: "Request") -> Iterator[str]:
        """What `fit_to` decided, in words."""
        if self.time != before.time:
            yield f"way through time: {self.time}, as --time names none"
        if self.options != before.options:
            yield f"dropout {self.options['dropout']}: pretrained weights on few clips"

    def _with_dropout(self) -> Mapping[str, Any]:
        """The network's options, with dropout where weights are given and the backbone has some."""
        known = options_of(self.network.backbone)
        if self.network.weights is None or "dropout" not in known or "dropout" in self.options:
            return self.options
        return {**self.options, "dropout": max(known["dropout"], DROPOUT)}

    def spec(self, data: ImageData) -> NetworkSpec:
        """The network for such data."""
        through_time = self._through_time(self.clips.frames)
        return NetworkSpec(
            self.network.backbone,
            len(data.classes),
            data.channels,
            data.size,
            dict(self.options),
            **through_time,
        )

    def _through_time(self, frames: int | None) -> dict[str, Any]:
        """The arguments of `build` that only clips have."""
        if self.time is None and not self._takes_clips:
            return {}
        return {"time": self.time, "frames": frames, "causal": self.clips.causal}

    @property
    def _takes_clips(self) -> bool:
        """Whether the network takes clips as it is, without a way through time."""
        return self.network.backbone in CLIP_NETWORKS


def has_flow(data: ImageData) -> bool:
    """Whether the last two planes are optical flow."""
    return isinstance(data, ClipData) and data.flow is not None
