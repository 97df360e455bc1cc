"""Documents in another language, sentence by sentence."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from test_pages_page import DOCUMENT

from striate.pages import Document, Grid, KeyFigures, Notes, Paragraph, Section, Table
from striate.pages.languages import ENGLISH, Sentences

SAY = Sentences(
    "vi",
    {
        "{count} layers": "{count} tầng",
        "{part}, in all": "tổng cộng {part}",
        "size {span}, {part}": "cỡ {span}, {part}",
        "layer": "tầng",
        "size": "cỡ",
    },
)


def test_facts_stay_and_parts_go_along() -> None:
    assert SAY("3 layers") == "3 tầng"
    assert SAY("3 layers, in all") == "tổng cộng 3 tầng"
    assert SAY("size 3, size 4, layer") == "cỡ 3, cỡ 4, tầng"
    assert SAY("something else") == "something else"
    assert SAY("3\N{NO-BREAK SPACE}layers") == "3 tầng"


@given(st.text())
def test_whatever_fits_no_template_stays(text: str) -> None:
    assert ENGLISH(text) == text
    assert Sentences("vi", {"a{x}b": "{x}"})(f"c{text}") == f"c{text}"


def test_every_block_with_sentences_is_said_anew_and_names_stay() -> None:
    table = Table.of_rows("size", ("layer", "size"), (("size", "2 layers"), ("layer", "7")))
    grid = Grid("size", ("size",), (np.eye(2),))
    blocks = (Paragraph("size"), KeyFigures((("size", "2 layers"),)), Notes(("layer",)), table, grid)
    found = SAY.document(Document("layer", (Section("size", blocks),), subtitle="size"))
    assert (found.title, found.subtitle, found.sections[0].title) == ("tầng", "cỡ", "cỡ")
    assert found.language == "vi"
    paragraph, figures, notes, told, same = found.sections[0].blocks
    assert paragraph == Paragraph("cỡ")
    assert figures == KeyFigures((("cỡ", "2 tầng"),))
    assert notes == Notes(("tầng",))
    assert isinstance(told, Table)
    assert told.caption == "cỡ"
    assert [column.head for column in told.columns] == ["tầng", "cỡ"]
    assert [column.texts for column in told.columns] == [["size", "layer"], ["2 tầng", "7"]]
    assert same is grid


def test_english_changes_nothing() -> None:
    assert ENGLISH.document(DOCUMENT) == DOCUMENT
