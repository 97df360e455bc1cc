"""What one request may bring, and how many may be under way."""

from dataclasses import dataclass

from striate.errors import ArgumentError, StriateError
from striate.numbers import counted


class AboveLimitError(StriateError):
    """A request that brings more than is taken."""


class FullError(StriateError):
    """As much is under way as may be: ask again later."""


@dataclass(frozen=True)
class Limits:
    """The limits of a service. What is above one is refused before it costs what it would."""

    megabytes: float
    """Of a request, or of a frame of a stream."""
    megapixels: float
    """Of an image, or of a video's frame."""
    frames: int
    """Of a video."""
    seconds: float
    """Of a video; and that a stream may send nothing."""
    connections: int
    """Under way at once: requests and streams."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ArgumentError(f"max_{name} is above 0; got {value:g}")

    @property
    def bytes(self) -> int:
        """Of a request."""
        return int(self.megabytes * (1 << 20))

    def check_picture(self, height: int, width: int) -> None:
        """Raises AboveLimitError for a picture that is larger."""
        if height * width > self.megapixels * 1e6:
            raise AboveLimitError(
                f"{height} × {width} pixels are above the limit of {self.megapixels:g} million: send a "
                "smaller picture"
            )

    def check_video(self, frames: int, seconds: float | None) -> None:
        """Raises AboveLimitError for a video that is longer. seconds: None where its file tells none."""
        if frames > self.frames:
            raise AboveLimitError(
                f"more than {counted(self.frames, 'frame')} are above the limit: send the video in parts"
            )
        if seconds is not None and seconds > self.seconds:
            raise AboveLimitError(
                f"{seconds:.0f} s are above the limit of {self.seconds:g} s: send the video in parts"
            )
