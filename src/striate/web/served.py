"""An application that is served: in a thread of its own, at an address, until it is closed."""

import logging
import socket
import time
from importlib.util import find_spec
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from striate.errors import ArgumentError, MissingExtraError
from striate.plain_values import ToJson

if TYPE_CHECKING:
    from starlette.types import ASGIApp

NEEDED = ("starlette", "uvicorn", "websockets")
CLIENTS = ("Invalid HTTP request", "Invalid UTF-8", "socket.send() raised exception")
"""How lines of the log begin that tell what a client has sent, or that it has gone."""
STARTING = 10.0
"""Seconds that a server may take to start."""


def require_server(what: str) -> None:
    """Raises MissingExtraError where what serves is not installed. what: is to be served."""
    for name in NEEDED:
        if find_spec(name) is None:
            raise MissingExtraError("lab", what)


def check_port(port: int | None) -> None:
    """Raises ArgumentError for a number that no port has."""
    if port is not None and not 0 <= port < 1 << 16:
        raise ArgumentError(f"port is from 0, for a free one, to {(1 << 16) - 1}; got {port}")


def listen(host: str, port: int | None, usual: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: the address of this machine to listen on.
        port: 0 for a free one; None for the usual one, or a free one where that is taken.
        usual: the port where none is asked for.

    Raises:
        ArgumentError: the port is taken or none, or the host is none of this machine's.
    """
    check_port(port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in (usual, 0) if port is None else (port,):
        # named, or asyncio leaves Nagle on and every answer waits 40 ms for an acknowledgement
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host.strip("[]"), number))
        except (OSError, TypeError, ValueError) as problem:  # the latter two of what no host can be called
            found.close()
            reason = str(getattr(problem, "strerror", None) or problem)
            last = f"cannot listen on {host}, port {number}: {reason.lower()}; try --port 0 for a free one"
        else:
            found.listen(128)
            return found
    raise ArgumentError(last)


def address_of(listening: socket.socket, host: str) -> str:
    """How what listens there is opened."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}/"


class Served:
    """An application at work. `close` ends it: what is being answered is answered first."""

    def __init__(
        self,
        app: "ASGIApp",
        listening: socket.socket,
        connections: int,
        ending: float,
        largest: int = 16 << 20,
    ) -> None:
        """Nothing is served yet.

        Args:
            app: that is served.
            listening: where.
            connections: at once, at most.
            ending: seconds that `close` waits for what is being answered.
            largest: bytes of a message of a WebSocket; what brings more is closed (1009) unread.
        """
        import uvicorn

        from striate.web.connections import Asking

        config = uvicorn.Config(
            app,
            http=Asking,
            log_config=None,  # its own would close the handlers of the program that serves
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=max(1, round(ending)),
            limit_concurrency=connections,
            h11_max_incomplete_event_size=1 << 16,
            server_header=False,
            ws_max_size=largest,
        )
        for name in ("uvicorn.error", "asyncio"):
            logging.getLogger(name).addFilter(_is_ours)
        self._ending, self._server = ending, uvicorn.Server(config)
        taking: dict[str, Any] = {"sockets": [listening]}
        self._thread = Thread(target=self._server.run, kwargs=taking, daemon=True, name="server")

    def start(self) -> Self:
        """Serves in a thread of its own; returns when it does."""
        self._thread.start()
        until = time.monotonic() + STARTING
        while not self._server.started and self.is_open and time.monotonic() < until:
            time.sleep(0.005)
        return self

    @property
    def is_open(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Until it has ended, or for so long."""
        self._thread.join(seconds)

    def close(self) -> None:
        """Ends it: nothing new is taken, and what is being answered may still be."""
        self._server.should_exit = True
        self._thread.join(self._ending + STARTING)


class Address(ToJson):
    """An address at which something is served until `close()`, or the end of a `with` block."""

    def __init__(self, served: Served, address: str) -> None:
        self._served, self.address = served, address

    def close(self) -> None:
        """Ends it, after what is being answered."""
        self._served.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r})"


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line of the server's log is about us: whoever sends noise is answered, and fills no log."""
    from h11 import LocalProtocolError  # uvicorn's own: an answer to somebody who has broken off

    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, LocalProtocolError) and not record.getMessage().startswith(CLIENTS)
