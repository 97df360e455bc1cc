"""The gradient of one weight, and its update, as paragraphs, formulas and tables."""

from collections.abc import Iterator

from striate.derivation import Term
from striate.derivation.shapes import Array
from striate.explaining.gradient import WeightGradient
from striate.explaining.pages.drawing import Drawn
from striate.explaining.pictures.picture import Picture
from striate.explaining.texts.catalogue import Texts
from striate.explaining.updating import Update
from striate.numbers import by, number
from striate.pages import Block, Figure, Formula, Grid, Paragraph, Table
from striate.pages.document import planes_of
from striate.pages.maths import Maths, over, partial, power, root, row, sub, sum_of, total

SIDE, SAMPLES = 8, 4
"""Terms of a map up to this side, and of so many samples, are shown in numbers; larger ones as a picture."""


def gradient_blocks(gradient: WeightGradient, say: Texts) -> Iterator[Block]:
    """The sum of terms, the largest of them, and the same number in the matrix product."""
    weight = sub("w", *map(str, gradient.index))
    yield Paragraph(say("gradient.text", count=f"{gradient.count:,}"))
    yield Formula(row(partial("L", "w"), "=", _general(gradient)))
    largest = gradient.largest()
    rows = tuple(_term(layer, term) for layer, term in largest)
    heads = say.heads(
        "layer", "sample", "output_position", "input_position", "upstream", "input_value", "term"
    )
    yield Table.of_rows(say("gradient.largest", shown=len(rows), count=f"{gradient.count:,}"), heads, rows)
    four = [term.value for _, term in largest[:4]]
    rest = gradient.total - sum(four)
    yield Formula(row(partial("L", weight), "=", sum_of([*four, rest]), "=", number(gradient.total, 6)))
    yield Paragraph(
        say("gradient.rest", shown=len(four), rest=f"{gradient.count - len(four):,}", sum=number(rest, 5))
    )
    yield from _all_terms(gradient, say)
    yield from _samples(gradient, say)
    yield from _matrix(gradient, say)
    if gradient.kernel.ndim:
        for frame, matrices in enumerate(planes_of(gradient.kernel)):
            key = "gradient.kernel_frame" if gradient.kernel.ndim == 3 else "gradient.kernel"
            yield Grid(say(key, frame=frame), (say("grid.gradient"),), matrices)


def _all_terms(gradient: WeightGradient, say: Texts) -> Iterator[Block]:
    """δ × input = terms, place by place: in numbers where they are few, as a picture where they are not."""
    names = (say("grid.upstream"), say("grid.input"), say("grid.terms"))
    for use in gradient.uses:
        terms = use.terms
        if terms.values.ndim != 3:
            continue
        if max(terms.values.shape[1:]) > SIDE:
            pictures = tuple(terms.values[:SAMPLES])
            caption = say("gradient.picture", layer=use.layer)
            names_of = tuple(map(str, range(len(pictures))))
            yield Figure(caption, caption, Drawn(Picture("terms", pictures, names_of, signed=True)))
            continue
        for sample in range(min(SAMPLES, len(terms.values))):
            matrices = (terms.upstream[sample], terms.seen[sample], terms.values[sample])
            yield Grid(say("gradient.all", layer=use.layer, sample=sample), names, matrices, ("×", "="))


def _term(layer: str, term: Term) -> tuple[str, ...]:
    places = (",".join(map(str, place)) or "–" for place in (term.output_position, term.input_position))
    numbers = (number(one, 5) for one in (term.upstream, term.seen, term.value))
    return (layer, str(term.sample), *places, *numbers)


def _general(gradient: WeightGradient) -> Maths:
    if gradient.kind == "fully_connected":
        return total("n", row(sub("δ", "n", "o"), "·", sub("x", "n", "i")))
    seen = sub("x", "n", "c", row("i", "·", "s", "+", "u", "·", "d"))
    return total("n,i", row(sub("δ", "n", "o", "i"), "·", seen))


def _samples(gradient: WeightGradient, say: Texts) -> Iterator[Block]:
    """The part of each sample, where there are several, and of each call of a shared layer."""
    several = len(gradient.uses) > 1
    rows = tuple(
        (use.layer, str(sample), number(float(value), 6))
        for use in gradient.uses
        for sample, value in enumerate(use.terms.per_sample)
    )
    if len(rows) > 1 or several:
        yield Table.of_rows(say("gradient.samples"), say.heads("layer", "sample", "sum"), rows)


def _matrix(gradient: WeightGradient, say: Texts) -> Iterator[Block]:
    entry = gradient.entry
    yield Formula(row(partial("L", "W"), "=", "δ", "·", power("U", "T")))
    yield Paragraph(
        say(
            "gradient.matrix",
            delta=by(entry.delta_shape),
            patches=by(entry.patches_shape),
            row=entry.row,
            column=entry.column,
            value=number(entry.value, 6),
        )
    )


def update_blocks(gradient: WeightGradient, update: Update, say: Texts) -> Iterator[Block]:
    """The rule with its numbers, old → new, and the whole kernel."""
    yield Paragraph(say("update.text", rule=update.rule, steps=update.steps))
    settings = tuple(
        (say(f"setting.{name}"), number(float(value), 6)) for name, value in update.settings.items()
    )
    yield Table.of_rows(say("update.settings"), say.heads("setting", "value"), settings)
    if update.clip < 1:
        yield Paragraph(say("update.clip", factor=number(update.clip)))
    for formula in _rule(update):
        yield Formula(formula)
    before, after = update.memory, update.memory_after
    rows = tuple(
        (name, number(_one(before.get(name), update)), number(_one(after[name], update))) for name in after
    )
    if rows:
        yield Table.of_rows(say("update.memory"), say.heads("memory", "before", "after"), rows)
    old, new = float(update.old[update.at]), float(update.new[update.at])
    weight = sub("w", *map(str, gradient.index))
    yield Formula(row(weight, ":", " ", number(old, 8), "→", number(new, 8)))
    yield Paragraph(say("update.change", old=number(old, 8), new=number(new, 8), change=number(new - old, 4)))
    if update.old.ndim:
        names = (say("grid.old"), say("grid.step"), say("grid.new"))
        for frame, matrices in enumerate(planes_of(update.old, update.new - update.old, update.new)):
            yield Grid(say("update.kernel", frame=frame), names, matrices, ("+", "="))


def _one(memory: Array | None, update: Update) -> float:
    if memory is None or not memory.ndim:
        return 0.0
    return float(memory[update.at])


def _rule(update: Update) -> list[Maths]:
    """The update's formulas, in the notation of `derivation.updates`."""
    w, g = "w", "g"
    decay = bool(update.settings["weight_decay"])
    if update.rule.startswith("Adam"):
        hats = over(
            over("m", row("1", "−", power("β₁", "t"))),
            row(root(over("v", row("1", "−", power("β₂", "t")))), "+", "ε"),
        )
        old = row(w, "·", "(", "1", "−", "η", "λ", ")") if decay and update.rule == "AdamW" else row(w)
        return [
            row("m", "←", "β₁", "m", "+", "(", "1", "−", "β₁", ")", g),
            row("v", "←", "β₂", "v", "+", "(", "1", "−", "β₂", ")", power(g, "2")),
            row(w, "←", old, "−", "η", "·", hats),
        ]
    pull = [row(g, "←", g, "+", "λ", w)] if decay else []
    if update.rule == "gradient descent":
        return [*pull, row(w, "←", w, "−", "η", g)]
    ahead = row("(", g, "+", "μ", "v", ")") if update.rule == "Nesterov" else row("v")
    return [*pull, row("v", "←", "μ", "v", "+", "(", "1", "−", "τ", ")", g), row(w, "←", w, "−", "η", ahead)]
