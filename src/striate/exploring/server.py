"""Routes: each a question, answered by `views`; the page's own files; news as they come."""

import asyncio
import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from striate.errors import ArgumentError, StriateError
from striate.explaining import Change
from striate.explaining.texts import LANGUAGES, glossary
from striate.exploring import views
from striate.exploring.guard import LARGEST, TooLargeError
from striate.exploring.session import FIRST_DATA, FIRST_EPOCHS, Session
from striate.exploring.turns import BusyError

PAGE = Path(__file__).parent / "page"
TICK, LISTENERS = 0.1, 64
"""Seconds between two looks for news, and pages that may listen at once."""
LONGEST = 400
"""Characters of a name or an index in an address."""


class Routes:
    """The answers of one lab."""

    def __init__(self, session: Session) -> None:
        self.session, self.listening = session, 0

    def routes(self) -> list[Route | Mount]:
        """All of them."""
        asked: dict[str, Callable[[Request], Any]] = {
            "overview": self._overview, "figures": self._figures, "thumbs": self._thumbs, "maps": self._maps,
            "picture": self._picture, "unit": self._unit, "weight": self._weight, "kernels": self._kernels,
            "document": self._document,
        }  # fmt: skip
        return [
            Route("/", self.page),
            Route("/api/lab", self.lab),
            Route("/api/glossary", self.terms),
            Route("/api/news", self.news),
            *(Route(f"/api/{name}", partial(self.answer, how)) for name, how in asked.items()),
            Route("/api/change", self.change, methods=["POST"]),
            Route("/api/open", self.open, methods=["POST"]),
            Route("/api/train", self.train, methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ]

    async def page(self, request: Request) -> Response:
        """The one page."""
        return HTMLResponse((PAGE / "index.html").read_text(encoding="utf-8"))

    async def lab(self, request: Request) -> Response:
        """What is open."""
        return JSONResponse(self.session.to_json())

    async def terms(self, request: Request) -> Response:
        """The glossary."""
        found = glossary(_language(request))
        return JSONResponse({key: {"name": name, "text": text} for key, (name, text) in found.items()})

    async def answer(self, how: Callable[[Request], Any], request: Request) -> Response:
        """One question about a state, when its turn has come."""
        return await _answered(self._in_turn, how, request)

    def _in_turn(self, how: Callable[[Request], Any], request: Request) -> Any:
        with self.session.turns.question():
            return how(request)

    # Questions about a state.

    def _opened(self, request: Request) -> Any:
        return self.session.desk.open(_number(request, "state", 0))

    def _overview(self, request: Request) -> Any:
        number = _number(request, "state", 0)
        state = self.session.desk.state(number)
        found = views.overview(self._opened(request), _language(request))
        return {**found, "state": number, "base": state.base, "note": state.note, "title": state.title}

    def _figures(self, request: Request) -> Any:
        return views.figures(self._opened(request))

    def _thumbs(self, request: Request) -> Any:
        return views.thumbs(self._opened(request), _gradient(request))

    def _maps(self, request: Request) -> Any:
        layer = _text(request, "layer")
        return views.maps(self._opened(request), layer, _gradient(request), _number(request, "first", 0))

    def _picture(self, request: Request) -> Any:
        return views.picture(self._opened(request))

    def _unit(self, request: Request) -> Any:
        index = _index(request, "at")
        return views.unit(self._opened(request), _text(request, "layer"), index, _language(request))

    def _weight(self, request: Request) -> Any:
        layer, asked = _text(request, "layer"), _text(request, "weight")
        return views.weight(self._opened(request), layer, asked, _language(request))

    def _kernels(self, request: Request) -> Any:
        return views.kernels(self._opened(request), _text(request, "layer"), _number(request, "filter", 0))

    def _document(self, request: Request) -> Any:
        asked: dict[str, Any] = {}
        if "layer" in request.query_params:
            asked["layer"] = _text(request, "layer")
        if "at" in request.query_params:
            asked["index"] = _index(request, "at")
        if "weight" in request.query_params:
            asked["weight"] = _text(request, "weight")
        asked |= {name: True for name in ("delta", "through") if name in request.query_params}
        if "show" in request.query_params:
            asked["show"] = (_text(request, "show"),)
        return {"html": views.document(self._opened(request), _language(request), **asked)}

    # What changes something.

    async def change(self, request: Request) -> Response:
        """A state with something another way; answers with its number."""
        return await _answered(self._change, await _body(request))

    def _change(self, asked: dict[str, Any]) -> Any:
        base = _whole(asked.get("state", 0), "state")
        with self.session.turns.question():
            change = change_of(asked, self.session.desk.open(base))
            number = self.session.desk.changed(base, change, str(asked.get("note", ""))[:LONGEST])
            self.session.desk.open(number).observed  # noqa: B018 - refused here, if at all
        return {"state": number}

    async def open(self, request: Request) -> Response:
        """Another input, by its name or as an uploaded file; answers with its state."""
        if request.headers.get("content-type", "").startswith("application/json"):
            return await _answered(self._open, await _body(request))
        name, content = request.query_params.get("name", "picture"), await request.body()
        return await _answered(self._open_file, name, content)

    def _open(self, asked: dict[str, Any]) -> Any:
        name = _name(asked.get("input"), "input")
        with self.session.turns.question():
            return {"state": self.session.open_input(name)}

    def _open_file(self, name: str, content: bytes) -> Any:
        with self.session.turns.question():
            return {"state": self.session.open_file(name, content)}

    async def train(self, request: Request) -> Response:
        """start, pause, go-on or step."""
        return await _answered(self._train, await _body(request))

    def _train(self, asked: dict[str, Any]) -> Any:
        training = self.session.training
        actions = {"pause": training.pause, "go-on": training.go_on, "step": training.one_step}
        action = str(asked.get("action"))
        if action == "start":
            data = _name(asked.get("data", FIRST_DATA), "data")
            self.session.train(data, _whole(asked.get("epochs", FIRST_EPOCHS), "epochs"))
        elif action in actions:
            actions[action]()
        else:
            raise ArgumentError(f"action is one of start, {', '.join(actions)}; got {action!r}")
        return {"running": training.running}

    async def news(self, request: Request) -> Response:
        """What happens, as it happens."""
        if self.listening >= LISTENERS:
            return JSONResponse({"error": f"{LISTENERS} pages listen already"}, 503)
        asked = request.query_params.get("after", "0")
        last = int(asked) if asked.isdecimal() else 0
        return StreamingResponse(self._news(request, last), media_type="text/event-stream")

    async def _news(self, request: Request, last: int) -> AsyncIterator[str]:
        self.listening += 1
        try:
            yield ": here\n\n"
            while not self.session.closed and not await request.is_disconnected():
                for event in self.session.news.after(last):
                    last = event["number"]
                    yield f"data: {json.dumps(event, allow_nan=False)}\n\n"
                await asyncio.sleep(TICK)
        finally:
            self.listening -= 1


def application(session: Session) -> Starlette:
    """The whole, but for the guard before it."""
    refusing: dict[Any, Any] = {TooLargeError: _too_large}
    return Starlette(routes=Routes(session).routes(), exception_handlers=refusing)


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


def change_of(asked: dict[str, Any], opened: Any) -> Change:
    """What a page asks to be another way. Raises ArgumentError for what is no change."""
    try:
        weights = {
            name: _with_values(_parameter(opened, name), one)
            for name, one in dict(asked.get("weights") or {}).items()
        }
        off = {
            str(layer): [int(f) for f in filters] for layer, filters in dict(asked.get("off") or {}).items()
        }
        unshifted = [str(one) for one in asked.get("unshifted") or []]
        inputs = None
        if asked.get("pixels") is not None:
            inputs = _pixels(asked["pixels"], opened)
        if asked.get("frames") is not None:
            inputs = _in_order(opened, [int(one) for one in asked["frames"]])
        label = asked.get("label")
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, Base64Error) as problem:
        raise ArgumentError(f"this is no change of a network or its input: {problem}") from None
    return Change(weights, off, unshifted, inputs, None if label is None else str(label))


def _parameter(opened: Any, name: str) -> np.ndarray:
    layer, _, parameter = str(name).rpartition(".")
    found = opened.parameters(layer).get(parameter)
    if found is None:
        raise ArgumentError(f"{layer} has no parameter {parameter}")
    return np.array(found)


def _with_values(whole: np.ndarray, one: dict[str, Any]) -> np.ndarray:
    """A parameter with some of its numbers replaced. one: their index, and the values that stand there."""
    index = tuple(int(i) for i in one["index"])
    values = np.asarray(one["values"], dtype=float)
    if values.shape != whole[index].shape or not np.isfinite(values).all() or min(index, default=0) < 0:
        raise ValueError(f"values of shape {values.shape} for {whole[index].shape}")
    whole[index] = values
    return whole


def _pixels(text: str, opened: Any) -> np.ndarray:
    """Bytes of the whole input."""
    shape = tuple(opened.subject.inputs.shape)
    found = np.frombuffer(b64decode(str(text), validate=True), np.uint8)
    return found.reshape(shape).copy()


def _in_order(opened: Any, frames: list[int]) -> np.ndarray:
    inputs = opened.subject.inputs
    if inputs.dim() != 5 or not frames or not all(0 <= one < inputs.shape[2] for one in frames):
        raise ValueError("frames are of a clip")
    if len(frames) != inputs.shape[2]:
        raise ValueError(f"the clip has {inputs.shape[2]} frames; got {len(frames)}")
    moved: np.ndarray = inputs[:, :, frames].numpy()
    return moved


def _language(request: Request) -> Any:
    asked = request.query_params.get("language", "en")
    return asked if asked in LANGUAGES else "en"


def _gradient(request: Request) -> bool:
    return request.query_params.get("side") == "back"


def _number(request: Request, name: str, usual: int) -> int:
    return _whole(request.query_params.get(name, usual), name)


def _whole(value: Any, name: str) -> int:
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ArgumentError(f"{name} is a whole number from 0; got {text[:40]!r}")
    return int(text)


def _text(request: Request, name: str) -> str:
    return _name(request.query_params.get(name), name)


def _name(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise ArgumentError(f"{name} is missing, or too long")
    return value


def _index(request: Request, name: str) -> tuple[int, ...] | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}(,[0-9]{1,7}){0,5}", text):
        raise ArgumentError(f"{name} takes whole numbers with commas between, as 0,3,4,4; got {text[:40]!r}")
    return tuple(int(part) for part in text.split(","))
