"""Formulas, each in one go as text for a terminal and as MathML, which browsers typeset without help."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from striate.numbers import number

BREAKS = ("=", "+", "−", "←")
"""Signs before which the line of a long formula may be broken."""


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
