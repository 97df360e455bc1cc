"""The chain rule in numbers: from the loss to one δ, each δ as its own sum over the numbers that it fed.

δ of a number is ∂L/∂(that number). What it fed are the outputs of the next layers that have a part of it, so

    δ[i] = Σ_k δ[k] · ∂y[k]/∂x[i]

and each δ[k] is such a sum itself, until the scores, where δ = (p − q)/N. The page follows the largest term.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.kinds.kind import Index
from striate.explaining.takers import takers_of
from striate.explaining.texts import Texts
from striate.numbers import by, number
from striate.pages import Block, Formula, Paragraph, Section, Table
from striate.pages.maths import Maths, factor, row, sub
from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord, Recorded

NAMED = 6
"""Terms of a δ that are named, the largest."""


@dataclass(frozen=True)
class Part(ToJson):
    """One term of a δ: an output that the number fed, δ there, and how that output changes with it."""

    layer: str
    place: Index
    delta: float
    slope: float

    @property
    def value(self) -> float:
        """δ · ∂y/∂x."""
        return self.delta * self.slope


@dataclass(frozen=True)
class Link(ToJson):
    """δ of one number as the sum of its terms."""

    layer: str
    place: Index
    delta: float
    parts: tuple[Part, ...]
    """The largest terms."""
    count: int
    rest: float
    """What all other terms add."""
    elsewhere: float
    """What came back by ways that are no layers, such as a function in `forward`; as torch computed it."""
    check: Check | None
    """None for the scores, which the loss is made of, and where only such ways lead on."""

    def blocks(self, say: Texts) -> Iterator[Block]:
        """δ = term + term …, and a row for every term that is named."""
        if not self.parts:
            facts = {"layer": self.layer, "place": by(self.place, ","), "delta": number(self.delta, 6)}
            yield Paragraph(say("chain.ends", **facts))
            return
        terms: list[Any] = []
        for number_of, part in enumerate(self.parts):
            terms += ["+"] * bool(number_of) + [factor(part.delta), "·", factor(part.slope)]
        others = self.rest + self.elsewhere
        terms += ["+", factor(others)] if self.count > len(self.parts) or self.elsewhere else []
        yield Formula(row(_delta(self.layer, self.place), "=", *terms, "=", number(self.delta, 6)))
        if self.count == 1:
            yield Paragraph(say("chain.one", layer=self.parts[0].layer, place=by(self.parts[0].place, ",")))
            return
        rows = tuple(
            (part.layer, by(part.place, ","), *(number(v, 5) for v in (part.delta, part.slope, part.value)))
            for part in self.parts
        )
        caption = say("chain.table", shown=len(self.parts), count=f"{self.count:,}")
        yield Table.of_rows(caption, say.heads("fed", "place", "upstream", "slope", "term"), rows)
        if self.count > len(self.parts):
            yield Paragraph(
                say("chain.rest", count=f"{self.count - len(self.parts):,}", sum=number(self.rest, 5))
            )
        if self.elsewhere:
            yield Paragraph(say("chain.elsewhere", value=number(self.elsewhere, 5)))


@dataclass(frozen=True)
class Chain(ToJson):
    """The links from a number to the scores, the number first."""

    links: tuple[Link, ...]
    scores: bool
    """Whether the last link is a score of the network."""

    def section(self, say: Texts) -> Section:
        """From the loss back: the scores first."""
        first = self.links[0]
        title = say("chain.title", layer=first.layer, place=by(first.place, ","))
        return Section(title, tuple(self._blocks(say)))

    def _blocks(self, say: Texts) -> Iterator[Block]:
        yield Paragraph(say("chain.text"))
        back = list(reversed(self.links))
        if self.scores:
            place = by(back[0].place, ",")
            yield Paragraph(
                say("chain.scores", layer=back[0].layer, place=place, delta=number(back[0].delta, 6))
            )
        for link in back[self.scores :]:
            yield from link.blocks(say)


def explain_chain(recorded: Recorded, record: LayerRecord, place: Index) -> Chain:
    """From the number at `place` of a layer's output along the largest terms to the scores.

    Raises NetworkError for a number that has no part in the loss.
    """
    links: list[Link] = []
    at: tuple[LayerRecord, Index] | None = (record, place)
    while at is not None:
        one, index = at
        link, at = _link(recorded, one, index)
        links.append(link)
    last = recorded.named(links[-1].layer)
    ends = last.output.shape == recorded.output.shape and torch.equal(last.output, recorded.output)
    return Chain(tuple(links), ends and not links[-1].parts)


def explain_delta(recorded: Recorded, record: LayerRecord, place: Index) -> Link:
    """δ of one number as the sum of its terms. Raises NetworkError for one that has no part in the loss."""
    return _link(recorded, record, place)[0]


def _link(
    recorded: Recorded, record: LayerRecord, index: Index
) -> tuple[Link, tuple[LayerRecord, Index] | None]:
    """δ of a number, and the number of the largest term, where there is one."""
    if record.upstream is None:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    delta = float(as_array(record.upstream[index]))
    takers = takers_of(recorded, record, index)
    terms = [(taker, fed) for taker, at in takers for fed in [kind_of(taker).fed(at)]]
    parts: list[tuple[float, LayerRecord, Part]] = []
    for taker, fed in terms:
        assert taker.upstream is not None
        upstream = as_array(taker.upstream[tuple(fed.places.T)])
        order = np.argsort(-np.abs(upstream * fed.slopes), kind="stable")[:NAMED]
        for k in order.tolist():
            part = Part(taker.title, tuple(fed.places[k].tolist()), float(upstream[k]), float(fed.slopes[k]))
            parts.append((-abs(part.value), taker, part))
    parts = sorted(parts, key=lambda found: found[0])[:NAMED]
    products = [_products(taker, fed) for taker, fed in terms]
    total = float(sum(one.sum() for one in products))
    came = sum(_came(*pair, float(one.sum())) for pair, one in zip(takers, products, strict=True))
    sizes = [kind_of(taker).fed_size(at, one) for (taker, at), one in zip(takers, products, strict=True)]
    count = sum(one.size for one in products)
    roundings = count + max((more for more, _ in sizes), default=0)
    allowed = float(rounding(record.upstream, roundings, sum(size for _, size in sizes) + abs(came)))
    check = compare(f"δ of {record.title}[{by(index, ', ')}]", total, came, allowed) if terms else None
    elsewhere = delta - came
    link = Link(
        layer=record.title,
        place=index,
        delta=delta,
        parts=tuple(part for _, _, part in parts),
        count=count,
        rest=total - sum(part.value for _, _, part in parts),
        elsewhere=0.0 if not terms or abs(elsewhere) <= 4 * allowed else elsewhere,
        check=check,
    )
    onward = [(taker, part.place) for _, taker, part in parts if part.value]
    return link, onward[0] if onward else None


def _came(taker: LayerRecord, at: Index, total: float) -> float:
    """What torch sent back by way of one layer; of its outputs alone where it gave a state, too."""
    assert taker.input_gradient is not None
    others = any(one is not None for one in taker.further_upstream)
    return total if others else float(as_array(taker.input_gradient[at]))


def _products(taker: LayerRecord, fed: Any) -> Array:
    """Every term of what comes back by way of one layer."""
    assert taker.upstream is not None
    products: Array = as_array(taker.upstream[tuple(fed.places.T)]) * fed.slopes
    return products


def _delta(layer: str, place: Index) -> Maths:
    """δ with its layer and place."""
    return sub("δ", layer, *map(str, place))
