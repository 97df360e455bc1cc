"""What can be asked of a data set when it is opened."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from striate.data.exchanges import Pairs
from striate.data.images.framing import FITS, Fit, Framing
from striate.data.images.transform import Transform
from striate.data.optical_flow import METHODS
from striate.data.video.sampling import Sampling
from striate.data.workers import default_workers
from striate.errors import ArgumentError, unknown

GIB = 1 << 30
DEFAULT_FRAMES = 8
WHOLE: Literal["whole"] = "whole"
Span: TypeAlias = float | Literal["whole"]
"""Seconds of a video that a clip stands for, or all of it, however long it is."""


def span_of(text: float | str | None) -> Span | None:
    """A span as it is typed: a number, or `whole`. Raises ArgumentError for anything else."""
    if text is None or text == WHOLE:
        return text
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(
            f"span must be a number of seconds, or {WHOLE}; got {text!r}: try --span 2.0"
        ) from None


@dataclass(frozen=True)
class Options:
    """How a data set is to be opened. See `open_data`."""

    channels: int | None = None
    size: int | None = None
    seed: int = 0
    workers: int | None = None
    memory_limit: int = 2 * GIB
    progress: Callable[[int, int], None] | None = None
    frames: int | None = None
    stride: int | None = None
    flow: str | None = None
    group_by: str | None = None
    span: Span | None = None
    rate: float | None = None
    frame_rate: float | None = None
    fit: Fit | None = None
    share: float = 1.0
    transform: Transform | None = None
    mirrored: Pairs = ()
    reversed: Pairs = ()

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise ArgumentError(f"channels must be 1 (grey) or 3 (RGB); got {self.channels}")
        if self.size is not None and self.size < 1:
            raise ArgumentError(f"size must be a number of pixels, at least 1; got {self.size}")
        if self.workers is not None and self.workers < 0:
            raise ArgumentError(
                f"workers must not be negative; got {self.workers}: 0 reads in the main process"
            )
        if self.fit not in (None, *FITS):
            raise ArgumentError(unknown("fit", str(self.fit), FITS))
        if not 0 < self.share <= 1:
            raise ArgumentError(f"share must be above 0 and at most 1, of each side; got {self.share:g}")
        self._check_clips()

    def _check_clips(self) -> None:
        if self.frames is not None and self.frames < 1:
            raise ArgumentError(f"frames must be a number of frames, at least 1; got {self.frames}")
        if self.stride is not None and self.stride < 1:
            raise ArgumentError(
                f"stride must be a distance in frames, at least 1; got {self.stride}: leave it out to spread "
                "the frames over the whole clip"
            )
        self._check_spacing()
        if self.flow not in (None, *METHODS):
            raise ArgumentError(unknown("flow", str(self.flow), METHODS))
        try:
            re.compile(self.group_by or "")
        except re.error as error:
            raise ArgumentError(
                f"group_by must be a regular expression; got {self.group_by!r}: {error}"
            ) from None

    def _check_spacing(self) -> None:
        for name, example in (("span", "2.0 seconds"), ("rate", "4 a second"), ("frame_rate", "25 a second")):
            value = getattr(self, name)
            if isinstance(value, float | int) and not 0 < value < float("inf"):
                raise ArgumentError(f"{name} must be above 0; got {value:g}: as {example}")
        if len(self.spacing_asked) > 1:
            raise ArgumentError(
                f"{' and '.join(self.spacing_asked)} both say how far apart a clip's frames are: give one of "
                "them"
            )

    def framing(self, usual: Fit = "crop") -> Framing:
        """How pictures are brought to a size, `usual` where nothing is asked for."""
        return Framing(self.fit or usual, self.share, self.transform)

    @property
    def spacing_asked(self) -> tuple[str, ...]:
        """Which of the options say how far apart a clip's frames are."""
        return tuple(name for name in ("span", "rate", "stride") if getattr(self, name) is not None)

    @property
    def sampling(self) -> Sampling:
        """Which frames of a clip are taken, as far as it is asked for."""
        frames = DEFAULT_FRAMES if self.frames is None else self.frames
        step = None if self.rate is None else 1 / self.rate
        if isinstance(self.span, float | int):
            step = self.span / frames
        return Sampling(frames, self.stride, step, self.frame_rate)

    def with_span(self, span: Span) -> "Options":
        """The same with a clip's span settled."""
        return replace(self, span=span)

    @property
    def for_clips(self) -> tuple[str, ...]:
        """Those options set that mean something for clips only."""
        names = ("frames", "span", "rate", "stride", "frame_rate", "flow", "reversed")
        return tuple(name for name in names if getattr(self, name) not in (None, ()))

    @property
    def square(self) -> tuple[int, int] | None:
        """(H, W) that is asked for."""
        return None if self.size is None else (self.size, self.size)

    @property
    def num_workers(self) -> int:
        """The number of worker processes."""
        return default_workers() if self.workers is None else self.workers
