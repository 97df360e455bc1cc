"""Connections that ask for something: one that opens and sends no whole request gives its place to others."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENCE = 30.0
"""Seconds that a connection may be open between two looks without a request; it is closed at the second."""


class Asking(H11Protocol):
    """HTTP that does not wait for ever; uvicorn's does, for a first request and for the rest of a head."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self.loop.call_later(SILENCE, self._look, None)

    def _look(self, before: object) -> None:
        """before: the request that was answered last, at the look before."""
        transport = self.transport
        if transport.is_closing() or transport.get_protocol() is not self:  # as that of a stream is not
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is before:
            transport.close()
        else:
            self.loop.call_later(SILENCE, self._look, self if answering else self.cycle)
