"""From an explanation to a document in one language."""

from collections.abc import Iterator, Sequence

import numpy as np

from striate.explaining.checking import Check
from striate.explaining.explanation import Explanation
from striate.explaining.gradient import WeightGradient
from striate.explaining.layers.unit import Unit
from striate.explaining.loss import Loss, strongest
from striate.explaining.pages.drawing import Drawn
from striate.explaining.pages.writing_gradient import gradient_blocks, update_blocks
from striate.explaining.pages.writing_unit import unit_blocks, unit_title
from striate.explaining.pictures.picture import Picture
from striate.explaining.texts.catalogue import Texts
from striate.explaining.through import Step, Through
from striate.numbers import by, number, percent
from striate.pages import Block, Document, Figure, Formula, Paragraph, Section, Table, document_of
from striate.pages.maths import as_maths, partial, row, sub, total

LABELS = ("contents", "skip")


@document_of.register
def document(explanation: Explanation) -> Document:
    """Everything that was found, in the order in which a reader needs it."""
    say = Texts(explanation.language)
    sections = [Section(say("overview.title"), tuple(_overview(explanation, say)))]
    if explanation.unit is not None:
        blocks = unit_blocks(explanation.unit, say, _input_picture(explanation))
        sections.append(Section(unit_title(explanation.unit, say), tuple(blocks)))
    if explanation.loss is not None and (explanation.gradient or explanation.through):
        sections.append(Section(say("loss.title"), tuple(_loss(explanation.loss, explanation, say))))
    sections += _gradient_sections(explanation.gradient, say)
    if explanation.through is not None:
        title = say("through.title", layer=explanation.through.layer)
        sections.append(Section(title, tuple(_through(explanation.through, say))))
    sections += [_picture(one, say) for one in explanation.pictures]
    checks = list(checks_of(explanation))
    if checks:
        sections.append(Section(say("checks.title"), tuple(_checks(checks, say))))
    return Document(
        title=say("title", subject=explanation.subject),
        subtitle=say("label.page"),
        language=explanation.language,
        sections=tuple(sections),
        glossary=tuple(say.glossary.values()),
        glossary_title=say("glossary.title"),
        labels={name: say(f"label.{name}") for name in LABELS},
    )


def _gradient_sections(gradient: WeightGradient | None, say: Texts) -> list[Section]:
    if gradient is None:
        return []
    index = ",".join(map(str, gradient.index))
    title = say("gradient.title", layer=gradient.layer, index=index)
    sections = [Section(title, tuple(gradient_blocks(gradient, say)))]
    if gradient.update is not None:
        blocks = update_blocks(gradient, gradient.update, say)
        sections.append(Section(say("update.title", rule=gradient.update.rule), tuple(blocks)))
    return sections


def _overview(explanation: Explanation, say: Texts) -> Iterator[Block]:
    shape = by(explanation.input_shape)
    yield Paragraph(
        say(
            "overview.input",
            subject=explanation.subject,
            inputs=", ".join(explanation.inputs[:8]),
            shape=shape,
        )
    )
    if explanation.label is not None:
        yield Paragraph(say("overview.label", label=explanation.label))
    if explanation.ranking:
        rows = tuple((name, percent(share)) for name, share in explanation.ranking)
        yield Table.of_rows(say("overview.ranking"), say.heads("class", "probability"), rows)
    if explanation.unit is None:
        lines = tuple(
            (one.name, one.type, by(one.shape), say(f"kind.{one.kind}") if one.kind else say("kind.unknown"))
            for one in explanation.layers
        )
        yield Table.of_rows(say("overview.layers"), say.heads("layer", "type", "output", "worked_out"), lines)


def _input_picture(explanation: Explanation) -> Picture | None:
    """The input with a frame around what the unit sees."""
    unit, picture = explanation.unit, explanation.picture
    if unit is None or unit.seen is None or picture is None or len(unit.seen.inside) < 2:
        return None
    rows, columns = unit.seen.inside[-2:]
    if rows is None or columns is None:
        return None
    tile = picture.astype(float)
    mark = (rows[0], columns[0], rows[1], columns[1])
    return Picture("seen", (tile if len(tile) == 3 else tile[0],), ("",), marks=(mark,))


def _loss(loss: Loss, explanation: Explanation, say: Texts) -> Iterator[Block]:
    yield Paragraph(say("loss.text", samples=len(loss.each), smoothing=number(loss.terms.smoothing)))
    p, q, z = (sub(name, "k") for name in "pqz")
    yield Formula(row(p, "=", as_maths("softmax"), "(", sub("z", "k"), ")"))
    yield Formula(row("L", "=", "−", total("k", row(q, "·", "log", " ", p)), "=", number(loss.value, 6)))
    yield Formula(row(partial("L", z), "=", "(", p, "−", q, ")", "/", "N"))
    named = [name for name, _ in explanation.ranking]
    order = strongest(loss.probabilities[0], len(named) or 5)
    rows = tuple(
        (
            name,
            *(
                number(float(a[0, k]), 5)
                for a in (loss.scores, loss.probabilities, loss.targets, loss.gradient)
            ),
        )
        for name, k in zip(named, order, strict=False)
    )
    yield Table.of_rows(
        say("loss.table"), say.heads("class", "score", "probability", "target", "gradient"), rows
    )
    if len(loss.each) > 1:
        each = tuple((str(n), number(float(value), 6)) for n, value in enumerate(loss.each))
        yield Table.of_rows(say("loss.samples"), say.heads("sample", "loss"), each)


def _through(through: Through, say: Texts) -> Iterator[Block]:
    yield Paragraph(say("through.text", layer=through.layer))
    first, last = through.steps[0].layer, through.layer
    yield Formula(
        row(partial("L", sub("y", last)), "=", partial("L", sub("y", first)), "·",
            partial(f"y[{first}]", sub("y", "…")), "·", "…", "·", partial("y[…]", sub("y", last)))
    )  # fmt: skip
    rows = tuple(_step(one) for one in through.steps)
    heads = say.heads(
        "layer", "type", "shape", "norm", "mean_size", "largest", "zeros", "factor", "difference"
    )
    yield Table.of_rows(say("through.table"), heads, rows)
    yield Paragraph(say(f"through.{through.verdict}", ratio=number(through.ratio, 3)))


def _step(one: Step) -> tuple[str, ...]:
    sizes = (number(one.norm), number(one.mean_size), number(one.largest), percent(one.zeros, 1))
    difference = "–" if one.check is None else f"{one.check.difference:.1e}"
    return (one.layer, one.type, by(one.shape), *sizes, f"×{number(one.factor, 3)}", difference)


def _picture(picture: Picture, say: Texts) -> Section:
    facts = {name: _told(value, say) for name, value in picture.facts.items()}
    caption = say(f"picture.{picture.kind}", **facts)
    tiles = [np.asarray(one) for one in picture.tiles]
    low, high = (number(float(f([f(one) for one in tiles]))) for f in (np.min, np.max))
    alt = say("picture.alt", caption=caption, count=len(tiles), low=low, high=high)
    return Section(say(f"picture.{picture.kind}.title", **facts), (Figure(caption, alt, Drawn(picture)),))


def _told(value: object, say: Texts) -> str:
    if value is None:
        return say("not_known")
    if isinstance(value, float):
        return number(value)
    return by(value) if isinstance(value, list | tuple) else str(value)


def checks_of(explanation: Explanation) -> Iterator[Check]:
    """Every comparison that stands behind the explanation."""
    unit: Unit | None = explanation.unit
    if unit is not None:
        yield unit.check
        yield from (one.check for one in unit.after)
    if explanation.loss is not None:
        yield from explanation.loss.checks
    if explanation.gradient is not None:
        yield from explanation.gradient.checks
        if explanation.gradient.update is not None:
            yield explanation.gradient.update.check
    if explanation.through is not None:
        yield from (one.check for one in explanation.through.steps if one.check is not None)


def _checks(checks: Sequence[Check], say: Texts) -> Iterator[Block]:
    yield Paragraph(say("checks.text"))
    rows = tuple(
        (one.what, f"{one.numbers:,}", f"{one.difference:.1e}", f"{one.rounding:.1e}") for one in checks
    )
    yield Table.of_rows(say("checks.table"), say.heads("what", "numbers", "difference", "rounding"), rows)
