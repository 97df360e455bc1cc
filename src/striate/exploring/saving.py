"""One self-contained page of a lab, which works without Python: answers that were worked out beforehand.

The page asks for the same addresses as before and finds their answers in itself, each compressed. It holds
the network, its figures and small maps; whole maps in half of what room there is; in the rest, numbers of
every layer. What is not in it is said to be missing, with the way to more.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import compress

from striate.errors import StriateError
from striate.explaining.explainer import Explainer
from striate.explaining.texts import LANGUAGES, glossary
from striate.exploring import views
from striate.exploring.questions import QUESTIONS
from striate.exploring.saved import SavedPage
from striate.exploring.saved_contents import Choice, held_maps, packed, weights_of
from striate.exploring.session import Session
from striate.runs import write_text

PAGE = Path(__file__).parent / "page"
MODULE = re.compile(r'from "\./([\w]+\.js)"')
LEAST, MOST = 400, 400
"""Numbers worked out at most: so many, and as many for each megabyte; each takes some milliseconds."""
TERMS = 400
"""Of a weight's gradient that are held one by one; of more, only the largest."""


class Answers:
    """What a page holds: address → compressed answer, or the address that it stands at."""

    def __init__(self, size: int) -> None:
        self.room, self.held = size, dict[str, str]()

    def add(self, name: str, asked: dict[str, Any], found: Any, always: bool = False) -> int:
        """The characters that it takes; 0 where there is no room for it."""
        text = b64encode(compress(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode(), 9))
        if len(text) > self.room and not always:
            return 0
        self.held[_address(name, asked)] = text.decode()
        self.room -= len(text)
        return len(text)

    def count(self, name: str) -> int:
        """How many of a question are answered."""
        return sum(one.startswith(f"{name}?") and "?" not in text for one, text in self.held.items())


def save_page(session: Session, path: Path, language: str, size: int) -> SavedPage:
    """Writes the page of what is open; size: bytes that its answers may have."""
    answers = Answers(size)
    for name, asked, found in _always(session):
        answers.add(name, asked, found, always=True)
    for place, state in enumerate(session.first):
        opened = session.desk.open(state)
        share = answers.room // (len(session.first) - place)
        _hold_weights(answers, opened, state)
        for asked, found in held_maps(opened, _layers(opened), share // 2):
            answers.add("maps", {"state": state, **asked}, found)
        _hold_numbers(answers, opened, state, answers.room // (len(session.first) - place))
    answers.add("lab", {}, _lab(session, language, answers, size), always=True)
    html = _page(answers.held, language)
    write_text(path, html)
    return SavedPage(path, len(answers.held), answers.count("unit"), len(html.encode()))


def _lab(session: Session, language: str, answers: Answers, size: int) -> dict[str, Any]:
    states = [{"state": one, "title": session.desk.state(one).title} for one in session.first]
    saved = {"numbers": answers.count("unit"), "megabytes": size / 1e6}
    return {
        "ready": True, "states": states, "training": False, "news": 0, "problem": None, "language": language,
        "saved": saved,
    }  # fmt: skip


def _always(session: Session) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """What every page needs."""
    for each in LANGUAGES:
        terms = {key: {"name": name, "text": text} for key, (name, text) in glossary(each).items()}
        yield "glossary", {"language": each}, terms
    for state in session.first:
        asked: list[tuple[str, dict[str, Any]]] = [("overview", {"language": each}) for each in LANGUAGES]
        asked += [("figures", {}), ("picture", {}), ("thumbs", {})]
        opened = session.desk.open(state)
        if opened.explain().loss is not None:
            asked.append(("thumbs", {"side": "back"}))
        for name in _layers(opened):
            shape = opened.observed.recorded.named(name).output.shape
            if len(shape) > 3:
                asked.append(("field", {"layer": name, "at": _middle(shape)}))
        for name, one in asked:
            told = {"state": state, **one}
            yield name, told, QUESTIONS[name](session, {key: str(value) for key, value in told.items()})


def _middle(shape: Sequence[int]) -> str:
    """The number in the middle of the first map, as the page asks for what it sees."""
    return ",".join(str(one) for one in (0, 0, *(side // 2 for side in shape[2:])))


def _layers(opened: Explainer) -> list[str]:
    return [one.name for one in opened.explain().layers if one.kind is not None]


def _hold_weights(answers: Answers, opened: Explainer, state: int) -> None:
    """The kernels of the first filter of each layer, and some weights with the terms of their gradients."""
    for layer in _layers(opened):
        if "weight" not in opened.parameters(layer):
            continue
        answers.add("kernels", {"state": state, "layer": layer, "filter": 0}, views.kernels(opened, layer, 0))
        for weight in weights_of(opened, layer):
            try:
                found = views.weight(opened, layer, weight, "en", TERMS)
            except StriateError:
                break  # no gradient reaches the layer
            answers.add("weight", {"state": state, "layer": layer, "weight": weight}, found)


def _hold_numbers(answers: Answers, opened: Explainer, state: int, room: int) -> None:
    """Numbers of every layer, as long as there is room."""
    choice, least = Choice(opened, _layers(opened)), answers.room - room
    for _ in range(LEAST + room * MOST // 1_000_000):
        found = choice.next()
        if found is None:
            return
        layer, index = found
        unit = views.unit(opened, layer, index, "en")
        asked = {"state": state, "layer": layer, "at": ",".join(map(str, index))}
        took = answers.add("unit", asked, packed(unit))
        if took and answers.room >= least:
            choice.held(layer, unit, took)
            if index == choice.first[layer]:
                answers.held[_address("unit", {"state": state, "layer": layer})] = _address("unit", asked)
        else:
            choice.end(layer)


def _address(name: str, asked: dict[str, Any]) -> str:
    """As the page looks for it."""
    return f"{name}?" + "&".join(sorted(f"{key}={value}" for key, value in asked.items()))


def _page(answers: dict[str, str], language: str) -> str:
    """The page with all that it needs inside: its modules under names of their own in an import map."""
    modules = {path.name: path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*.js"))}
    named = {f"lab/{name}": _data(MODULE.sub(r'from "lab/\1"', text)) for name, text in modules.items()}
    texts = {one: json.loads((PAGE / f"{one}.json").read_text(encoding="utf-8")) for one in LANGUAGES}
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    html = html.replace('<link rel="stylesheet" href="/page/style.css">', f"<style>{style}</style>")
    told = {"Saved": answers, "Texts": texts, "Language": language}
    data = "".join(f"window.striate{name}={_in_script(json.dumps(one))};" for name, one in told.items())
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
