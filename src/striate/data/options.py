"""What can be asked of a data set when it is opened."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from striate.data.optical_flow import METHODS
from striate.data.video.sampling import Sampling
from striate.data.workers import default_workers
from striate.errors import ArgumentError, unknown

GIB = 1 << 30
DEFAULT_FRAMES = 8


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

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise ArgumentError(f"channels must be 1 (grey) or 3 (RGB); got {self.channels}")
        if self.size is not None and self.size < 1:
            raise ArgumentError(f"size must be a number of pixels, at least 1; got {self.size}")
        if self.workers is not None and self.workers < 0:
            raise ArgumentError(
                f"workers must not be negative; got {self.workers}: 0 reads in the main process"
            )
        self._check_clips()

    def _check_clips(self) -> None:
        if self.frames is not None and self.frames < 1:
            raise ArgumentError(f"frames must be a number of frames, at least 1; got {self.frames}")
        if self.stride is not None and self.stride < 1:
            raise ArgumentError(
                f"stride must be a distance in frames, at least 1; got {self.stride}: leave it out to spread "
                "the frames over the whole clip"
            )
        if self.flow not in (None, *METHODS):
            raise ArgumentError(unknown("flow", str(self.flow), METHODS))
        try:
            re.compile(self.group_by or "")
        except re.error as error:
            raise ArgumentError(
                f"group_by must be a regular expression; got {self.group_by!r}: {error}"
            ) from None

    @property
    def sampling(self) -> Sampling:
        """Which frames of a clip are taken."""
        return Sampling(DEFAULT_FRAMES if self.frames is None else self.frames, self.stride)

    @property
    def for_clips(self) -> tuple[str, ...]:
        """Those options set that mean something for clips only."""
        return tuple(
            name for name in ("frames", "stride", "flow", "group_by") if getattr(self, name) is not None
        )

    @property
    def square(self) -> tuple[int, int] | None:
        """(H, W) that is asked for."""
        return None if self.size is None else (self.size, self.size)

    @property
    def num_workers(self) -> int:
        """The number of worker processes."""
        return default_workers() if self.workers is None else self.workers
