"""What is served answers at once, and leaves the program that serves it alone."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from striate.web.served import Served, listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_do_not_wait_for_acknowledgements(host: str) -> None:
    """Of two packets of an answer the second waits 40 ms for the first's, unless Nagle's algorithm is off."""
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    listening = listen(host, 0, 0)
    options: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        options.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def ask() -> None:
        async with await asyncio.start_server(answer, sock=listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            await reader.read()
            writer.close()

    asyncio.run(ask())
    assert options == [1]


class Handler(logging.Handler):
    """Of the program that serves."""

    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Nothing is said."""


async def nothing(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[Any]]
) -> None:
    """Answers nobody."""


def test_the_programs_own_log_stays_open() -> None:
    handler = Handler()
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    served = Served(nothing, listen("127.0.0.1", 0, 0), connections=1, ending=1).start()
    assert served.is_open
    served.close()
    assert not handler.closed
    assert (root.level, root.handlers) == (level, handlers)
