"""A form gives the file that a client has put into it, byte for byte; what is no such form is told."""

from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import DataError
from striate.serving.uploads import Upload, upload_of

contents = st.lists(
    st.one_of(
        st.binary(max_size=30), st.sampled_from([b"\r\n", b"\n", b"--", b"\r\n--", b"\r\n\r\n", b"--\r\n"])
    ),
    max_size=12,
).map(b"".join)


def sent(files: list[tuple[str, tuple[str, bytes]]], fields: dict[str, str]) -> tuple[bytes, str]:
    """Body and type of a form, as a client's library writes it."""
    request = httpx.Request("POST", "http://localhost/", data=fields, files=files)
    return request.read(), request.headers["content-type"]


@given(content=contents, fields=st.dictionaries(st.text("abc", min_size=1), st.text(max_size=9), max_size=2))
def test_the_file_of_a_form(content: bytes, fields: dict[str, str]) -> None:
    body, kind = sent([("file", ("mèo 1.jpg", content))], fields)
    assert upload_of(body, kind) == Upload(content, "mèo 1.jpg")


@given(content=contents, kind=st.sampled_from(["", "image/jpeg", "application/x-www-form-urlencoded", "x"]))
def test_a_file_without_a_form(content: bytes, kind: str) -> None:
    assert upload_of(content, kind) == Upload(content, None)


def test_a_form_as_curl_writes_it() -> None:
    body = (
        b'--------------------------d7\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n--------------------------d7--\r\n"
    )
    kind = "multipart/form-data; boundary=------------------------d7"
    assert upload_of(body, kind) == Upload(b"\x89PNG\r\n\x1a\n", "a.png")


CUT = (
    "the form does not end with the boundary that its Content-Type names: send it whole, or the file itself, "
    "as `curl --data-binary @FILE` does"
)
NUMBER = (
    "the form brings {}: send one file a request, as `curl -F file=@FILE` or `curl --data-binary @FILE` do"
)


@pytest.mark.parametrize(
    ("files", "change", "said"),
    [
        ([], lambda body, kind: (body, kind), NUMBER.format("0 files")),
        (["a", "b"], lambda body, kind: (body, kind), NUMBER.format("2 files")),
        (["a"], lambda body, kind: (body[:-6], kind), CUT),
        (["a"], lambda body, kind: (body, kind.split(";")[0]), CUT),
        (["a"], lambda body, kind: (body, f"multipart/form-data; boundary={token_hex(4)}"), CUT),
        (["a"], lambda body, kind: (b"", kind), CUT),
    ],
)
def test_what_is_no_form_with_one_file(
    files: list[str], change: Callable[[bytes, str], tuple[bytes, str]], said: str
) -> None:
    body, kind = sent([("file", (name, b"content")) for name in files] or [("x", (None, b"y"))], {})
    with pytest.raises(DataError) as refused:
        upload_of(*change(body, kind))
    assert str(refused.value) == said


@given(body=st.binary(max_size=80), boundary=st.text(max_size=8), rest=st.text(max_size=20))
def test_any_form_is_read_or_refused(body: bytes, boundary: str, rest: str) -> None:
    mark = boundary.encode("latin-1", "replace")
    for one in (body, b"--" + mark + b"\r\n" + body + b"\r\n--" + mark + b"--"):
        with suppress(DataError):
            assert isinstance(upload_of(one, f"multipart/form-data; boundary={boundary}{rest}"), Upload)
