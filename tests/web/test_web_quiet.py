"""Clients that go, or send nonsense, leave nothing in the terminal; what is ours stays."""

import logging
import socket

import pytest

from striate.web.served import Served


async def nothing(scope: object, receive: object, send: object) -> None:
    """An application that answers nobody."""


@pytest.mark.parametrize(
    ("logger", "line", "shown"),
    [
        ("asyncio", "socket.send() raised exception.", False),
        ("uvicorn.error", "Invalid HTTP request received.", False),
        ("asyncio", "Task was destroyed but it is pending!", True),
        ("uvicorn.error", "Exception in ASGI application", True),
    ],
)
def test_what_clients_do_is_not_logged(logger: str, line: str, shown: bool) -> None:
    with socket.socket() as listening:
        Served(nothing, listening, 4, 1.0)  # type: ignore[arg-type]
    record = logging.LogRecord(logger, logging.WARNING, "", 0, line, None, None)
    assert bool(logging.getLogger(logger).filter(record)) == shown
