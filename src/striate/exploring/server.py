"""Routes: a page's questions, handed on when their turn has come; its own files; news as they come.

What computes is imported when it is first asked, so that the page stands before torch does.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from striate.errors import StriateError
from striate.exploring.guard import LARGEST, TooLargeError
from striate.exploring.opening import Opening
from striate.exploring.turns import BusyError

PAGE = Path(__file__).parent / "page"
QUESTIONS = ("overview", "figures", "thumbs", "maps", "picture", "unit", "weight", "kernels", "document")
TICK, LISTENERS = 0.1, 64
"""Seconds between two looks for news, and pages that may listen at once."""
CAMERAS, SILENCE, FRAME = 8, 60.0, 2 << 20
"""Cameras that may be open at once, seconds that one may send nothing, and bytes of one of its frames."""


class Routes:
    """The answers of one lab."""

    def __init__(self, opening: Opening) -> None:
        self.opening, self.listening, self.cameras = opening, 0, 0

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/", self.page),
            Route("/api/lab", self.lab),
            Route("/api/glossary", self.terms),
            Route("/api/news", self.news),
            *(Route(f"/api/{name}", partial(self.question, name)) for name in QUESTIONS),
            Route("/api/change", self.change, methods=["POST"]),
            Route("/api/open", self.open, methods=["POST"]),
            Route("/api/train", self.train, methods=["POST"]),
            WebSocketRoute("/api/live", self.live),
            Mount("/page", StaticFiles(directory=PAGE)),
        ]

    async def page(self, request: Request) -> Response:
        """The one page."""
        return HTMLResponse((PAGE / "index.html").read_text(encoding="utf-8"))

    async def lab(self, request: Request) -> Response:
        """What is open."""
        return JSONResponse(self.opening.to_json())

    async def terms(self, request: Request) -> Response:
        """The glossary."""
        from striate.explaining.texts import LANGUAGES, glossary

        asked = request.query_params.get("language", "en")
        found = glossary(asked if asked in LANGUAGES else "en")
        return JSONResponse({key: {"name": name, "text": text} for key, (name, text) in found.items()})

    async def question(self, name: str, request: Request) -> Response:
        """One about a state."""
        return await _answered(self._in_turn, "QUESTIONS", name, dict(request.query_params))

    async def change(self, request: Request) -> Response:
        """A state with something another way."""
        return await _answered(self._in_turn, "CHANGES", "change", await _body(request))

    async def open(self, request: Request) -> Response:
        """Another input, by its name or as an uploaded file."""
        if request.headers.get("content-type", "").startswith("application/json"):
            return await _answered(self._in_turn, "CHANGES", "open", await _body(request))
        name, content = request.query_params.get("name", "picture"), await request.body()
        return await _answered(self._open_file, name, content)

    async def train(self, request: Request) -> Response:
        """start, pause, go-on or step."""
        return await _answered(self._train, await _body(request))

    def _in_turn(self, kind: str, name: str, asked: dict[str, Any]) -> Any:
        from striate.exploring import questions

        with self.opening.turns.question():
            return getattr(questions, kind)[name](self.opening.session(), asked)

    def _open_file(self, name: str, content: bytes) -> Any:
        with self.opening.turns.question():
            return {"state": self.opening.session().open_file(name, content)}

    def _train(self, asked: dict[str, Any]) -> Any:
        from striate.exploring import questions

        return questions.train(self.opening.session(), asked)

    async def live(self, socket: WebSocket) -> None:
        """A frame comes, what the run says of it goes, and then the next one comes."""
        await socket.accept()
        if self.cameras >= CAMERAS:
            await socket.send_json({"error": f"{CAMERAS} cameras are open already"})
            return await socket.close()
        self.cameras += 1
        try:
            with suppress(WebSocketDisconnect, TimeoutError):
                await self._frames(socket)
        finally:
            self.cameras -= 1

    async def _frames(self, socket: WebSocket) -> None:
        problem = None
        try:
            live = await run_in_threadpool(self._live)
            while problem is None:
                message = await asyncio.wait_for(socket.receive(), SILENCE)
                if message["type"] == "websocket.disconnect":
                    return
                content = message.get("bytes") or b""
                if len(content) > FRAME:
                    problem = f"a frame has at most {FRAME >> 20} MiB"
                else:
                    await socket.send_text(_json(await run_in_threadpool(self._frame, live, content)))
        except StriateError as one:
            problem = str(one)
        await socket.send_json({"error": problem})
        await socket.close()

    def _live(self) -> Any:
        from striate.exploring.live import Live

        with self.opening.turns.question():
            return Live(self.opening.session().run())

    def _frame(self, live: Any, content: bytes) -> Any:
        with self.opening.turns.question():
            return live.frame(content)

    async def news(self, request: Request) -> Response:
        """What happens, as it happens."""
        if self.listening >= LISTENERS:
            return JSONResponse({"error": f"{LISTENERS} pages listen already"}, 503)
        asked = request.query_params.get("after", "0")
        last = int(asked) if re.fullmatch("[0-9]{1,9}", asked) else 0
        return StreamingResponse(self._news(request, last), media_type="text/event-stream")

    async def _news(self, request: Request, last: int) -> AsyncIterator[str]:
        self.listening += 1
        try:
            yield ": here\n\n"
            while not self.opening.closed and not await request.is_disconnected():
                for event in self.opening.news.after(last):
                    last = event["number"]
                    yield f"data: {_json(event)}\n\n"
                await asyncio.sleep(TICK)
        finally:
            self.listening -= 1


def application(opening: Opening) -> Starlette:
    """The whole, but for the guard before it."""
    refusing: dict[Any, Any] = {TooLargeError: _too_large}
    return Starlette(routes=Routes(opening).routes(), exception_handlers=refusing)


async def _too_large(request: Request, problem: Exception) -> Response:
    return JSONResponse({"error": f"at most {LARGEST >> 20} MiB a request"}, 413)


async def _answered(how: Callable[..., Any], *asked: Any) -> Response:
    """The answer as JSON; what does not fit in one sentence."""
    try:
        found = await run_in_threadpool(how, *asked)
    except BusyError as problem:
        return JSONResponse({"error": str(problem)}, 503)
    except StriateError as problem:
        return JSONResponse({"error": str(problem)}, 422)
    return Response(_json(found), media_type="application/json")


def _json(found: Any) -> str:
    """Without nan and infinity, which JSON has none of."""
    with suppress(ValueError):
        return json.dumps(found, allow_nan=False, separators=(",", ":"))
    text = json.dumps(found, separators=(",", ":"))
    return re.sub(r"(?<=[\[,:])(-?Infinity|NaN)(?=[\],}])", "null", text)


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
