"""One self-contained page of a lab, which works without Python: answers that were worked out beforehand.

The page asks for the same addresses as before and finds their answers in itself. Which numbers it holds: all
maps of all layers, forward and backward, and the explanation of the strongest number of each map, the maps
that count most first, until the page is as large as it may be.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from striate.explaining.explainer import Explainer
from striate.explaining.texts import LANGUAGES, glossary
from striate.exploring.questions import QUESTIONS
from striate.exploring.saved import SavedPage
from striate.exploring.session import Session
from striate.exploring.views import PAGE as MAPS_AT_ONCE
from striate.runs import write_text

PAGE = Path(__file__).parent / "page"
MODULE = re.compile(r'from "\./([\w]+\.js)"')


def save_page(session: Session, path: Path, language: str, size: int) -> SavedPage:
    """Writes the page of what is open; size: bytes that its answers may have."""
    answers: dict[str, str] = {}
    room, numbers = size, 0
    for address, text in _answers(session, language):
        if len(text) > room and "/unit" in address:
            break
        answers[address] = text
        room -= len(text)
        numbers += address.startswith("/api/unit")
    html = _page(answers, language)
    write_text(path, html)
    return SavedPage(path, len(answers), numbers, len(html.encode()))


def _answers(session: Session, language: str) -> Iterator[tuple[str, str]]:
    """Address → answer, those first that every page needs."""
    states = [{"state": one, "title": session.desk.state(one).title} for one in session.first]
    lab = {
        "ready": True,
        "states": states,
        "training": False,
        "news": 0,
        "problem": None,
        "language": language,
    }
    yield "/api/lab", json.dumps(lab)
    for each in LANGUAGES:
        terms = {key: {"name": name, "text": text} for key, (name, text) in glossary(each).items()}
        yield _address("glossary", {"language": each}), json.dumps(terms)
    for state in session.first:
        for each in LANGUAGES:
            yield _asked(session, "overview", state=state, language=each)
        for name in ("figures", "picture", "thumbs"):
            yield _asked(session, name, state=state)
        opened = session.desk.open(state)
        yield from _of_layers(session, opened, state)
    for state in session.first:
        yield from _numbers(session, session.desk.open(state), state, language)


def _of_layers(session: Session, opened: Explainer, state: int) -> Iterator[tuple[str, str]]:
    """All maps, and the kernels of the first filters."""
    back = opened.explain().loss is not None
    if back:
        yield _asked(session, "thumbs", state=state, side="back")
    for name in ("input", *_layers(opened)):
        channels = 1 if name == "input" else opened.observed.recorded.named(name).output.shape[1:2].numel()
        for first in range(0, channels, MAPS_AT_ONCE):
            yield _asked(session, "maps", state=state, layer=name, first=first)
            if back and name != "input" and opened.numbers(name, gradient=True) is not None:
                yield _asked(session, "maps", state=state, layer=name, first=first, side="back")
        if name != "input" and opened.parameters(name).get("weight") is not None:
            yield _asked(session, "kernels", state=state, layer=name, filter=0)


def _layers(opened: Explainer) -> list[str]:
    return [one.name for one in opened.explain().layers if one.kind is not None]


def _numbers(session: Session, opened: Explainer, state: int, language: str) -> Iterator[tuple[str, str]]:
    """The strongest number of each map, a map of every layer in turn; first what a layer opens with."""
    for name in _layers(opened):
        yield _asked(session, "unit", state=state, layer=name, language=language)
    strongest = {name: _strongest(opened, name) for name in _layers(opened)}
    for place in range(max(map(len, strongest.values()), default=0)):
        for name, indices in strongest.items():
            if place < len(indices):
                at = ",".join(map(str, indices[place]))
                yield _asked(session, "unit", state=state, layer=name, at=at, language=language)


def _strongest(opened: Explainer, name: str) -> list[tuple[int, ...]]:
    """Where each map is largest, the largest first."""
    numbers = opened.numbers(name)
    assert numbers is not None
    if numbers.ndim < 2:
        return []
    rows = np.moveaxis(numbers, 1, 0).reshape(numbers.shape[1], -1)
    order = np.argsort(-rows.max(axis=1), kind="stable")
    shape = (numbers.shape[0], *numbers.shape[2:])
    places = [np.unravel_index(int(rows[c].argmax()), shape) for c in order]
    return [
        (int(place[0]), int(c), *map(int, place[1:])) for c, place in zip(order.tolist(), places, strict=True)
    ]


def _asked(session: Session, name: str, **asked: Any) -> tuple[str, str]:
    found = QUESTIONS[name](session, {key: str(value) for key, value in asked.items()})
    return _address(name, asked), json.dumps(found, separators=(",", ":"))


def _address(name: str, asked: dict[str, Any]) -> str:
    """As the page asks for it."""
    return f"/api/{name}?{urlencode(sorted((key, str(value)) for key, value in asked.items()))}"


def _page(answers: dict[str, str], language: str) -> str:
    """The page with all that it needs inside: its modules under names of their own in an import map."""
    modules = {path.name: path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*.js"))}
    named = {f"lab/{name}": _data(MODULE.sub(r'from "lab/\1"', text)) for name, text in modules.items()}
    texts = {one: json.loads((PAGE / f"{one}.json").read_text(encoding="utf-8")) for one in LANGUAGES}
    saved = ",".join(f"{json.dumps(address)}:{text}" for address, text in answers.items())
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    html = html.replace('<link rel="stylesheet" href="/page/style.css">', f"<style>{style}</style>")
    data = (
        f"window.striateSaved={{{_in_script(saved)}}};window.striateTexts={_in_script(json.dumps(texts))};"
        f"window.striateLanguage={json.dumps(language)};"
    )
    start = (
        f"<script>{data}</script>"
        f'<script type="importmap">{json.dumps({"imports": named})}</script>'
        '<script type="module">import "lab/main.js"</script>'
    )
    return html.replace('<script type="module" src="/page/main.js"></script>', start)


def _data(text: str) -> str:
    return "data:text/javascript;base64," + b64encode(text.encode()).decode()


def _in_script(text: str) -> str:
    """JSON inside a script: nothing in it may end the script."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
