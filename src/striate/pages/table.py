"""Tables: columns, each a heading with its cells, and which of them fit into a width."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from striate.errors import one_line

Row = TypeVar("Row")

AT_SPACES = r" "
AT_DOTS = r"(?<=\.)(?=.)| (?=\()"
AT_WORDS = f"{AT_SPACES}|{AT_DOTS}"
AT_JOINTS = r"(?<=[/\\_. -])(?=.)"
AT_EQUALS = r" (?==)"
AT_BRACKETS = r" (?=\()|(?<=\+) "
"""Where a cell may go on in the next line: at spaces; after the dots of a layer's name and before what stands
in brackets; after the joints of a file's name; before the result of a formula; in `1.2 M + unknown (a)`."""
NAME = 16
"""A name that may be broken is given so much room at least."""
GAP = 2
"""Between two columns on a terminal."""


@dataclass(frozen=True)
class Cell:
    """A text with a bar below it (a share of 1) or a square of a colour before it, where there is a page."""

    text: str
    bar: float | None = None
    colour: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Column:
    """A heading and its cells."""

    head: str
    cells: tuple[Cell | str, ...]
    left: bool = False
    """Whether its texts begin at the left; numbers end at the right."""
    rank: int = 0
    """Where there is not room for all columns, those of the highest rank are left out first; 0 stays."""
    breaks: str = ""
    """Where a cell may go on in the next line: one of the patterns above."""

    @property
    def prose(self) -> bool:
        """Whether its cells are sentences."""
        return self.left and self.breaks == AT_SPACES

    @classmethod
    def of(
        cls,
        head: str,
        rows: Iterable[Row],
        cell: Callable[[Row], Cell | str],
        *,
        left: bool = False,
        rank: int = 0,
        breaks: str = "",
    ) -> "Column":
        """A column of one cell for each row."""
        return cls(head, tuple(cell(row) for row in rows), left, rank, breaks)

    @property
    def texts(self) -> list[str]:
        """The cells without bars and colours."""
        return [str(cell) for cell in self.cells]

    def in_one_line(self) -> "Column":
        """With what a terminal would obey in its cells written out, line breaks too."""
        return replace(self, cells=tuple(map(one_line, self.texts)))

    @property
    def wide(self) -> int:
        """The width in which no cell is broken; a heading goes on in the next line at a space."""
        return max(map(cell_len, [*self.head.split(" "), *self.texts]), default=0)

    @property
    def least(self) -> int:
        """The least width in which nothing is broken where it may not be."""
        if not self.breaks:
            return self.wide
        parts = [part for text in self.texts for part in re.split(self.breaks, text)]
        room = min(NAME, self.wide) if self.left else 0
        return max(room, *map(cell_len, [*self.head.split(" "), *parts]))

    def broken(self, width: int) -> int:
        """How many cells take more than one line in a width."""
        return sum(cell_len(text) > width for text in self.texts)

    def lines(self, text: str, width: int) -> str:
        """A cell's text with line breaks where it is wider than `width`."""
        if not self.breaks or cell_len(text) <= width:
            return text
        lines = [""]
        ends = [match.span() for match in re.finditer(self.breaks, text)]
        starts = [0, *(end for _, end in ends)]
        for start, (stop, following) in zip(starts, [*ends, (len(text), len(text))], strict=True):
            joined = lines[-1] + text[start:stop]
            if lines[-1] and cell_len(joined) > width:
                lines[-1] = lines[-1].rstrip(" ")
                lines.append(text[start:stop])
            else:
                lines[-1] = joined
            lines[-1] += text[stop:following]
        return "\n".join(line.rstrip(" ") for line in lines)


@dataclass(frozen=True)
class Table:
    """Columns of equal length; the first one names the row. `rich` prints it, in the width there is."""

    caption: str
    columns: tuple[Column, ...]
    strong: frozenset[int] = field(default_factory=frozenset)
    """Rows that stand out."""
    faint: frozenset[int] = field(default_factory=frozenset)
    """Rows that step back."""
    data: tuple[str, ...] = ()
    """A text for each row that the script of a page reads, which may then be chosen."""
    elsewhere: str = ""
    """What else shows the columns that a narrow terminal leaves out."""
    left_out: str = "left out for want of room: {columns}; {width} columns show all"
    left_out_elsewhere: str = (
        "left out for want of room: {columns}; {width} columns show all, as does {elsewhere}"
    )
    """What is said of them."""

    @classmethod
    def of_rows(cls, caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell | str]]) -> "Table":
        """A table whose rows are given; each has a cell for each heading, or it is a ValueError.

        Words begin at the left, numbers end at the right. Where there is not room for all columns, the last
        ones are left out.
        """
        columns = [
            Column(str(head), tuple(cells), left=not n or _words(cells), rank=n, breaks="" if n else AT_WORDS)
            for n, (head, *cells) in enumerate(zip(heads, *rows, strict=True))
        ]
        return cls(caption, tuple(columns))

    @property
    def heads(self) -> tuple[str, ...]:
        """The headings."""
        return tuple(column.head for column in self.columns)

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The cells, row by row."""
        cells = [[Cell(c) if isinstance(c, str) else c for c in column.cells] for column in self.columns]
        return list(zip(*cells, strict=True))

    def fitted(self, width: int) -> tuple["Table", list[int]]:
        """The table with the columns that fit into `width` without a cell broken in mid-word, and how wide
        each is.

        Cells are broken where they may be before a column is left out.
        """
        chosen = [column.in_one_line() for column in self.columns]
        while _needed(column.least for column in chosen) > width:
            last = max(chosen, key=lambda column: column.rank)
            if not last.rank:
                break
            chosen.remove(last)
        widths = [column.least for column in chosen]
        widths = _widened(chosen, widths, width - _needed(widths))
        columns = [
            replace(column, cells=tuple(column.lines(text, wide) for text in column.texts))
            for column, wide in zip(chosen, widths, strict=True)
        ]
        return replace(self, columns=tuple(columns)), widths

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The columns that there is room for, and the names of those that there is not."""
        table, widths = self.fitted(options.max_width)
        if self.caption:
            yield Text(self.caption, style="italic")
        yield _printed(table, widths)
        missing = [head for head in self.heads if head not in table.heads]
        if missing:
            whole = _needed(column.in_one_line().least for column in self.columns)
            said = self.left_out_elsewhere if self.elsewhere else self.left_out
            told = said.format(columns=", ".join(missing), width=whole, elsewhere=self.elsewhere)
            yield Text(told, style="dim")

    def to_markdown(self) -> str:
        """As Markdown."""
        rule = [":---" if column.left else "---:" for column in self.columns]
        rows = [[one_line(cell.text).replace("|", "\\|") for cell in row] for row in self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [self.heads, rule, *rows])


def _widened(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """The widths with the room that is left over: first to columns that have the most cells broken, as far as
    they need it to have none; then to what is broken still, and to headings of several lines.
    """
    wider = list(widths)
    order = sorted(range(len(columns)), key=lambda n: columns[n].broken(widths[n]), reverse=True)
    for wanted, in_part in ((_wide, False), (_wide, True), (_with_heading, False)):
        for n in order:
            more = wanted(columns[n]) - wider[n]
            if more > 0 and (more <= room or in_part):
                wider[n] += min(more, room)
                room -= min(more, room)
    return wider


def _wide(column: Column) -> int:
    return column.wide


def _with_heading(column: Column) -> int:
    return max(column.wide, cell_len(column.head))


def _printed(table: Table, widths: list[int]) -> RichTable:
    """A table whose cells are broken already."""
    printed = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column, width in zip(table.columns, widths, strict=True):
        side: JustifyMethod = "left" if column.left else "right"
        printed.add_column(Text(column.head), justify=side, width=width, overflow="fold", vertical="top")
    for number, row in enumerate(table.rows):
        style = "bold" if number in table.strong else "dim" if number in table.faint else None
        printed.add_row(*(Text(cell.text) for cell in row), style=style)
    return printed


def _words(cells: Sequence[Cell | str]) -> bool:
    """Whether all that is there are words."""
    begins = [str(cell)[:1] for cell in cells if str(cell)]
    return bool(begins) and all(letter.isalpha() for letter in begins)


def _needed(widths: Iterable[int]) -> int:
    every = list(widths)
    return sum(every) + GAP * (len(every) - 1)
