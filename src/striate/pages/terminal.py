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
    Gallery,
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

    def on_broken_pipe(self) -> None:
        """A reader that has gone is the command's to answer for; rich would leave with code 1."""
        raise


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
        console.print(Text(document.subtitle, style="dim"), soft_wrap=False)
    _print_blocks(document.lead, console)
    for section in document.sections:
        console.print()
        console.print(Text(section.title, style="bold cyan"), soft_wrap=False)
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
            yield from _grid(block, console.width, console.color_system is None)
        case Gallery(caption, shown):
            yield Text(caption, style="italic")
            yield from (part for one in shown for part in _shown(one, console))
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


def _grid(block: Grid, width: int, plain: bool) -> Iterator[Text]:
    """Matrices side by side with their signs between them, where that fits with two digits at least;
    otherwise one below the other.
    """
    yield Text(block.caption, style="italic")
    places = range(len(block.matrices))
    for digits in (3, 2):
        columns = [_matrix(block, place, digits, plain) for place in places]
        if sum(lines[0].cell_len + 3 for lines in columns) - 1 <= width:
            yield from _lines(columns, block.signs)
            return
    for place in places:
        yield from _lines([_fitted(block, place, width, plain)], ())


STYLES = {"": "", "a": "bold", "b": "bold underline", "c": "bold reverse", "d": "dim"}
"""Of marked cells, by their colour on a page."""
SIGNS = {"a": "*", "b": "'"}
"""The same where there are no colours, after the number; c stands in brackets."""


def _lines(columns: list[list[Text]], signs: tuple[str, ...]) -> Iterator[Text]:
    """Line by line, lower matrices in the middle beside higher ones."""
    height = max(map(len, columns))
    middle = height // 2
    for line_of in range(height):
        line = Text("  ")
        for place, part in enumerate(columns):
            if place and signs:
                line.append(f" {signs[place - 1] if line_of == middle else ' '} ")
            own = line_of - (height - len(part)) // 2
            line.append(part[own] if 0 <= own < len(part) else " " * part[0].cell_len)
        line.rstrip()
        yield line


def _fitted(block: Grid, place: int, width: int, plain: bool) -> list[Text]:
    """A matrix alone, with fewer digits where three do not fit."""
    for digits in (3, 2, 1):
        lines = _matrix(block, place, digits, plain)
        if lines[0].cell_len + 2 <= width:
            break
    return lines


def _matrix(block: Grid, place: int, digits: int, plain: bool) -> list[Text]:
    """The name, then a line per row, all of one width."""
    name, matrix = block.names[place], block.matrices[place]
    colours = [[block.colour(place, y, x) for x in range(len(row))] for y, row in enumerate(matrix)]
    cells = [["" if np.isnan(value) else number(float(value), digits) for value in row] for row in matrix]
    if plain:
        cells = _signed(cells, colours)
    wide = max(len(cell) for row in cells for cell in row)
    lines = [Text(name, style="dim")]
    for row, own in zip(cells, colours, strict=True):
        shown = [Text(cell.rjust(wide), STYLES[one]) for cell, one in zip(row, own, strict=True)]
        lines.append(Text(" ").join(shown))
    whole = max(line.cell_len for line in lines)
    for line in lines:
        line.pad_right(whole - line.cell_len)
    return lines


def _signed(cells: list[list[str]], colours: list[list[str]]) -> list[list[str]]:
    """The cells with signs for their colours; a matrix that is all of one colour needs none."""
    found = {one for row in colours for one in row}
    if len(found) == 1 or not found & {*SIGNS, "c"}:
        return cells
    space = " " if "c" in found else ""
    return [
        [
            f"[{cell}]" if one == "c" else f"{space}{cell}{SIGNS.get(one, ' ')}"
            for cell, one in zip(row, own, strict=True)
        ]
        for row, own in zip(cells, colours, strict=True)
    ]


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
