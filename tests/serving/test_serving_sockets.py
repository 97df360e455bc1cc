"""Clients of a stream that vanish, stop in mid-frame, read nothing or send noise; on real sockets."""

import json
import logging
import socket
import struct
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from uploads import picture
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import striate
from striate.serving.serve import SPARE
from striate.training.train import Run
from striate.web import connections

CONNECTIONS = 4
HELLO = (
    "GET /stream HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture(scope="module")
def place(digits_run: Run) -> Iterator[str]:
    """Host and port of a service whose streams may be silent for a second; one stream has been."""
    with striate.serve(
        digits_run.path, port=0, max_connections=CONNECTIONS, max_seconds=1, max_megabytes=17
    ) as serving:
        place = urlsplit(serving.address).netloc
        assert one_frame(place)["frame"] == 0
        yield place


def one_frame(place: str, content: bytes | str = picture(1)) -> dict:
    """What a stream of its own says of a frame."""
    with connect(f"ws://{place}/stream") as stream:
        stream.send(content)
        return json.loads(stream.recv(timeout=20))


def raw(place: str) -> socket.socket:
    """A stream that has just been opened, as bytes."""
    host, port = place.split(":")
    opened = socket.create_connection((host, int(port)), timeout=20)
    opened.sendall(HELLO.format(place).encode())
    assert opened.recv(4096).startswith(b"HTTP/1.1 101")
    return opened


def under_way(place: str) -> int:
    """Requests and streams, as /metrics tells."""
    connection = HTTPConnection(place, timeout=20)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next(int(line.split()[1]) for line in lines if line.startswith("striate_connections "))


def frame_of(content: bytes, told: int) -> bytes:
    """A frame that is masked with zeros and says that it has so many bytes, of which these come."""
    return b"\x82\xfe" + struct.pack(">H", told) + bytes(4) + content


@pytest.mark.parametrize("sent", [b"", frame_of(picture(1)[:50], len(picture(1)))])
def test_who_vanishes_gives_the_place_back(place: str, sent: bytes) -> None:
    for _ in range(2 * CONNECTIONS):
        gone = raw(place)
        gone.sendall(sent)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # without a goodbye
        gone.close()
        until = time.monotonic() + 10
        while under_way(place) and time.monotonic() < until:
            time.sleep(0.01)
    assert one_frame(place)["frame"] == 0


def test_half_a_frame_is_waited_for_as_long_as_none(place: str) -> None:
    with raw(place) as half:
        half.sendall(frame_of(picture(1)[:50], len(picture(1))))
        told = half.recv(4096)
    assert told[2:].startswith(b'{"error":"nothing came for 1 s"}')


def test_who_does_not_read_is_not_read_either(place: str) -> None:
    """What a client has not taken does not pile up at the service: it stops reading, and nobody waits."""
    with raw(place) as deaf:
        deaf.settimeout(0.5)
        frames = frame_of(picture(1), len(picture(1))) * 100_000  # of which the system keeps some
        with pytest.raises(TimeoutError):
            deaf.sendall(frames)
        assert one_frame(place)["frame"] == 0


@pytest.mark.parametrize("noise", [b"\x81\x82\0\0\0\0\xff\xfe", b"\x82\x02ab", b"\xff" * 200])
def test_noise_ends_its_stream_alone(place: str, noise: bytes) -> None:
    with raw(place) as hostile:
        hostile.sendall(noise)
        assert hostile.recv(4096)[0] == 0x88  # a close
    assert one_frame(place)["frame"] == 0


class Lines(logging.Handler):
    """What the server's log is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines, logger = Lines(), logging.getLogger("uvicorn.error")
    logger.addHandler(lines)
    yield lines.told
    logger.removeHandler(lines)


POST = "POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"


@pytest.mark.parametrize("length", ["20", "-1", "0x10", "9" * 20, "abc"])
def test_hostile_requests_fill_no_log(place: str, log: list[str], length: str) -> None:
    """One that brings more than it says is answered when its rest has already been found to be none."""
    host, port = place.split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=20) as hostile:
            hostile.sendall(POST.format(host=place, length=length).encode() + picture(1))
            assert hostile.recv(4096).startswith(b"HTTP/1.1 4")
    with raw(place) as hostile:
        hostile.sendall(b"\x81\x82\0\0\0\0\xff\xfe")
        hostile.recv(4096)
    assert one_frame(place)["frame"] == 0
    assert log == []


@pytest.mark.parametrize("sent", ["", POST[:30], "GET /health HTTP/1.1\r\nHost: {host}\r\n\r\nGET /"])
def test_who_asks_nothing_gives_the_place_back(
    place: str, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    """Nothing, half a request, or half of a second one; streams and what is being answered are left alone."""
    monkeypatch.setattr(connections, "SILENCE", 0.2)
    host, port = place.split(":")
    with connect(f"ws://{place}/stream") as stream:
        stream.send(picture(1))
        silent = [socket.create_connection((host, int(port)), timeout=20) for _ in range(5)]
        for one in silent:
            one.sendall(sent.format(host=place, length=9).encode())
        for one in silent:
            while one.recv(4096):
                pass
            one.close()
        stream.recv(timeout=20)
        stream.send(picture(1))
        assert json.loads(stream.recv(timeout=20))["frame"] == 1


def test_the_limit_of_a_frame_is_the_one_that_was_asked_for(place: str) -> None:
    """The server's own limit, 16 MiB, is below it."""
    limit = 17 << 20
    assert one_frame(place, bytes(limit))["error"].startswith("cannot read the image of these bytes")
    assert one_frame(place, bytes(limit + 1)) == {"error": "a frame has at most 17 MiB"}
    with pytest.raises(ConnectionClosed):
        one_frame(place, bytes(limit + SPARE + 1))
