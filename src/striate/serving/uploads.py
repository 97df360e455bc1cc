"""The file that a request brings: its body as it is, or the one file of a form, as `curl -F` sends it."""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from striate.errors import DataError
from striate.numbers import counted

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
