"""The page: complete, self-contained, well-formed, escaped, the same content for a notebook."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from striate.pages import (
    Cell,
    Column,
    Document,
    Drawing,
    Figure,
    Formula,
    Grid,
    KeyFigures,
    Mark,
    Notes,
    Paragraph,
    Png,
    Section,
    Shown,
    Table,
    document_of,
    fragment_of,
    page_of,
)
from striate.pages.maths import over

TABLE = Table(
    "Layers",
    (
        Column("layer", (Cell("conv <1>", colour="#3f7cc4"), "fc"), left=True),
        Column("MACs", (Cell("1.2 M", bar=1.0, colour="#123456"), Cell("", bar=0.25, colour="#123456"))),
    ),
    strong=frozenset({0}),
    faint=frozenset({1}),
    data=('{"a": 1}', "null"),
)
DOCUMENT = Document(
    title="A & B",
    subtitle="what it is",
    lead=(KeyFigures((("parameters", "1,000"), ("MACs", "1.2 M"))),),
    sections=(
        Section("One", (Paragraph("1 < 2"), Notes(("first", "second")), Notes(()))),
        Section("Two", (TABLE, Formula(over("a", 2)), Drawing("<svg></svg>", "a drawing"))),
        Section("Three", (Grid("g", ("x",), (np.array([[1.0, float("nan")]]),), marks=(Mark(0, 0, 0),)),)),
        Section("Four", (Figure("caption", "alt", Png(b"png")),)),
    ),
    glossary=(("MAC", "a multiplication and an addition"),),
    glossary_title="Words",
    script='root.dataset.ran = "yes";',
)


class Reader(HTMLParser):
    """The tags with their attributes, and the texts; what is opened must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    page = page_of(DOCUMENT)
    reader = Reader(page)
    assert reader.all("html") == [{"lang": "en"}]
    assert "http" not in page
    assert not reader.all("link")
    assert [image["src"] for image in reader.all("img")] == ["data:image/png;base64,cG5n"]
    targets = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    assert [link["href"][1:] in targets for link in reader.all("a")] == [True] * 6
    assert [tag for tag, _ in reader.tags if tag in ("h1", "h2")] == ["h1", *["h2"] * 6]


def test_texts_are_escaped() -> None:
    page = page_of(DOCUMENT)
    assert "A &amp; B" in page
    assert "1 &lt; 2" in page
    assert "conv &lt;1&gt;" in page
    assert page.count("<svg></svg>") == 1


def test_a_table_has_its_heads_rows_bars_and_marks() -> None:
    reader = Reader(page_of(DOCUMENT))
    assert [head.get("scope") for head in reader.all("th")] == ["col", "col", "row", "row"]
    rows = [row for row in reader.all("tr") if "data-row" in row]
    assert [(row["class"], row["data-row"]) for row in rows] == [("strong", '{"a": 1}'), ("faint", "null")]
    styles = [part["style"] for part in reader.all("div") if part.get("class") == "bar"]
    assert styles == ["width:100.0%;background:#123456", "width:25.0%;background:#123456"]
    assert [part["style"] for part in reader.all("span")] == ["background:#3f7cc4"]


def test_a_number_that_is_none_is_an_empty_cell_of_a_grid() -> None:
    cells = [part for part in Reader(page_of(DOCUMENT)).all("td") if "mark-" in str(part.get("class"))]
    assert len(cells) == 1
    assert "nan" not in page_of(DOCUMENT)


def test_a_notebook_gets_the_content_without_a_page_its_contents_or_ids() -> None:
    fragment = fragment_of(replace(DOCUMENT, wide=True))
    reader = Reader(fragment)
    assert not reader.all("html")
    assert not reader.all("nav")
    assert not any("id" in attributes for _, attributes in reader.tags)
    assert reader.all("div")[0]["class"] == "striate wide"
    assert [part["src"] for part in reader.all("img")] == ["data:image/png;base64,cG5n"]


def test_a_short_document_has_no_list_of_sections() -> None:
    assert not Reader(page_of(replace(DOCUMENT, sections=DOCUMENT.sections[:2]))).all("nav")


class Result(Shown):
    """A result of a test."""


def test_a_result_shows_the_document_that_is_registered_for_it() -> None:
    with pytest.raises(TypeError, match="no document is registered for object"):
        document_of(object())
    document_of.register(Result, lambda result: DOCUMENT)
    assert Result().to_html() == page_of(DOCUMENT)
    assert Result()._repr_html_() == fragment_of(DOCUMENT)
