"""A document on a terminal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text

from striate.errors import printable
from striate.numbers import number
from striate.pages.document import (
    Array,
    Block,
    Document,
    Figure,
    Formula,
    Grid,
    KeyFigures,
    Notes,
    Paragraph,
)
from striate.pages.table import GAP, Table

# A terminal that shows texts from outside, such as names of files, without obeying them.


def console_of(**how: Any) -> Console:
    """A console of `rich` that escapes control characters in whatever it shows, styles apart, and that breaks
    no prose: a path or a command in it can be copied. Tables are fitted to the width.

    Args:
        how: as `rich.console.Console` takes it.
    """
    console = _Console(**how)
    console.push_render_hook(_Escaping())
    return console


class _Console(Console):
    def print(self, *objects: Any, **how: Any) -> None:
        """Prints, what is no more than text as long as it is: where it goes on is up to the terminal."""
        prose = all(isinstance(one, str | Text) for one in objects)
        super().print(*objects, **({"soft_wrap": prose} | how))


class _Escaping(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Each as it will be shown."""
        return [_Escaped(one) for one in renderables]


@dataclass(frozen=True)
class _Escaped:
    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.shown, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


TILES, SIDE = 8, 32
"""Tiles of a picture, and rows and columns of a tile, that are drawn on a terminal."""


def print_document(document: Document, console: Console) -> None:
    """Section after section; pictures as blocks of colour where the terminal has colours.

    Args:
        document: what is shown.
        console: where to.
    """
    console.print(Text(document.title, style="bold"))
    if document.subtitle:
        console.print(Text(document.subtitle, style="dim"))
    _print_blocks(document.lead, console)
    for section in document.sections:
        console.print()
        console.print(Text(section.title, style="bold cyan"))
        _print_blocks(section.blocks, console)


def _print_blocks(blocks: Iterable[Block], console: Console) -> None:
    """What explains is set in lines of whole words; what may hold a path or a command is not broken."""
    for block in blocks:
        for part in _shown(block, console):
            console.print(part, soft_wrap=isinstance(block, Notes))


def _shown(block: Block, console: Console) -> Iterator[RenderableType]:
    match block:
        case Paragraph(text):
            yield Text(text)
        case KeyFigures(figures):
            yield facts(figures)
        case Notes(lines):
            yield from (Text(line, style="dim") for line in lines)
        case Formula(maths):
            yield Text(f"    {maths.text}", style="bold")
        case Table():
            yield block
        case Grid():
            yield from _grid(block, console.width)
        case Figure(caption, _, image):
            yield Text(caption)
            if console.color_system is not None:
                yield Columns([_tile(name, tile) for name, tile in islice(image.tiles(), TILES)])


def facts(pairs: Iterable[tuple[str, str]]) -> RichTable:
    """Names and what there is to say of them, in two columns; a long text goes on below its beginning."""
    grid = RichTable.grid(padding=(0, GAP, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in pairs:
        grid.add_row(Text(name), Text(text))
    return grid


def _grid(block: Grid, width: int) -> Iterator[Text]:
    """Matrices side by side with their signs between them; one below the other where they are too wide."""
    yield Text(block.caption, style="italic")
    columns = [_matrix(block, place, width) for place in range(len(block.matrices))]
    if sum(lines[0].cell_len + 3 for lines in columns) > width:
        for lines in columns:
            yield from _lines([lines], ())
    else:
        yield from _lines(columns, block.signs)


STYLES = {"": "", "a": "bold", "b": "bold underline", "c": "bold reverse"}
"""Of marked cells, by their colour on a page."""


def _lines(columns: list[list[Text]], signs: tuple[str, ...]) -> Iterator[Text]:
    """Line by line."""
    middle = (len(columns[0]) + 1) // 2
    for number_of, parts in enumerate(zip(*columns, strict=True)):
        line = Text("  ")
        for place, part in enumerate(parts):
            if place and signs:
                line.append(f" {signs[place - 1] if number_of == middle else ' '} ")
            line.append(part)
        yield line


def _matrix(block: Grid, place: int, width: int) -> list[Text]:
    """The name, then a line per row, all of one width; with fewer digits where three do not fit."""
    name, matrix = block.names[place], block.matrices[place]
    for digits in (3, 2, 1):
        cells = [["" if np.isnan(value) else number(float(value), digits) for value in row] for row in matrix]
        wide = max(len(cell) for row in cells for cell in row)
        if (wide + 1) * len(cells[0]) + 1 <= width:
            break
    lines = [Text(name, style="dim")]
    for y, row in enumerate(cells):
        shown = [Text(cell.rjust(wide), STYLES[block.colour(place, y, x)]) for x, cell in enumerate(row)]
        lines.append(Text(" ").join(shown))
    whole = max(line.cell_len for line in lines)
    for line in lines:
        line.pad_right(whole - line.cell_len)
    return lines


def _tile(name: str, colours: Array) -> Text:
    """Two pixels a character: the upper one in front, the lower one behind."""
    step = -(-max(colours.shape[:2]) // SIDE)
    small = colours[::step, ::step]
    if len(small) % 2:
        small = np.concatenate([small, small[-1:]])
    shown = Text()
    for y in range(0, len(small), 2):
        for above, below in zip(small[y], small[y + 1], strict=True):
            shown.append("▀", style=f"rgb({_rgb(above)}) on rgb({_rgb(below)})")
        shown.append("\n")
    shown.append(name)
    return shown


def _rgb(colour: Array) -> str:
    return ",".join(str(int(one)) for one in colour)
