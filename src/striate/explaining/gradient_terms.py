"""The terms of a weight's gradient: of one call, the largest written out, all as one entry of a product.

In the product ∂L/∂W = δ · U rows of δ are filters, columns of U are the weights of a filter, and what both
have in common are the places where the filter looked, over all samples and calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from striate.derivation import Terms
from striate.derivation.shapes import Array
from striate.explaining.checking import as_array
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.kinds.kind import Kind
from striate.explaining.kinds.textbook import MatrixProduct, window
from striate.explaining.picture import Picture
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Paragraph
from striate.pages.maths import Maths, factor, partial, row, sub
from striate.plain_values import ToJson
from striate.tracing.layer_record import Recorded

Calls = Sequence[tuple[Kind, str]]
"""Calls that use a parameter, each with its name there."""
SIDE, SAMPLES = 8, 4
"""Terms of a map up to this side, and of so many samples, are shown in numbers; larger ones as a picture."""


@dataclass(frozen=True)
class Use(ToJson):
    """The terms from one call of a layer that uses the weight."""

    in_json = """layer upstream=terms.upstream input=terms.seen terms=terms.values total=terms.total
        per_sample=terms.per_sample"""

    layer: str
    terms: Terms

    def blocks(self, say: Texts) -> Iterator[Block]:
        """δ × input = terms, place by place: in numbers where they are few, otherwise as a picture."""
        terms = self.terms
        if terms.values.ndim != 3:
            return
        samples = range(min(SAMPLES, len(terms.values)))
        if max(terms.values.shape[1:]) > SIDE:
            caption = say("gradient.picture", layer=self.layer)
            tiles = tuple(terms.values[:SAMPLES])
            picture = Picture("terms", tiles, tuple(map(str, samples)), signed=True)
            yield picture.figure(caption, caption)
            return
        names = (say("grid.upstream"), say("grid.input"), say("grid.terms"))
        for sample in samples:
            matrices = (terms.upstream[sample], terms.seen[sample], terms.values[sample])
            yield Grid(say("gradient.all", layer=self.layer, sample=sample), names, matrices, ("⊙", "="))


@dataclass(frozen=True)
class Example(ToJson):
    """The largest term, written out: z = w·x + everything else, which does not change with w."""

    layer: str
    place: tuple[int, ...]
    """Of z in the layer's whole output."""
    weight: float
    seen: float
    output: float
    delta: float

    def blocks(self, weight: Maths, loss: Maths, say: Texts) -> Iterator[Block]:
        """∂z/∂w = x, and the term; weight, loss: the names of w and of ∂L/∂w."""
        z = sub("z", *map(str, self.place))
        rest = self.output - self.weight * self.seen
        yield Paragraph(say("example.text", layer=self.layer, place=by(self.place, ",")))
        x = factor(self.seen)
        sign = "+" if rest >= 0 else "−"
        yield Formula(row(z, "=", weight, "·", x, sign, abs(rest), "=", number(self.output, 5)))
        derivative = Maths(f"∂{z.text}/∂{weight.text}", f"<mfrac><mrow><mo>∂</mo>{z.markup}</mrow>"
                           f"<mrow><mo>∂</mo>{weight.markup}</mrow></mfrac>")  # fmt: skip
        yield Formula(row(derivative, "=", number(self.seen, 5)))
        term = self.delta * self.seen
        yield Formula(row(sub("δ", *map(str, self.place)), "·", derivative, "=", factor(self.delta), "·", x,
                          "=", number(term, 5)))  # fmt: skip
        yield Paragraph(say("example.term"))


def example(recorded: Recorded, uses: Sequence[Use], calls: Calls, index: tuple[int, ...]) -> Example | None:
    """The largest term, written out, of a layer that multiplies and adds up."""
    (call, name), use = max(
        zip(calls, uses, strict=True), key=lambda pair: np.abs(pair[1].terms.values).max()
    )
    place = place_of_largest(call, name, index, use.terms)
    if not isinstance(call, KernelKind) or place is None:
        return None
    term = use.terms.largest(1)[0]
    output = float(as_array(call.record.output[place]))
    return Example(use.layer, place, float(call.arguments[name][index]), term.seen, output, term.upstream)


def place_of_largest(call: Kind, name: str, index: tuple[int, ...], terms: Terms) -> tuple[int, ...] | None:
    """Where in the layer's whole output the largest term arose."""
    term = terms.largest(1)[0]
    return call.place_of(name, index, term.sample, term.output_position)


@dataclass(frozen=True)
class MatrixForm(MatrixProduct):
    """The gradient of a weight in ∂L/∂W = δ · U."""

    keys = ("delta", "patches")

    def blocks(self, say: Texts) -> Iterator[Block]:
        """The formula, where the entry stands, and the matrices with colours that link."""
        yield Formula(row(partial("L", "W"), "=", "δ", "·", "U"))
        shapes = {"delta": by(self.left_shape), "patches": by(self.right_shape)}
        yield Paragraph(
            say("gradient.matrix", **shapes, row=self.row, column=self.column, value=number(self.value, 6))
        )
        yield self.grid(say("matrix.window", **self.spans()), ("δ", "U", "∂L/∂W"))
        if self.hidden:
            yield Paragraph(say("matrix.rest", count=f"{self.hidden:,}"))


def matrix_form(calls: Calls, uses: Sequence[Use], shape: tuple[int, ...]) -> MatrixForm | None:
    """Row o of δ times column c·K + u of the patches, over all calls; None for what is no kernel's.

    uses: the terms of each call. shape: of the weight.
    """
    kernels = [(call, name) for call, name in calls if isinstance(call, KernelKind)]
    if len(kernels) != len(calls) or not all(name.startswith("weight") for _, name in kernels):
        return None
    first, width = uses[0].terms, int(np.prod(shape[1:]))
    rows, columns = window(first.row, shape[0]), window(first.column, width)
    upstream = np.stack([_joined(kernels, shape, r, first.column, "delta_row") for r in rows])
    seen = np.stack([_joined(kernels, shape, first.row, c, "patches_column") for c in columns], axis=1)
    largest = int(np.argmax(np.abs(upstream[first.row - rows.start] * seen[:, first.column - columns.start])))
    places = window(largest, len(seen))
    pairs = zip(kernels, uses, strict=True)
    return MatrixForm(
        row=first.row,
        column=first.column,
        left_shape=(shape[0], len(seen)),
        right_shape=(len(seen), width),
        value=sum(call.row_times_column(use.terms) for (call, _), use in pairs),
        left=upstream[:, places.start : places.stop],
        right=seen[places.start : places.stop],
        product=upstream @ seen,
        starts=(rows.start, places.start, columns.start),
    )


def _joined(
    kernels: Sequence[tuple[KernelKind, str]], shape: tuple[int, ...], r: int, column: int, side: str
) -> Array:
    """δ of a filter, or what a weight of it saw, at all places of all calls."""
    index = (r, *(int(one) for one in np.unravel_index(column, shape[1:])))
    return np.concatenate([getattr(call, side)(name, index) for call, name in kernels])
