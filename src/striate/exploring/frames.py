"""A socket of frames: one comes, or is asked for, what the run says of it goes, and then the next one."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from striate.errors import ArgumentError, StriateError
from striate.exploring.opening import Opening
from striate.pages.languages import refusals
from striate.web.answers import json_of

if TYPE_CHECKING:
    from striate.exploring.live import Live
    from striate.streaming.keeping import Arrived

CAMERAS, SILENCE, FRAME = 8, 60.0, 2 << 20
"""Cameras that may be open at once, seconds that one may send nothing, and bytes of one of its frames."""


@dataclass
class Watched:
    """A run, and the frames of the lab's own source, where these are watched."""

    live: "Live"
    arriving: "Iterator[Arrived]"


class Frames:
    """The sockets of one lab."""

    def __init__(self, opening: Opening) -> None:
        self.opening, self.cameras = opening, 0

    async def serve(self, socket: WebSocket) -> None:
        """Frames that are sent; with ?source=1 the lab's own, the next of which a text asks for.

        The text "cam" asks to be told also where in the next frame the class is seen.
        """
        await socket.accept()
        if self.cameras >= CAMERAS:
            await socket.send_json({"error": f"{CAMERAS} cameras are open already"})
            return await socket.close()
        self.cameras += 1
        try:
            with suppress(WebSocketDisconnect, TimeoutError):
                await self._watch(socket)
        finally:
            self.cameras -= 1

    async def _watch(self, socket: WebSocket) -> None:
        here, cam, problem = "source" in socket.query_params, False, None
        try:
            watched = await run_in_threadpool(self._open, here)
            while True:
                message = await asyncio.wait_for(socket.receive(), SILENCE)
                if message["type"] == "websocket.disconnect":
                    return
                content = message.get("bytes")
                cam = message.get("text") == "cam" or (content is not None and cam)
                if content is None and not here:
                    continue
                said = await run_in_threadpool(self._frame, watched, None if here else content, cam)
                if said is None:
                    break
                await socket.send_text(said)
                cam = False
        except StriateError as one:
            problem = refusals(self.opening.language).refusal(str(one))
        await socket.send_json({"ended": True} if problem is None else {"error": problem})
        await socket.close()

    def _open(self, here: bool) -> Watched:
        from striate.exploring.live import Live

        source = self.opening.source
        if here and source is None:
            raise ArgumentError(
                "the lab has no source of its own: start it with --live FILE, or --live camera"
            )
        with self.opening.turns.question():
            live = Live(self.opening.session().trained())
            return Watched(live, live.source(str(source)) if here else iter(()))

    def _frame(self, watched: Watched, content: bytes | None, cam: bool) -> str | None:
        """What is said of one frame more, as JSON; None where the source has ended."""
        if content is not None:
            if len(content) > FRAME:
                raise ArgumentError(f"a frame has at most {FRAME >> 20} MiB")
            with self.opening.turns.question():
                return json_of(watched.live.frame(content, cam))
        arrived = next(watched.arriving, None)
        if arrived is None:
            return None
        with self.opening.turns.question():
            return json_of(watched.live.arrived(arrived, cam))
