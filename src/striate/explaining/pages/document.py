"""An explanation as a document: sections of paragraphs, formulas, tables, grids of numbers and pictures.

The terminal and the page show the same document; neither knows what is explained.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from striate.derivation.shapes import Array
from striate.explaining.pages.maths import Maths
from striate.explaining.pictures.picture import Picture


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True)
class Formula:
    """One formula on a line of its own."""

    maths: Maths


@dataclass(frozen=True)
class Table:
    """Rows of cells under heads; the first column names the row."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Grid:
    """Matrices of numbers side by side, with a sign between one and the next: patch · kernel = products."""

    caption: str
    names: tuple[str, ...]
    matrices: tuple[Array, ...]  # (H, W) each; nan is shown as nothing
    signs: tuple[str, ...] = ()
    marked: tuple[int, int] | None = None
    """A cell of the first matrix that stands out."""


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows, and what someone who cannot see it should know."""

    caption: str
    alt: str
    picture: Picture


Block = Paragraph | Formula | Table | Grid | Figure


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole."""

    title: str
    language: str
    sections: tuple[Section, ...]
    glossary: tuple[tuple[str, str], ...] = ()
    glossary_title: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    """Words of the page itself: what the list of sections is called, and so on."""


def planes_of(*arrays: Array) -> list[tuple[Array, ...]]:
    """Kernels of any number of axes as matrices: one tuple of matrices per frame.

    (W,) becomes (1, W); (T, H, W) becomes T times (H, W); a single number (1, 1).
    """
    return [tuple(group) for group in zip(*(_planes(one) for one in arrays), strict=True)]


def _planes(array: Array) -> Sequence[Array]:
    if array.ndim == 3:
        return list(array)
    return [array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)]
