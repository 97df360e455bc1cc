"""A document on a terminal, whole."""

import io
from textwrap import dedent

import numpy as np
from rich.console import Console
from test_pages_page import DOCUMENT

from striate.pages import Document, Figure, Grid, Mark, Section, print_document
from striate.pages.document import Array
from striate.pages.terminal import facts


def printed(document: Document, width: int = 60, **how: object) -> str:
    file = io.StringIO()
    print_document(document, Console(file=file, width=width, highlight=False, **how))  # type: ignore[arg-type]
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def test_everything_but_pictures_is_printed() -> None:
    assert printed(DOCUMENT) == dedent("""\
        A & B
        what it is
        parameters  1,000
        MACs        1.2 M

        One
        1 < 2
        first
        second

        Two
        Layers
        layer      MACs
        conv <1>  1.2 M
        fc
            a/2

        Three
        g
          x
          1*

        Four
        caption""")


def test_a_long_subtitle_is_set_in_lines_of_whole_words() -> None:
    shown = printed(Document("A", (), subtitle="every number was worked out by hand"), width=20)
    assert shown == "A\nevery number was\nworked out by hand"


def test_matrices_that_are_too_wide_stand_below_one_another() -> None:
    wide = Grid("g", ("a", "b"), (np.full((1, 8), 0.123), np.full((1, 8), 0.456)), signs=("·",))
    document = Document("t", (Section("s", (wide,)),))
    assert "·" in printed(document, 120)
    assert printed(document, 60).splitlines()[-4:] == [
        "  a",
        "  " + " ".join(["0.123"] * 8),
        "  b",
        "  " + " ".join(["0.456"] * 8),
    ]


MARKED = Grid(
    "g",
    ("map", "kernel", "made"),
    (np.arange(20.0).reshape(4, 5), np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([[7.0]])),
    ("∗", "→"),
    (
        Mark(0, 1, None, "a"),
        Mark(0, None, 2, "b"),
        Mark(0, 3, 4, "d"),
        Mark(1, None, None, "a"),
        Mark(2, 0, 0, "c"),
    ),
)


def test_lower_matrices_stand_in_the_middle_and_marked_cells_have_signs() -> None:
    told = printed(Document("t", (Section("s", (MARKED,)),)), 60)
    assert told.splitlines()[4:] == [
        "  map",
        "   0   1   2'  3   4    kernel   made",
        "   5*  6*  7'  8*  9* ∗  1 −2  → 7",
        "  10  11  12' 13  14     3  4",
        "  15  16  17' 18  19",
    ]


def test_colours_need_no_signs() -> None:
    told = printed(Document("t", (Section("s", (MARKED,)),)), force_terminal=True, color_system="truecolor")
    assert "7'" not in told
    assert "\x1b[1m 5\x1b[0m" in told


class Tiles:
    """A picture of one tile of four pixels."""

    def address(self) -> str:
        raise AssertionError("a terminal shows no PNG")

    def tiles(self) -> list[tuple[str, Array]]:
        return [("tile", np.array([[[255, 0, 0]], [[0, 0, 255]]], np.uint8))]


def test_pictures_are_blocks_of_colour_where_there_are_colours() -> None:
    document = Document("t", (Section("s", (Figure("caption", "alt", Tiles()),)),))
    assert "▀" not in printed(document)
    told = printed(document, force_terminal=True, color_system="truecolor")
    assert "38;2;255;0;0;48;2;0;0;255m▀" in told


def test_a_long_fact_goes_on_below_its_beginning() -> None:
    file = io.StringIO()
    Console(file=file, width=24).print(facts([("name", "some words and more"), ("x", "y")]))
    assert [line.rstrip() for line in file.getvalue().splitlines()] == [
        "name  some words and",
        "      more",
        "x     y",
    ]
