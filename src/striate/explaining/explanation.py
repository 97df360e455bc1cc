"""What `explain` found, as one frozen value that can be shown as a document."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.backward_path import BackwardPath
from striate.explaining.chain import Chain
from striate.explaining.checking import Check
from striate.explaining.kinds.catalogue import BY_KEY
from striate.explaining.loss import Answer, Loss
from striate.explaining.picture import Picture
from striate.explaining.pixels import Pixels
from striate.explaining.texts import Texts
from striate.explaining.unit import Unit, rectangle
from striate.explaining.weight_gradient import WeightGradient
from striate.numbers import by, number
from striate.pages import Block, Document, Paragraph, Section, Shown, Table, document_of
from striate.pages.languages import of_tables
from striate.plain_values import ToJson, to_plain

LABELS = ("contents", "skip")


@dataclass(frozen=True)
class LayerLine(ToJson):
    """One line of the overview."""

    name: str
    type: str
    shape: tuple[int, ...]
    kind: str | None
    """How it is worked out; None where it cannot be."""


@dataclass(frozen=True)
class Explanation(Shown):
    """The numbers behind a number. Parts that were not asked for are None or empty."""

    rows_in = "layers"

    subject: str
    inputs: tuple[str, ...]
    input_shape: tuple[int, ...]
    label: str | None
    answer: Answer | None
    """What the network says of the first input; None where it gives no scores."""
    layers: tuple[LayerLine, ...]
    picture: Array | None = field(repr=False)
    """(C, H, W) in [0, 255]: the first input, or a frame of it."""
    pixels: Pixels | None = None
    """The pixel in the middle of what was asked about; None where the input is no pixels."""
    unit: Unit | None = None
    loss: Loss | None = None
    gradient: WeightGradient | None = None
    chain: Chain | None = None
    through: BackwardPath | None = None
    pictures: tuple[Picture, ...] = ()
    language: str = "en"

    def to_json(self) -> dict[str, Any]:
        """Plain values; pictures as their numbers."""
        parts = [one.name for one in fields(self) if one.name not in ("picture", "language")]
        values: dict[str, Any] = to_plain({name: getattr(self, name) for name in parts})
        return values

    def to_html(self, language: str | None = None) -> str:
        """One self-contained page; language: "en" or "vi", by default the one that was asked for."""
        return super(Explanation, replace(self, language=language or self.language)).to_html()

    def checks(self) -> list[Check]:
        """Every comparison that stands behind the explanation."""
        found: list[Check | None] = [] if self.pixels is None else [self.pixels.check]
        if self.unit is not None:
            found += [self.unit.check, *(one.check for one in self.unit.after)]
        if self.loss is not None:
            found += self.loss.checks
        if self.gradient is not None:
            found += self.gradient.checks
            found += [] if self.gradient.update is None else [self.gradient.update.check]
        if self.chain is not None:
            found += [link.check for link in self.chain.links]
        if self.through is not None:
            found += [step.check for step in self.through.steps]
        return [check for check in found if check is not None]

    def sections(self, say: Texts) -> Iterator[Section]:
        """Everything that was found, in the order in which a reader needs it."""
        yield Section(say("overview.title"), tuple(self._overview(say)))
        if self.unit is not None:
            yield self.unit.section(say, self._receptive_field())
        if (
            self.loss is not None
            and self.answer is not None
            and (self.gradient or self.through or self.chain)
        ):
            yield self.loss.section(self.answer.classes, say)
        if self.chain is not None:
            yield self.chain.section(say)
        if self.gradient is not None:
            yield from self.gradient.sections(say)
        if self.through is not None:
            yield self.through.section(say)
        yield from (_picture_section(picture, say) for picture in self.pictures)
        if checks := self.checks():
            heads = say.heads("what", "numbers", "difference", "rounding")
            rows = [
                (say.sentence(one.what), f"{one.numbers:,}", f"{one.difference:.1e}", f"{one.rounding:.1e}")
                for one in checks
            ]
            table = Table.of_rows(say("checks.table"), heads, rows)
            yield Section(say("checks.title"), (Paragraph(say("checks.text")), table))

    def _overview(self, say: Texts) -> Iterator[Block]:
        facts = {"inputs": ", ".join(self.inputs[:8]), "shape": by(self.input_shape)}
        yield Paragraph(say("overview.input", subject=self.subject, **facts))
        if self.label is not None:
            yield Paragraph(say("overview.label", label=self.label))
        if self.pixels is not None:
            yield from self.pixels.blocks(say)
        if self.answer is not None:
            yield from self.answer.blocks(say)
        if self.unit is None:
            lines = tuple(
                (one.name, one.type, by(one.shape), _kind_name(one.kind, say)) for one in self.layers
            )
            heads = say.heads("layer", "type", "output", "worked_out")
            yield Table.of_rows(say("overview.layers"), heads, lines)

    def _receptive_field(self) -> Picture | None:
        """The input with a rectangle around what the unit sees."""
        mark = None if self.unit is None else rectangle(self.unit.receptive_field)
        if mark is None or self.picture is None:
            return None
        tile = self.picture if len(self.picture) == 3 else self.picture[0]
        return Picture("receptive_field", (tile,), ("",), marks=(mark,))


@document_of.register
def document(explanation: Explanation) -> Document:
    """The document in the explanation's language."""
    say = Texts(explanation.language)
    found = Document(
        title=say("title", subject=explanation.subject),
        subtitle=say("label.page"),
        language=say.language,
        sections=tuple(explanation.sections(say)),
        glossary=tuple(say.glossary.values()),
        glossary_title=say("glossary.title"),
        labels={name: say(f"label.{name}") for name in LABELS},
    )
    return of_tables(say.language).document(found)


def _kind_name(kind: str | None, say: Texts) -> str:
    return say("kind.unknown") if kind is None else say.of(BY_KEY[kind].texts)("name")


def _picture_section(picture: Picture, say: Texts) -> Section:
    facts = {name: _fact(value, say) for name, value in picture.facts.items()}
    caption = say(f"picture.{picture.kind}", **facts)
    low, high = (number(float(edge([edge(tile) for tile in picture.tiles]))) for edge in (np.min, np.max))
    alt = say("picture.alt", caption=caption, count=len(picture.tiles), low=low, high=high)
    return Section(say(f"picture.{picture.kind}.title", **facts), (picture.figure(caption, alt),))


def _fact(value: object, say: Texts) -> str:
    if value is None:
        return say("not_known")
    if isinstance(value, float):
        return number(value)
    return by(value) if isinstance(value, list | tuple) else say.sentence(str(value))
