"""What is shown: a document in; one self-contained HTML page, a fragment for a notebook, or a terminal out.

A document is made of paragraphs, key figures, formulas, tables, grids of numbers and pictures. A table is
made of columns, and a column is its heading and its cells in one value, so that they cannot part. A result
that can be shown is a `Shown`; its room says with `document_of.register` which document it is. This room
knows no result, no torch and no verb.
"""

from striate.pages.document import (
    Block,
    Document,
    Drawing,
    Figure,
    Formula,
    Gallery,
    Grid,
    KeyFigures,
    Mark,
    Notes,
    Paragraph,
    Png,
    Section,
)
from striate.pages.page import fragment_of, page_of
from striate.pages.shown import Shown, document_of
from striate.pages.table import Cell, Column, Table
from striate.pages.terminal import print_document

__all__ = [
    "Block",
    "Cell",
    "Column",
    "Document",
    "Drawing",
    "Figure",
    "Formula",
    "Gallery",
    "Grid",
    "KeyFigures",
    "Mark",
    "Notes",
    "Paragraph",
    "Png",
    "Section",
    "Shown",
    "Table",
    "document_of",
    "fragment_of",
    "page_of",
    "print_document",
]
