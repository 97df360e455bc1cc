"""A document: sections of paragraphs, key figures, formulas, tables, grids of numbers and pictures.

A terminal, a page and a notebook show the same document; it knows nothing of them.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from striate.numbers import number
from striate.pages.table import Table

BREAKS = ("=", "+", "−", "←")
"""Signs before which the line of a long formula may be broken."""

# Formulas, each in one go as text for a terminal and as MathML, which browsers typeset without help.


class Maths(NamedTuple):
    """The same formula twice."""

    text: str
    markup: str
    pieces: tuple[str, ...] = ()
    """The markup in pieces, between which a line may be broken; none where it may not."""


def as_maths(part: "Maths | str | float") -> Maths:
    """A name stands upright if it has several letters; a sign is a sign; a number is a number."""
    if isinstance(part, Maths):
        return part
    if isinstance(part, int | float):
        return as_maths(number(part))
    if part.lstrip("−")[:1].isdigit():
        return Maths(part, f"<mn>{part}</mn>")
    if part.isalpha() or part.isidentifier():
        style = ' mathvariant="normal"' if len(part) > 1 else ""
        return Maths(part, f"<mi{style}>{escape(part)}</mi>")
    return Maths(f" {part} " if part in "=+−·×⊙∗≈←→∈" else part, f"<mo>{escape(part)}</mo>")


def row(*parts: "Maths | str | float") -> Maths:
    """One thing after another."""
    found = [as_maths(part) for part in parts]
    markup = f"<mrow>{''.join(one.markup for one in found)}</mrow>"
    return Maths("".join(one.text for one in found), markup, tuple(_pieces(found)))


def _pieces(parts: Sequence[Maths]) -> Iterator[str]:
    """The markup of a row, broken before each sign that stands between two parts, outside of brackets."""
    piece, depth, before = "", 0, "="
    for one in parts:
        sign = one.text.strip()
        first, *more = one.pieces if one.pieces and not depth else (one.markup,)
        if sign in BREAKS and not depth and before not in BREAKS:
            yield piece
            piece, first = "", first.replace("<mo>", '<mo form="infix">')  # with the space of such a sign
        piece += first
        for later in more:
            yield piece
            piece = later
        depth += (sign == "(") - (sign == ")")
        before = sign
    yield piece


def sub(base: "Maths | str", *index: "Maths | str | float") -> Maths:
    """An index below."""
    b, i = as_maths(base), listed(index)
    return Maths(f"{b.text}[{i.text}]", f"<msub>{b.markup}{i.markup}</msub>")


def power(base: "Maths | str", exponent: "Maths | str | float") -> Maths:
    """An exponent above."""
    b, e = as_maths(base), as_maths(exponent)
    return Maths(f"{b.text}^{e.text}", f"<msup>{b.markup}{e.markup}</msup>")


def listed(parts: Sequence["Maths | str | float"]) -> Maths:
    """With commas between."""
    found = [as_maths(part) for part in parts]
    markup = "<mo>,</mo>".join(one.markup for one in found)
    return Maths(",".join(one.text for one in found), f"<mrow>{markup}</mrow>")


def over(above: "Maths | str | float", below: "Maths | str | float") -> Maths:
    """A fraction; as text with brackets around what has signs in it."""
    a, b = as_maths(above), as_maths(below)
    parts = (f"({text})" if set(text) & set(" /") else text for text in (a.text, b.text))
    return Maths("/".join(parts), f"<mfrac>{a.markup}{b.markup}</mfrac>")


def root(inside: "Maths | str") -> Maths:
    """A square root: a sign and a line, which need no mathematical font, as the root of MathML does."""
    i = as_maths(inside)
    return Maths(
        f"√({i.text})", f'<mrow class="root"><mo>√</mo><mrow class="inside">{i.markup}</mrow></mrow>'
    )


def total(below: str, body: Maths) -> Maths:
    """A sum over the indices named below the sign."""
    names = listed(below.split(","))
    sign = f"<munder><mo>∑</mo>{names.markup}</munder>"
    return Maths(f"Σ_{names.text} {body.text}", f"<mrow>{sign}{body.markup}</mrow>")


def partial(of: str = "L", by: "Maths | str" = "w") -> Maths:
    """∂L/∂w."""
    b = as_maths(by)
    return Maths(
        f"∂{of}/∂{b.text}",
        f"<mfrac><mrow><mi>∂</mi><mi>{of}</mi></mrow><mrow><mi>∂</mi>{b.markup}</mrow></mfrac>",
    )


def factor(value: float) -> Maths:
    """A number; brackets around a negative one."""
    return row("(", value, ")") if value < 0 else row(value)


def sum_of(values: Sequence[float], most: int = 6) -> Maths:
    """a + b − c …, the first few of them in full."""
    parts: list[Maths | str | float] = []
    for place, value in enumerate(values[:most]):
        parts += ["+" if value >= 0 else "−", abs(value)] if place else [value]
    if len(values) > most:
        parts += ["+", Maths("…", "<mo>…</mo>")]
    return row(*parts)


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
