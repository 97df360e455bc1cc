"""The verb `serve`: a trained network behind an address."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.checked import checked, like
from striate.errors import ArgumentError
from striate.evaluating.opening import open_trained
from striate.evaluating.predict import predict
from striate.pages import Shown
from striate.serving.uploads import Limits
from striate.training.stopping import caught
from striate.web.served import Address, Served, address_of, check_port, listen, require_server

if TYPE_CHECKING:
    from striate.serving.server import Service

PORT = 8643
ENDING = 30.0
"""Seconds that the end waits for what is being answered."""
SWITCHING = 2e-4
"""Seconds after which the network's thread gets the interpreter back from those that read requests: usually
5 ms, which it would wait after each of its layers."""
SPARE = 1 << 20
"""Bytes by which a frame of a stream may be above the limit and is still told so in words."""


class Serving(Address, Shown):
    """A service that is open.

    It answers at `address` until `close()`, or the end of a `with` block.
    """

    def __init__(self, service: "Service", served: Served, address: str, takes: str) -> None:
        super().__init__(served, address)
        self.takes, self._service = takes, service

    def wait(self) -> None:
        """Until Ctrl-C or SIGTERM: then nothing new is taken, and what is being answered is answered."""
        asked = threading.Event()
        with caught(asked.set), _switching():
            while self._served.is_open and not asked.wait(0.2):
                pass
        self.close()

    def close(self) -> None:
        """Ends it, after what is being answered."""
        self._service.stopping = True
        super().close()

    def to_json(self) -> dict[str, str]:
        """Where it is, and what it takes."""
        return {"address": self.address, "takes": self.takes}


@checked
@like(predict, only="weights classes offline device algorithms")
def serve(
    run: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    max_megabytes: float = 32.0,
    max_megapixels: float = 50.0,
    max_frames: int = 20_000,
    max_seconds: float = 600.0,
    max_connections: int = 256,
    **opening: Any,
) -> Serving:
    """Puts a trained network behind an address: files are posted to it, and `predict`'s JSON comes back.

    POST /predict takes the bytes of an image file, or of a video file for a run on clips; the WebSocket
    /stream takes image files, one a frame, and answers after each; GET /health and GET /metrics (for
    Prometheus) tell how it is. Images that come at the same time are computed together.

    Args:
        run: as for `predict`.
        host: the address of this machine to listen on. By default only this machine is answered; 0.0.0.0
            answers others, too.
        port: by default 8643, or another free one; 0 for a free one.
        token: a secret that requests must bring, as `Authorization: Bearer TOKEN`.
        max_megabytes: of a request, or of a frame of a stream.
        max_megapixels: of an image, or of a frame of a video.
        max_frames: of a video.
        max_seconds: of a video; and that a stream may send nothing.
        max_connections: requests and streams under way at once; more are told to come again (503).
        opening: weights, classes, offline, device and algorithms, as for `predict`.

    Returns:
        The service: its `address`, `wait()` and `close()`.

    Raises:
        MissingExtraError: without the extra `lab`.
        RunError: a folder that is no run.
        ArgumentError: a port that is taken, or a limit that is none.

    >>> serve("runs/digits-plain", port=8000).wait()  # doctest: +SKIP
    """
    require_server("serving")
    check_port(port)
    limits = Limits(max_megabytes, max_megapixels, max_frames, max_seconds, max_connections)
    if token == "":
        raise ArgumentError("token is empty: leave it out, or give a secret")
    trained = open_trained(run, **opening)
    listening = listen(host, port, PORT)
    from striate.serving.network import Network
    from striate.serving.server import Service
    from striate.web.guard import Guard

    service = Service(Network(trained, limits))
    app = Guard(service.application(), host, token, largest=limits.bytes, what="service")
    most = limits.bytes + SPARE
    served = Served(app, listening, 2 * limits.connections + 16, ENDING, most).start()
    return Serving(service, served, address_of(listening, host), service.network.takes)


@contextmanager
def _switching() -> Iterator[None]:
    """Threads take turns more often inside the block."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCHING)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
