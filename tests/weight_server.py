"""Published weights of a small kind, and a server on this machine in their publisher's place."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from striate import build
from striate.published import table

NETWORK = "squeezenet1_1"


def small_weights(folder: Path, seed: int = 0, classes: int = 1000) -> Path:
    """A file of weights of a small network, named with its checksum."""
    torch.manual_seed(seed)
    draft = folder / "weights.pth"
    torch.save(build(NETWORK, classes=classes).state_dict(), draft)
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()
    return draft.rename(folder / f"{NETWORK}-{digest[:8]}.pth")


@dataclass
class Publisher:
    """What a server gives, and what it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(publisher: Publisher) -> Iterator[None]:
    """A web server with these files."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            publisher.asked.append(name)
            if name not in publisher.files:
                return self.send_error(404)
            content = publisher.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    publisher.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def publish(monkeypatch: pytest.MonkeyPatch, file: str, address: str) -> None:
    """In place of what the network's real publisher says."""
    entry = replace(table.published(NETWORK), file=file)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(table, "WEIGHTS", (entry,))
    monkeypatch.setattr(table, "ADDRESS", address)
    monkeypatch.setattr(table, "CLASSES_ADDRESS", f"{address}names.txt")


def out_of_reach(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights that are published at an address that does not answer; nothing of them is here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setattr("striate.published.class_names._inside", lambda *_: None)
    file = small_weights(folder)
    publish(monkeypatch, file.name, "http://127.0.0.1:9")
    return file
