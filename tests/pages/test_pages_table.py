"""Tables: a heading and its cells stay together, and a terminal of any width shows whole words."""

import csv
import io
from dataclasses import replace
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from striate.pages import Cell, Column, Table
from striate.pages.shown import csv_text
from striate.pages.table import AT_DOTS, AT_EQUALS, AT_JOINTS, AT_SPACES

ROWS = [
    ("stem.conv", "conv2d", "3·3·3·16 = 432", "1×16×112×112"),
    ("stages.0.blocks.1.downsample.0", "adaptive_avg_pool2d", "(1,024 + 1)·1,000 = 1,025,000", "1×1000"),
]


def layers() -> Table:
    columns = (
        Column.of("layer", ROWS, lambda row: row[0], left=True, breaks=AT_DOTS),
        Column.of("kind", ROWS, lambda row: row[1], left=True, rank=2),
        Column.of("parameters worked out", ROWS, lambda row: row[2], breaks=AT_EQUALS),
        Column.of("output", ROWS, lambda row: Cell(row[3], 0.5, "#123456"), rank=1),
    )
    return Table("Layers", columns, elsewhere="--csv")


def printed(table: Table, width: int) -> list[str]:
    file = io.StringIO()
    Console(file=file, width=width, highlight=False, color_system=None).print(table)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_wide_terminal_shows_every_row_on_one_line() -> None:
    assert "\n".join(printed(layers(), 120)) == dedent("""\
        Layers
        layer                           kind                         parameters worked out        output
        stem.conv                       conv2d                              3·3·3·16 = 432  1×16×112×112
        stages.0.blocks.1.downsample.0  adaptive_avg_pool2d  (1,024 + 1)·1,000 = 1,025,000        1×1000""")


def test_cells_are_broken_before_a_column_is_left_out() -> None:
    assert "\n".join(printed(layers(), 70)) == dedent("""\
        Layers
                                               parameters worked
        layer             kind                               out        output
        stem.conv         conv2d                  3·3·3·16 = 432  1×16×112×112
        stages.0.blocks.  adaptive_avg_pool2d  (1,024 + 1)·1,000        1×1000
        1.downsample.0                               = 1,025,000""")


def test_a_narrow_terminal_says_what_it_leaves_out() -> None:
    assert "\n".join(printed(layers(), 40)) == dedent("""\
        Layers
                               parameters worked
        layer                                out
        stem.conv                 3·3·3·16 = 432
        stages.0.blocks.1.     (1,024 + 1)·1,000
        downsample.0                 = 1,025,000
        left out for want of room: kind, output;
        70 columns show all, as does --csv""")


def test_rows_that_stand_out_or_step_back() -> None:
    table = replace(
        Table.of_rows("", ("a",), [("1",), ("2",), ("3",)]), strong=frozenset({0}), faint=frozenset({2})
    )
    file = io.StringIO()
    Console(file=file, width=9, force_terminal=True, color_system="standard").print(table)
    assert [line.strip() for line in file.getvalue().splitlines()[1:]] == [
        "\x1b[1m1\x1b[0m",
        "2",
        "\x1b[2m3\x1b[0m",
    ]


words = st.text("abcdefghij", min_size=1, max_size=9)
names = st.lists(words, min_size=1, max_size=5).map(".".join)


@given(
    st.lists(st.tuples(names, words, names, words), min_size=1, max_size=5),
    st.integers(30, 160),
)
def test_no_word_is_ever_broken_where_the_least_columns_fit(rows: list[tuple[str, ...]], width: int) -> None:
    heads = ("name", "some heading", "path", "last")
    table = Table(
        "",
        tuple(
            Column(
                head, tuple(row[n] for row in rows), left=n in (0, 2), rank=n, breaks=AT_DOTS * (n in (0, 2))
            )
            for n, head in enumerate(heads)
        ),
    )
    fitted, widths = table.fitted(width)
    assert sum(widths) + 2 * (len(widths) - 1) <= width or len(widths) == 1
    for column, wide in zip(fitted.columns, widths, strict=True):
        original = next(one for one in table.columns if one.head == column.head)
        for text, whole in zip(column.texts, original.texts, strict=True):
            assert text.replace("\n", "") == whole
            assert all(line.endswith(".") for line in text.split("\n")[:-1])
            assert all(cell_len(line) <= wide for line in text.split("\n"))


@given(st.integers(20, 200), st.integers(0, 60))
def test_more_room_never_shows_less(width: int, more: int) -> None:
    fewer, _ = layers().fitted(width)
    wider, _ = layers().fitted(width + more)
    assert set(fewer.heads) <= set(wider.heads)


@pytest.mark.parametrize(
    ("breaks", "text", "width", "lines"),
    [
        (AT_DOTS, "layer1.0.conv1", 9, "layer1.0.\nconv1"),
        (AT_EQUALS, "3·3·64·64 = 36,864", 12, "3·3·64·64\n= 36,864"),
        (AT_EQUALS, "2·64 = 128", 12, "2·64 = 128"),
        (AT_JOINTS, "photos/holiday_2024-07.png", 16, "photos/holiday_\n2024-07.png"),
        (AT_SPACES, "a few short words", 7, "a few\nshort\nwords"),
        ("", "unbreakable", 3, "unbreakable"),
    ],
)
def test_where_cells_are_broken(breaks: str, text: str, width: int, lines: str) -> None:
    assert Column("head", (text,), breaks=breaks).lines(text, width) == lines


def test_rows_of_the_wrong_length_are_refused() -> None:
    table = Table.of_rows("", ("a", "b"), [("1", "2"), ("3", "4")])
    assert [column.texts for column in table.columns] == [["1", "3"], ["2", "4"]]
    with pytest.raises(ValueError, match="shorter"):
        Table.of_rows("", ("a", "b"), [("1",)])


def test_markdown() -> None:
    table = Table.of_rows("", ("name", "value"), [("a|b", Cell("1", 0.2))])
    assert table.to_markdown() == "| name | value |\n| :--- | ---: |\n| a\\|b | 1 |"


def test_an_empty_table_is_its_headings() -> None:
    assert printed(Table.of_rows("", ("name", "value"), []), 40) == ["name  value"]


@given(st.lists(st.tuples(names, *[words] * 6), min_size=1, max_size=4), st.integers(20, 100))
def test_a_table_of_rows_leaves_out_its_last_columns(rows: list[tuple[str, ...]], width: int) -> None:
    heads = ("name", "one", "two", "three", "four", "five", "difference")
    table = Table.of_rows("", heads, rows)
    fitted, widths = table.fitted(width)
    assert fitted.heads == heads[: len(fitted.heads)]
    assert sum(widths) + 2 * (len(widths) - 1) <= width
    lines = printed(table, width)
    for head in fitted.heads:
        assert any(head in line for line in lines)
    for text in (cell for column in fitted.columns[1:] for cell in column.texts):
        assert any(text in line for line in lines)


def test_words_begin_at_the_left_and_numbers_end_at_the_right() -> None:
    rows = [("1", "Linear", "3", "", "×2"), ("2", "ReLU", "–", "", "−1")]
    table = Table.of_rows("", ("n", "type", "value", "nothing", "ratio"), rows)
    assert [column.left for column in table.columns] == [True, True, False, False, False]


@given(st.text(), st.text())
def test_a_name_with_line_breaks_is_one_row_everywhere(name: str, other: str) -> None:
    rows = [(f"{name}\n{other}\r\x0b\u2028", "1"), ("end", "2")]
    table = Table.of_rows("", ("name", "value"), rows)
    assert len(table.to_markdown().splitlines()) == 4
    assert len(printed(table, 10_000)) == 3
    cells = list(csv.reader(io.StringIO(csv_text(table.heads, rows), newline="")))
    assert [len(row) for row in cells] == [2, 2, 2]
    assert cells[1][0] in (rows[0][0], f"'{rows[0][0]}")
