"""The page and the terminal: complete, self-contained, well-formed, in both languages."""

import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from explaining_networks import clip_network, image_network, numbers
from rich.console import Console

from striate.explaining.explain import explain
from striate.explaining.explanation import Explanation
from striate.numbers import number
from striate.pages import document_of, print_document
from striate.pages.maths import over, row, sub, total
from striate.training.train import Run

VOID = {"meta", "img", "br"}
EVERY = (
    "maps",
    "filters",
    "update",
    "grad-cam",
    "integrated-gradients",
    "occlusion",
    "largest",
    "effective-field",
)


class Reader(HTMLParser):
    """Checks that what is opened is closed, and keeps the tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def whole(digits_run: Run) -> Explanation:
    return explain(
        digits_run.path,
        "digits/test/17",
        layer="conv2",
        weight=(3, 0, 1, 1),
        through=True,
        show=EVERY,
        learning_rate=0.01,
    )


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_page_needs_nothing_else_and_can_be_read(whole: Explanation, language: str) -> None:
    page = whole.to_html(language)
    reader = read(page)
    assert reader.all("html") == [{"lang": language}]
    assert not reader.all("script")
    assert not reader.all("link")
    assert all(
        image["src"].startswith("data:image/png;base64,") and image["alt"] for image in reader.all("img")
    )
    assert "http" not in page.replace("http-equiv", "")
    headings = [tag for tag, _ in reader.tags if tag in ("h1", "h2", "h3")]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    targets = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    assert all(link["href"][1:] in targets for link in reader.all("a"))
    assert all(link.get("scope") in ("col", "row") for link in reader.all("th"))
    assert len(reader.all("caption")) == len(reader.all("table"))
    told = [one["aria-label"] for tag, one in reader.tags if one.get("role") == "math"]
    assert all(told)
    assert told  # of formulas whose pieces are hidden from a reader of the screen
    assert all(one.get("alttext") or one.get("aria-hidden") == "true" for one in reader.all("math"))


def test_both_languages_show_the_same_numbers(whole: Explanation) -> None:
    english, vietnamese = (document_of(replace(whole, language=language)) for language in ("en", "vi"))
    assert [len(one.blocks) for one in english.sections] == [len(one.blocks) for one in vietnamese.sections]
    assert all(a.title != b.title for a, b in zip(english.sections, vietnamese.sections, strict=True))


def test_a_notebook_shows_the_content_without_a_page_around_it(whole: Explanation) -> None:
    fragment = whole._repr_html_()
    assert "<html" not in fragment
    assert read(fragment).all("h1")


def test_the_json_holds_every_part(whole: Explanation) -> None:
    told = json.loads(json.dumps(whole.to_json(), allow_nan=False))
    assert {"unit", "loss", "gradient", "through", "pictures"} <= told.keys()
    assert told["gradient"]["count"] == sum(len(row) for row in told["gradient"]["uses"][0]["terms"][0])
    assert told["unit"]["receptive_field"]["axes"] == ["H", "W"]


@pytest.mark.parametrize("layer", range(16))
def test_every_kind_of_layer_can_be_written(layer: int) -> None:
    found = explain(image_network(), numbers(1, 4, 9, 8), layer=str(layer))
    read(found.to_html())
    assert terminal_of(found, 80)


@pytest.mark.parametrize("layer", range(8))
def test_clips_can_be_written(layer: int) -> None:
    found = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer=str(layer), label=1, through=True)
    read(found.to_html("vi"))
    assert terminal_of(found, 80)


def terminal_of(explanation: Explanation, width: int) -> str:
    text = io.StringIO()
    print_document(document_of(explanation), Console(file=text, width=width, color_system="truecolor"))
    return text.getvalue()


def test_the_terminal_shows_the_same_document(whole: Explanation) -> None:
    text = io.StringIO()
    print_document(document_of(whole), Console(file=text, width=140))
    told = text.getvalue()
    for section in document_of(whole).sections:
        assert section.title in told
    assert number(whole.unit.value, 7) in told  # type: ignore[union-attr]


def test_a_network_without_a_layer_asked_for_lists_its_layers(digits_run: Run) -> None:
    found = explain(digits_run.path, "digits/test/17")
    assert [line.name for line in found.layers][:3] == ["conv1", "relu1", "pool1"]
    assert "max pool" in terminal_of(found, 100)


def test_formulas_are_text_and_mathml() -> None:
    formula = row(sub("y", "i"), "=", total("c,u", over("a", 2)), "−", 0.5)
    assert formula.text == "y[i] = Σ_c,u a/2 − 0.5"
    read(f"<math>{formula.markup}</math>")
    assert number(-1234.5678) == "−1235"
