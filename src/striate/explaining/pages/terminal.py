"""A document on a terminal."""

from collections.abc import Iterator

import numpy as np
from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from striate.derivation.shapes import Array
from striate.explaining.pages.document import (
    Block,
    Document,
    Figure,
    Formula,
    Grid,
    Paragraph,
    Section,
    Table,
)
from striate.explaining.pages.drawing import colours_of
from striate.explaining.pages.maths import number
from striate.explaining.pictures.picture import Picture

TILES, SIDE = 8, 32
"""Tiles of a picture, and rows and columns of a tile, that are drawn on a terminal."""


def print_document(document: Document, console: Console) -> None:
    """Section after section; pictures as blocks of colour where the terminal has colours."""
    console.print(Text(document.title, style="bold"))
    for section in document.sections:
        console.print()
        console.print(Text(section.title, style="bold cyan"))
        for part in _parts(section, console):
            console.print(part)


def _parts(section: Section, console: Console) -> Iterator[RenderableType]:
    for block in section.blocks:
        yield from _shown(block, console)


def _shown(block: Block, console: Console) -> Iterator[RenderableType]:
    match block:
        case Paragraph(text):
            yield Text(text)
        case Formula(maths):
            yield Text(f"    {maths.text}", style="bold")
        case Table():
            yield Text(block.caption, style="italic")
            yield _table(block)
        case Grid():
            yield from _grid(block, console.width)
        case Figure(caption, _, picture):
            yield Text(caption)
            if console.color_system is not None:
                yield Columns([_tile(picture, place) for place in range(min(TILES, len(picture.tiles)))])


def _table(block: Table) -> RichTable:
    table = RichTable(box=None, pad_edge=False)
    for place, head in enumerate(block.heads):
        table.add_column(Text(head), justify="right" if place else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*map(Text, row))
    return table


def _grid(block: Grid, width: int) -> Iterator[Text]:
    """Matrices side by side with their signs between them; one below the other where they are too wide."""
    yield Text(block.caption, style="italic")
    columns = [_matrix(name, matrix, width) for name, matrix in zip(block.names, block.matrices, strict=True)]
    if sum(len(lines[0]) + 3 for lines in columns) > width:
        for place, lines in enumerate(columns):
            yield from _lines([lines], (), block if not place else None)
    else:
        yield from _lines(columns, block.signs, block)


def _lines(columns: list[list[str]], signs: tuple[str, ...], block: Grid | None) -> Iterator[Text]:
    """Line by line; the marked row of the first matrix stands out."""
    middle = (len(columns[0]) + 1) // 2
    marked = None if block is None or block.marked is None else block.marked[0] + 1
    for number_of, parts in enumerate(zip(*columns, strict=True)):
        told = Text("  ")
        for place, part in enumerate(parts):
            if place and signs:
                told.append(f" {signs[place - 1] if number_of == middle else ' '} ")
            told.append(part, style="dim" if number_of == 0 else "bold" if marked == number_of else "")
        yield told


def _matrix(name: str, matrix: Array, width: int) -> list[str]:
    """The name, then a line per row, all of one width; with fewer digits where three do not fit."""
    for digits in (3, 2, 1):
        cells = [["" if np.isnan(value) else number(float(value), digits) for value in row] for row in matrix]
        wide = max(len(cell) for row in cells for cell in row)
        lines = [" ".join(cell.rjust(wide) for cell in row) for row in cells]
        if len(lines[0]) + 2 <= width:
            break
    whole = max(len(name), len(lines[0]))
    return [name.ljust(whole), *(line.ljust(whole) for line in lines)]


def _tile(picture: Picture, place: int) -> Text:
    """Two pixels a character: the upper one in front, the lower one behind."""
    colours = colours_of(picture, place)
    step = -(-max(colours.shape[:2]) // SIDE)
    small = colours[::step, ::step]
    if len(small) % 2:
        small = np.concatenate([small, small[-1:]])
    told = Text()
    for y in range(0, len(small), 2):
        for above, below in zip(small[y], small[y + 1], strict=True):
            told.append("▀", style=f"rgb({_rgb(above)}) on rgb({_rgb(below)})")
        told.append("\n")
    told.append(picture.names[place])
    return told


def _rgb(colour: Array) -> str:
    return ",".join(str(int(one)) for one in colour)
