"""Fetching from a server on this machine that misbehaves in every way."""

import gzip
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from data_files import idx_bytes, noise

from striate.data import Published, get_data, open_data
from striate.data.sources.fetch import fetch
from striate.data.sources.idx_folder import read_idx
from striate.downloading import silent
from striate.errors import DataError

CONTENTS = {
    "train-images-idx3-ubyte": idx_bytes(noise(200, 20, 20)),
    "train-labels-idx1-ubyte": idx_bytes(np.arange(200, dtype=np.uint8) % 2),
}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENTS.items()}
IMAGES = "train-images-idx3-ubyte.gz"


@dataclass
class Mirror:
    """A web server and how it behaves."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(PACKED))
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """File and Range header of each request."""
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name, wanted = request.path.removeprefix("/"), request.headers.get("Range")
        self.asked.append((name, wanted))
        if name not in self.files:
            return request.send_error(404)
        content = self.files[name]
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.ranges else 0
        if start and start >= len(content):
            return request.send_error(416)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        end = start + self.cut_after.pop(0) if self.cut_after else None
        request.wfile.write(content[start:end])
        request.close_connection = True
        return None


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Mirror]]:
    """Two mirrors."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    both, servers = [Mirror(), Mirror()], []
    for mirror in both:
        handler = type(
            "Handler",
            (BaseHTTPRequestHandler,),
            {"do_GET": lambda self, mirror=mirror: mirror.answer(self), "log_message": lambda *_: None},
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mirror.address = f"http://127.0.0.1:{server.server_port}/"
        servers.append(server)
    yield both
    for server in servers:
        server.shutdown()
        server.server_close()


def published(*mirrors: Mirror | str, **files: str) -> dict[str, Published]:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    addresses = tuple(one if isinstance(one, str) else one.address for one in mirrors)
    return {"tiny": Published("tiny", addresses, {**sums, **files}, ("a", "b"))}


def fetched(folder: Path) -> bool:
    """All files are there and right, and nothing else is."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(PACKED)
    return all(gzip.decompress((folder / f"{name}.gz").read_bytes()) == CONTENTS[name] for name in CONTENTS)


def test_fetched_into_the_cache_and_found_by_name(
    tmp_path: Path, mirrors: list[Mirror], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    seen = []
    folder = fetch("tiny", published(*mirrors), None, lambda *step: seen.append(step))
    assert folder == tmp_path / "striate" / "datasets" / "tiny"
    assert fetched(folder)
    assert not mirrors[1].asked
    assert {name: done for name, done, total in seen if done == total} == {
        name: len(content) for name, content in PACKED.items()
    }
    assert sum(len(images) for images in open_data("tiny").splits.values()) == 200


def test_what_is_there_is_not_fetched_again(tmp_path: Path, mirrors: list[Mirror]) -> None:
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    (tmp_path / IMAGES).unlink()
    (tmp_path / IMAGES.removesuffix(".gz")).write_bytes(
        CONTENTS["train-images-idx3-ubyte"]
    )  # unpacked counts too
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    mirrors[0].asked.clear()
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert mirrors[0].asked == [("train-labels-idx1-ubyte.gz", None)]
    assert len(read_idx(tmp_path / "train-labels-idx1-ubyte.gz")) == 200


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_connection_goes_on_at_the_next_mirror(
    tmp_path: Path, mirrors: list[Mirror], ranges: bool
) -> None:
    mirrors[0].cut_after = [30_000]
    mirrors[1].ranges = ranges
    fetch("tiny", published(*mirrors), tmp_path, silent)
    assert fetched(tmp_path)
    assert mirrors[1].asked == [(IMAGES, "bytes=30000-")]


def test_a_single_mirror_is_asked_again(tmp_path: Path, mirrors: list[Mirror]) -> None:
    mirrors[0].cut_after = [30_000]
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert fetched(tmp_path)


def test_an_interrupted_fetch_is_resumed_later(tmp_path: Path, mirrors: list[Mirror]) -> None:
    mirrors[0].cut_after = [10_000, 10_000]
    with pytest.raises(DataError, match=r"cut off after 10000 of \d+ bytes; .*cut off after 20000 of"):
        fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert (tmp_path / f"{IMAGES}.part").read_bytes() == PACKED[IMAGES][:20_000]
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert (IMAGES, "bytes=20000-") in mirrors[0].asked
    assert fetched(tmp_path)


def test_a_part_that_is_complete_already(tmp_path: Path, mirrors: list[Mirror]) -> None:
    (tmp_path / f"{IMAGES}.part").write_bytes(PACKED[IMAGES])
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert mirrors[0].asked[0] == (IMAGES, f"bytes={len(PACKED[IMAGES])}-")
    assert fetched(tmp_path)


@pytest.mark.parametrize("rest", [b"x" * 100, b"x" * 1_000_000])
def test_a_part_of_something_else_is_thrown_away(tmp_path: Path, mirrors: list[Mirror], rest: bytes) -> None:
    (tmp_path / f"{IMAGES}.part").write_bytes(rest)
    fetch("tiny", published(mirrors[0]), tmp_path, silent)
    assert fetched(tmp_path)


def test_a_wrong_checksum_at_one_mirror(tmp_path: Path, mirrors: list[Mirror]) -> None:
    mirrors[0].files[IMAGES] = gzip.compress(b"other content")
    fetch("tiny", published(*mirrors), tmp_path, silent)
    assert fetched(tmp_path)


def refused(tmp_path: Path, known: dict[str, Published]) -> str:
    with pytest.raises(DataError) as caught:
        fetch("tiny", known, tmp_path, silent)
    return str(caught.value).replace(str(tmp_path), "DIR")


def test_a_wrong_checksum_everywhere(tmp_path: Path, mirrors: list[Mirror]) -> None:
    mirrors[0].files[IMAGES] = b"not even packed"
    assert refused(tmp_path, published(mirrors[0])) == (
        f"cannot fetch {IMAGES} ({mirrors[0].address}: wrong checksum): try again later, or put the files "
        "train-images-idx3-ubyte, train-labels-idx1-ubyte, gzipped or not, into DIR"
    )
    assert list(tmp_path.iterdir()) == []


def test_offline(tmp_path: Path, mirrors: list[Mirror]) -> None:
    nobody = "http://127.0.0.1:9/"
    mirrors[1].files.clear()
    assert refused(tmp_path, published(nobody, mirrors[1])) == (
        f"cannot fetch {IMAGES} ({nobody}: Connection refused; {mirrors[1].address}: HTTP 404): try again "
        "later, or put the files train-images-idx3-ubyte, train-labels-idx1-ubyte, gzipped or not, into DIR"
    )


def test_a_mirror_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("striate.downloading.PATIENCE_SECONDS", 0.2)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        sentence = refused(tmp_path, published(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
    assert "/: timed out): try again later" in sentence


def test_a_folder_that_cannot_be_written(tmp_path: Path, mirrors: list[Mirror]) -> None:
    (tmp_path / "file").touch()
    assert refused(tmp_path / "file", published(mirrors[0])) == (
        "cannot write DIR: a file stands where a folder is to be; choose another folder or make room"
    )


def test_a_full_disk(tmp_path: Path, mirrors: list[Mirror]) -> None:
    (tmp_path / f"{IMAGES}.part").symlink_to("/dev/full")
    assert refused(tmp_path, published(mirrors[0])) == (
        f"cannot write DIR/{IMAGES}.part: No space left on device; choose another folder or make room"
    )


def test_names() -> None:
    with pytest.raises(
        DataError, match=r"^unknown data set 'minst': did you mean 'mnist'\? Known: fashion-mnist, mnist$"
    ):
        get_data("minst")
    with pytest.raises(DataError, match=r"^'digits' is built in: there is nothing to fetch$"):
        get_data("digits")
