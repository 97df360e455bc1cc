"""Routes: a page's questions, handed on when their turn has come; its own files; news as they come.

What computes is imported when it is first asked, so that the page stands before torch does.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from striate.errors import StriateError
from striate.exploring.frames import Frames
from striate.exploring.opening import Opening
from striate.exploring.turns import BusyError
from striate.pages.languages import Sentences, refusals, told_in
from striate.web.answers import json_of
from striate.web.guard import TooLargeError

PAGE = Path(__file__).parent / "page"
QUESTIONS = (
    "overview",
    "figures",
    "thumbs",
    "maps",
    "picture",
    "unit",
    "field",
    "weight",
    "kernels",
    "document",
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
TICK, LISTENERS = 0.1, 64
"""Seconds between two looks for news, and pages that may listen at once."""


class Routes:
    """The answers of one lab."""

    def __init__(self, opening: Opening) -> None:
        self.opening, self.listening, self.frames = opening, 0, Frames(opening)
        self.files = {path.name: path.read_bytes() for path in PAGE.iterdir() if path.suffix in TYPES}
        page = (PAGE / "index.html").read_text(encoding="utf-8")
        self.page_text = with_preloads(page, self.files, opening.language)

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
            WebSocketRoute("/api/live", self.frames.serve),
            Route("/page/{name}", self.file),
        ]

    async def page(self, request: Request) -> Response:
        """The one page."""
        self.opening.giving_way.asked()
        return HTMLResponse(self.page_text)

    async def file(self, request: Request) -> Response:
        """One of the page's own."""
        self.opening.giving_way.asked()
        name = request.path_params["name"]
        if name not in self.files:
            return PlainTextResponse("the page has no such file", 404)
        return Response(self.files[name], media_type=TYPES[Path(name).suffix])

    async def lab(self, request: Request) -> Response:
        """What is open."""
        self.opening.giving_way.asked()
        return JSONResponse(self.opening.to_json())

    async def terms(self, request: Request) -> Response:
        """The glossary."""
        from striate.explaining.texts import LANGUAGES, glossary

        asked = request.query_params.get("language", "en")
        found = glossary(asked if asked in LANGUAGES else "en")
        return JSONResponse({key: {"name": name, "text": text} for key, (name, text) in found.items()})

    async def question(self, name: str, request: Request) -> Response:
        """One about a state."""
        return await _answered(request, self._in_turn, "QUESTIONS", name, dict(request.query_params))

    async def change(self, request: Request) -> Response:
        """A state with something another way."""
        return await _answered(request, self._in_turn, "CHANGES", "change", await _body(request))

    async def open(self, request: Request) -> Response:
        """Another input, by its name or as an uploaded file."""
        if request.headers.get("content-type", "").startswith("application/json"):
            return await _answered(request, self._in_turn, "CHANGES", "open", await _body(request))
        name, content = request.query_params.get("name", "picture"), await request.body()
        return await _answered(request, self._open_file, name, content)

    async def train(self, request: Request) -> Response:
        """start, pause, go-on or step."""
        return await _answered(request, self._train, await _body(request))

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
                    yield f"data: {json_of(event)}\n\n"
                await asyncio.sleep(TICK)
        finally:
            self.listening -= 1


def application(opening: Opening) -> Starlette:
    """The whole, but for the guard before it."""
    refusing: dict[Any, Any] = {TooLargeError: _too_large}
    return Starlette(routes=Routes(opening).routes(), exception_handlers=refusing)


def with_preloads(page: str, files: Iterable[str], language: str = "en") -> str:
    """The page, which names all that it will need, so that it is fetched at once and not one for another.

    >>> with_preloads("<head></head>", ["main.js", "style.css"])
    '<head><link rel="modulepreload" href="/page/main.js"></head>'
    """
    named = sorted(name for name in files if name.endswith(".js"))
    links = "".join(f'<link rel="modulepreload" href="/page/{name}">' for name in named)
    if f"{language}.json" in files:
        links += f'<link rel="preload" as="fetch" crossorigin href="/page/{language}.json">'
    return page.replace("</head>", f"{links}</head>")


async def _too_large(request: Request, problem: Exception) -> Response:
    return JSONResponse({"error": str(problem)}, 413)


async def _answered(request: Request, how: Callable[..., Any], *asked: Any) -> Response:
    """The answer as JSON; what does not fit in one sentence, in the language of the page that asks."""
    language = request.headers.get("accept-language", "en")
    try:
        with told_in(language):
            found = await run_in_threadpool(how, *asked)
    except BusyError as problem:
        return JSONResponse({"error": str(problem)}, 503)
    except StriateError as problem:
        return JSONResponse({"error": str(problem)}, 422)
    return Response(json_of(_told(found, refusals(language))), media_type="application/json")


def _told(found: Any, say: Sentences) -> Any:
    """An answer whose problems are told in another language."""
    if not isinstance(found, dict):
        return found
    return {
        key: say.refusal(one) if key == "problem" and isinstance(one, str) else _told(one, say)
        for key, one in found.items()
    }


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
