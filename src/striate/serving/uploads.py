"""What one request may bring, how many may be under way, and the file that one brings."""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from striate.errors import ArgumentError, DataError, StriateError
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


FORM = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """A file as it came."""

    content: bytes
    name: str | None
    """As its form calls it; None where it came without one."""


def upload_of(body: bytes, content_type: str) -> Upload:
    """The file of a request's body. Raises DataError for a form without one, or with several."""
    told = Message()
    told["content-type"] = content_type
    if told.get_content_type() != FORM:
        return Upload(body, None)
    files = [one for one in _parts(body, told.get_boundary("")) if one.name is not None]
    if len(files) != 1:
        raise DataError(
            f"the form brings {counted(len(files), 'file')}: send one file a request, as "
            "`curl -F file=@FILE` or `curl --data-binary @FILE` do"
        )
    return files[0]


def _parts(body: bytes, boundary: str) -> list[Upload]:
    """Of a form (RFC 7578); plain fields have no name of a file. Raises DataError where it is cut."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if not boundary or len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise DataError(
            "the form does not end with the boundary that its Content-Type names: send it whole, or the "
            "file itself, as `curl --data-binary @FILE` does"
        )
    found = []
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        headers = HeaderParser().parsestr(head.decode(errors="replace").lstrip())
        found.append(Upload(content, headers.get_filename()))
    return found
