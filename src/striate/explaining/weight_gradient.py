"""The gradient of one weight as its sum of terms, and as one entry of a matrix product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from striate.derivation import Term
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.gradient_terms import (
    Calls,
    Example,
    MatrixForm,
    Use,
    example,
    matrix_form,
    place_of_largest,
)
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.kinds.kind import Kind
from striate.explaining.texts import Texts
from striate.explaining.unit import expect_index
from striate.explaining.update import Update
from striate.numbers import by, number
from striate.pages import Block, Formula, Grid, Paragraph, Section, Table
from striate.pages.document import planes_of
from striate.pages.maths import Maths, partial, row, sub, sum_of, total
from striate.plain_values import ToJson
from striate.tracing.layer_record import LayerRecord, Recorded

LARGEST = 8
"""Terms that are named."""


@dataclass(frozen=True)
class WeightGradient(ToJson):
    """∂L/∂w of one weight. `index` is (filter, channel within its group, *kernel position)."""

    in_json = """layer parameter weight=index weight_shape=shape count total largest=uses uses example
        matrix_entry=matrix kernel checks update"""

    layer: str
    kind: str
    index: tuple[int, ...]
    shape: tuple[int, ...]
    formula: Maths
    """∂L/∂w as a sum, for any weight."""
    uses: tuple[Use, ...]
    total: float
    matrix: MatrixForm | None
    """None for what is no kernel's: a bias, γ, β."""
    kernel: Array
    """The gradient of all weights of this kernel: (*kernel)."""
    checks: tuple[Check, ...]
    parameter: str = "weight"
    example: Example | None = None
    update: Update | None = None

    @property
    def count(self) -> int:
        """Number of terms."""
        return sum(use.terms.values.size for use in self.uses)

    @property
    def symbol(self) -> str:
        """What the parameter is called in formulas."""
        return "b" if self.parameter.startswith("bias") else "w"

    def largest(self, count: int = LARGEST) -> list[tuple[str, Term]]:
        """The terms of largest size over all uses: (layer, term)."""
        named = [(use.layer, term) for use in self.uses for term in use.terms.largest(count)]
        return sorted(named, key=lambda pair: -abs(pair[1].value))[:count]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        largest = [{"layer": layer, **term._asdict()} for layer, term in self.largest()]
        return super().to_json() | {"largest": largest}

    def sections(self, say: Texts) -> Iterator[Section]:
        """The sum of terms and the same number in the matrix product; then the update."""
        facts = {"parameter": self.parameter, "index": by(self.index, ",")}
        title = say("gradient.title", layer=self.layer, **facts)
        yield Section(title, tuple(self._blocks(say)))
        if self.update is not None:
            yield self.update.section(self.index, say)

    def _blocks(self, say: Texts) -> Iterator[Block]:
        yield Paragraph(say("gradient.text", count=f"{self.count:,}"))
        yield Formula(row(partial("L", self.symbol), "=", self.formula))
        if self.example is not None:
            weight = sub(self.symbol, *map(str, self.index))
            yield from self.example.blocks(weight, partial("L", weight), say)
        yield from self._largest(say)
        for use in self.uses:
            yield from use.blocks(say)
        yield from self._samples(say)
        if self.matrix is not None:
            yield from self.matrix.blocks(say)
        if self.kernel.ndim:
            key = "gradient.kernel_frame" if self.kernel.ndim == 3 else "gradient.kernel"
            for frame, matrices in enumerate(planes_of(self.kernel)):
                yield Grid(say(key, frame=frame), (say("grid.gradient"),), matrices)

    def _largest(self, say: Texts) -> Iterator[Block]:
        """The largest terms, and the sum of the others."""
        largest = self.largest()
        heads = say.heads(
            "layer", "sample", "output_position", "input_position", "upstream", "input_value", "term"
        )
        caption = say("gradient.largest", shown=len(largest), count=f"{self.count:,}")
        yield Table.of_rows(caption, heads, tuple(_cells(layer, term) for layer, term in largest))
        four = [term.value for _, term in largest[:4]]
        others = self.count - len(four)
        rest = [self.total - sum(four)] * (others > 0)
        weight = sub(self.symbol, *map(str, self.index))
        yield Formula(row(partial("L", weight), "=", sum_of([*four, *rest]), "=", number(self.total, 6)))
        for sum_ in rest:
            facts = {"shown": len(four), "rest": f"{others:,}", "sum": number(sum_, 5)}
            yield Paragraph(say("gradient.rest", **facts))

    def _samples(self, say: Texts) -> Iterator[Block]:
        """The part of each sample, where there are several, and of each call of a shared layer."""
        rows = tuple(
            (use.layer, str(sample), number(float(value), 6))
            for use in self.uses
            for sample, value in enumerate(use.terms.per_sample)
        )
        if len(rows) > 1:
            yield Table.of_rows(say("gradient.samples"), say.heads("layer", "sample", "sum"), rows)


def _cells(layer: str, term: Term) -> tuple[str, ...]:
    """A term as a row of a table."""
    places = (by(place, ",") or "–" for place in (term.output_position, term.input_position))
    numbers = (number(value, 5) for value in (term.upstream, term.seen, term.value))
    return (layer, str(term.sample), *places, *numbers)


def explain_gradient(
    recorded: Recorded, record: LayerRecord, index: Sequence[int], parameter: str = "weight"
) -> WeightGradient:
    """The gradient of one number of a parameter, over every call that uses it, compared with autograd's."""
    kind, chosen = kind_of(record), tuple(index)
    axes = kind.learned.get(parameter)
    if axes is None:
        raise NetworkError(_cannot_ask(recorded, record, kind, parameter))
    shape = tuple(record.parameters[parameter].shape)
    expect_index(record.title, parameter, chosen, shape, axes)
    if record.layer._parameters.get(parameter) is None:
        own = ", ".join(name for name, _ in record.layer.named_parameters()) or "none"
        raise NetworkError(
            f"{record.title}.{parameter} is worked out of other parameters ({own}), so it is not what is "
            "learned: ask for its output, or take the parametrization away first"
        )
    sharing = [(one, name) for one, name in recorded.sharing(record, parameter) if one.upstream is not None]
    if not sharing:
        raise NetworkError(f"{record.title} has no part in the loss: no gradient reaches it")
    calls = [(kind_of(one), name) for one, name in sharing]
    uses = tuple(Use(call.record.title, call.terms(name, chosen)) for call, name in calls)
    theirs = gradient_by_torch(recorded, record, parameter)
    whole_sum = sum(use.terms.total for use in uses)
    what, one_number = f"∂L/∂{record.name}.{parameter}", float(as_array(theirs[chosen]))
    allowed = _allowed(theirs, calls, chosen)
    checks = [compare(f"{what}{list(chosen)}", whole_sum, one_number, allowed)]
    matrix = matrix_form(calls, uses, shape)
    if matrix is not None:
        checks.append(compare(f"{what}{list(chosen)} as an entry of δ·U", matrix.value, one_number, allowed))
    kernel = np.array(whole_sum)
    if len(shape) > 2:
        kernel, sizes = _kernel(calls, chosen, shape)
        count = sum(use.terms.values.size for use in uses)
        whole = as_array(theirs[chosen[:2]])
        checks.append(compare(f"{what}, the whole kernel", kernel, whole, rounding(theirs, count, sizes)))
    formula = (
        kind.gradient_formula if isinstance(kind, KernelKind) and parameter == "weight" else _formula(uses)
    )
    return WeightGradient(
        record.title,
        kind.key,
        chosen,
        shape,
        formula,
        uses,
        whole_sum,
        matrix,
        kernel,
        tuple(checks),
        parameter,
        example(recorded, uses, calls, chosen),
    )


def _cannot_ask(recorded: Recorded, record: LayerRecord, kind: Kind, parameter: str) -> str:
    """Why a layer's parameter cannot be asked for, and which ones can."""
    if kind.learned:
        own = ", ".join(kind.learned)
        return f"{record.title} has no parameter {parameter} that could be taken apart: give one of {own}"
    others = [one.title for one in recorded.layers if one.whole and one.parameters and _learns(one)]
    return (
        f"{record.title} is a {type(record.layer).__name__}: it has no weights whose gradient could be taken "
        f"apart; name a layer that has some: {', '.join(others) or 'this network has none'}"
    )


def _learns(record: LayerRecord) -> bool:
    try:
        return bool(kind_of(record).learned)
    except NetworkError:
        return False


def _allowed(theirs: Tensor, calls: Calls, index: tuple[int, ...]) -> float:
    """What rounding may do to the sum of all terms."""
    found = [(call.terms(name, index), call, name) for call, name in calls]
    sizes = [call.terms_size(name, terms) for terms, call, name in found]
    count = sum(terms.values.size for terms, _, _ in found) + max(more for more, _ in sizes)
    return float(rounding(theirs, count, sum(size for _, size in sizes)))


def _formula(uses: Sequence[Use]) -> Maths:
    """Σ δ · what the parameter met; a bias meets the constant 1."""
    ones = all((use.terms.seen == 1).all() for use in uses)
    delta = sub("δ", "n", "i")
    return total("n,i", delta if ones else row(delta, "·", sub("x", "n", "i")))


def gradient_by_torch(recorded: Recorded, record: LayerRecord, parameter: str = "weight") -> Tensor:
    """∂L/∂parameter of a layer, over all calls that use it; of a network that is itself the layer, too."""
    return recorded.parameter_gradients[parameter_name(recorded, record, parameter)]


def parameter_name(recorded: Recorded, record: LayerRecord, parameter: str = "weight") -> str:
    """What the network calls a layer's parameter; one that is itself the layer has no name before it."""
    name = f"{record.name}.{parameter}"
    return name if name in recorded.parameter_gradients else parameter


def _kernel(calls: Calls, index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The gradient of every weight of one kernel, and Σ|term| of each."""
    sums, sizes = np.zeros(shape[2:]), np.zeros(shape[2:])
    for call, name in calls:
        found = call.kernel_sums(name, index)
        sums, sizes = sums + found[0], sizes + found[1]
    return sums, sizes


def start_of_chain(
    recorded: Recorded, gradient: WeightGradient
) -> tuple[LayerRecord, tuple[int, ...]] | None:
    """The number whose δ stands in the largest term."""
    use = max(gradient.uses, key=lambda one: np.abs(one.terms.values).max())
    record = recorded.named(use.layer)
    place = place_of_largest(kind_of(record), gradient.parameter, gradient.index, use.terms)
    return None if place is None else (record, place)
