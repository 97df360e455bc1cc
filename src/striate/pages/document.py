"""A document: sections of paragraphs, key figures, formulas, tables, grids of numbers and pictures.

A terminal, a page and a notebook show the same document; it knows nothing of them.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from striate.pages.maths import Maths
from striate.pages.table import Table

# Formulas, each in one go as text for a terminal and as MathML, which browsers typeset without help.


Array = NDArray[Any]


class Image(Protocol):
    """Whatever can be shown as a picture."""

    def address(self) -> str:
        """The picture as a `data:` address, for a page."""
        ...

    def tiles(self) -> Iterable[tuple[str, Array]]:
        """Its parts as (name, colours (H, W, 3) uint8), for a terminal; none if it is not made of such."""
        ...


@dataclass(frozen=True)
class Png:
    """An image that is a PNG file already."""

    content: bytes

    def address(self) -> str:
        """The file as a `data:` address."""
        return "data:image/png;base64," + b64encode(self.content).decode()

    def tiles(self) -> tuple[()]:
        """It has no parts."""
        return ()


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str


WIDE = 40
"""Letters of a formula that stay on one line."""


@dataclass(frozen=True)
class Formula:
    """One formula on a line of its own."""

    maths: Maths

    @property
    def long(self) -> bool:
        """Whether a page should be able to break its line."""
        return len(self.maths.text) > WIDE and len(self.maths.pieces) > 1


@dataclass(frozen=True)
class KeyFigures:
    """A few numbers that matter most, each with its name."""

    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Notes:
    """Short remarks, one below the other."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """Markup made elsewhere (SVG), and the text that stands for it. A terminal shows nothing of it."""

    markup: str
    alt: str


class Mark(NamedTuple):
    """Cells of one matrix of a grid that stand out; equal colours link cells of different matrices."""

    matrix: int
    row: int | None
    """None: every row."""
    column: int | None
    colour: str = "a"
    """a, b or c; d steps back."""


@dataclass(frozen=True)
class Grid:
    """Matrices of numbers side by side, with a sign between one and the next: patch ⊙ kernel = products."""

    caption: str
    names: tuple[str, ...]
    matrices: tuple[Array, ...]  # (H, W) each; nan is shown as nothing
    signs: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()

    def colour(self, matrix: int, row: int, column: int) -> str:
        """That of a cell; "" for one that does not stand out. The last mark that holds the cell counts."""
        found = [
            mark.colour
            for mark in self.marks
            if mark.matrix == matrix and mark.row in (None, row) and mark.column in (None, column)
        ]
        return found[-1] if found else ""


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows, and what someone who cannot see it should know."""

    caption: str
    alt: str
    image: Image


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side, as many in a row as there is room for."""

    caption: str
    figures: tuple[Figure, ...]


Block = Paragraph | KeyFigures | Notes | Drawing | Formula | Table | Grid | Figure | Gallery


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


LABELS = {"contents": "Contents", "skip": "Skip to the content"}
"""What a page itself says, in English."""


@dataclass(frozen=True)
class Document:
    """The whole."""

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    lead: tuple[Block, ...] = ()
    """What stands before the first section."""
    language: str = "en"
    glossary: tuple[tuple[str, str], ...] = ()
    glossary_title: str = ""
    labels: dict[str, str] = field(default_factory=lambda: dict(LABELS))
    """Words of the page itself, in its language."""
    wide: bool = False
    """Whether its tables need more room than lines of text."""
    script: str = ""
    """JavaScript that gets the page's content as `root`."""


def planes_of(*arrays: Array) -> list[tuple[Array, ...]]:
    """Kernels of any number of axes as matrices: one tuple of matrices per frame.

    (W,) becomes (1, W); (T, H, W) becomes T times (H, W); a single number (1, 1).
    """
    return [tuple(group) for group in zip(*(_planes(one) for one in arrays), strict=True)]


def _planes(array: Array) -> Sequence[Array]:
    if array.ndim == 3:
        return list(array)
    return [array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)]
