"""Tables: columns, each a heading with its cells, and which of them fit into a width."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

Row = TypeVar("Row")

AT_DOTS, AT_SPACES, AT_JOINTS, AT_EQUALS = r"(?<=\.)(?=.)", r" ", r"(?<=[/\\_. -])(?=.)", r" (?==)"
"""Where a cell may go on in the next line: after the dots of a layer's name, at spaces, after the joints of a
file's name, before the result of a formula."""
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
    """Where a cell may go on in the next line: one of AT_DOTS, AT_SPACES, AT_JOINTS, AT_EQUALS."""

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
    """Where a reader finds the columns that are left out in a narrow terminal."""

    @classmethod
    def of_rows(cls, caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell | str]]) -> "Table":
        """A table whose rows are given; each has a cell for each heading, or it is a ValueError."""
        columns = list(zip(heads, *rows, strict=True))
        return cls(
            caption,
            tuple(Column(str(head), tuple(cells), left=not n) for n, (head, *cells) in enumerate(columns)),
        )

    @property
    def heads(self) -> tuple[str, ...]:
        """The headings."""
        return tuple(column.head for column in self.columns)

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The cells, row by row."""
        cells = [[Cell(one) if isinstance(one, str) else one for one in c.cells] for c in self.columns]
        return list(zip(*cells, strict=True))

    def fitted(self, width: int) -> tuple["Table", list[int]]:
        """The table with the columns that fit into `width` without a cell broken in mid-word, and how wide
        each is.

        Cells are broken where they may be before a column is left out. Where some room is left over, it goes
        first to the column that has most cells broken.
        """
        kept = list(self.columns)
        while _needed(column.least for column in kept) > width:
            last = max(kept, key=lambda column: column.rank)
            if not last.rank:
                break
            kept.remove(last)
        widths = [column.least for column in kept]
        room = width - _needed(widths)
        order = sorted(range(len(kept)), key=lambda n: kept[n].broken(widths[n]), reverse=True)
        for whole in (True, False):
            for n in order:
                wanted = kept[n].wide - widths[n]
                if wanted > 0 and (wanted <= room or (not whole and room > 0)):
                    widths[n] += min(wanted, room)
                    room -= min(wanted, room)
        columns = [
            replace(column, cells=tuple(column.lines(text, wide) for text in column.texts))
            for column, wide in zip(kept, widths, strict=True)
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
            where = self.elsewhere or "a wider terminal shows them"
            yield Text(f"left out for want of room: {', '.join(missing)}; {where}", style="dim")

    def to_markdown(self) -> str:
        """As Markdown."""
        rule = [":---" if column.left else "---:" for column in self.columns]
        rows = [[cell.text.replace("|", "\\|") for cell in row] for row in self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [self.heads, rule, *rows])


def _printed(table: Table, widths: list[int]) -> RichTable:
    """A table whose cells are broken already."""
    printed = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column, width in zip(table.columns, widths, strict=True):
        side: JustifyMethod = "left" if column.left else "right"
        printed.add_column(Text(column.head), justify=side, width=width, overflow="fold", vertical="top")
    for place, row in enumerate(table.rows):
        style = "bold" if place in table.strong else "dim" if place in table.faint else None
        printed.add_row(*(Text(cell.text) for cell in row), style=style)
    return printed


def _needed(widths: Iterable[int]) -> int:
    every = list(widths)
    return sum(every) + GAP * (len(every) - 1)
