"""The layers of a network as a table, for a terminal, a page, a README or a spreadsheet."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from striate.arithmetic.described import Figure, Status, total
from striate.arithmetic.receptive.summary import ReceptiveField
from striate.inspecting.layers import Layer
from striate.numbers import by, bytes_of, count, counted, percent, scaled, seconds
from striate.pages import Cell, Column, Table
from striate.pages.shown import csv_text
from striate.pages.table import AT_BRACKETS, AT_DOTS, AT_EQUALS, AT_JOINTS

COLOURS = {
    "conv": "#3f7cc4", "pool": "#d9822b", "linear": "#4c9a5b", "recurrent": "#8a5bb5", "attention": "#b5527f",
    "join": "#5f6b78", "other": "#9aa3ad",
    "input": "#c0c7ce",
}  # fmt: skip
NAMES = {
    "conv": "convolution", "pool": "pooling", "linear": "fully connected", "recurrent": "recurrent",
    "attention": "attention", "join": "branches joined", "other": "other", "input": "the input",
}  # fmt: skip

_EXACTLY = {
    "matmul": "linear", "mean": "pool", "concatenate": "join", "add": "join",
    "lstm": "recurrent", "gru": "recurrent", "rnn_tanh": "recurrent", "rnn_relu": "recurrent",
}  # fmt: skip


def family(kind: str) -> str:
    """The family of a kind of layer.

    >>> family("conv2d"), family("adaptive_avg_pool2d"), family("gru"), family("relu")
    ('conv', 'pool', 'recurrent', 'other')
    """
    named = (name for name in ("conv", "pool", "linear", "attention") if name in kind)
    return next(named, _EXACTLY.get(kind, "other"))


MINOR = frozenset(
    {"reshape", "transpose", "permute", "expand", "slice", "select", "unsqueeze", "squeeze", "clone"}
)
"""Kinds that only move elements: rows of their own where they are asked for."""
ELSEWHERE = "--html"
MARKS = {Status.EXACT: "", Status.BOUND: "≤ ", Status.UNKNOWN: "? "}
STATUSES = {status.word: mark for status, mark in MARKS.items()}

CSV_FIELDS = (
    "name", "kind", "call", "filters", "kernels", "parameters", "weights", "biases", "trainable", "frozen",
    "formula", "macs", "flops", "activation_bytes", "parameter_bytes", "bytes_moved", "intensity", "seconds",
    "share", "output_shape", "backward_macs", "kept_bytes", "backward_seconds",
)  # fmt: skip
CSV_RECEPTIVE_FIELD = ("size", "jump", "start", "center", "status")


def layer_table(layers: Sequence[Layer], caption: str = "", *, timed: bool, backward: bool = False) -> Table:
    """One row per layer; times only where they were measured, the backward pass where it was asked for."""

    def column(
        head: str, cell: Callable[[Layer], Cell | str], *, left: bool = False, rank: int = 0, breaks: str = ""
    ) -> Column:
        return Column.of(head, layers, cell, left=left, rank=rank, breaks=breaks)

    most_held = max((layer.parameters for layer in layers), default=0) or 1
    most_macs = max((layer.macs.value for layer in layers), default=0) or 1

    def parameters(layer: Layer) -> Cell:
        text = layer.formula or ("shared" if layer.shared else "")
        return _bar(text, layer.parameters / most_held, "linear")

    def macs(figure: Figure) -> Cell:
        text = "" if figure.status is Status.EXACT and not figure.value else figure_text(figure)
        return _bar(text, figure.value / most_macs, "conv")

    columns = [
        column("layer", name_of, left=True, breaks=AT_DOTS),
        column("kind", _kind, left=True, rank=4, breaks=AT_JOINTS),
        column("output", lambda layer: by(layer.output_shape), rank=3),
        column("filters\N{NO-BREAK SPACE}· kernels", _kernels, rank=8),
        column("parameters", parameters, rank=1, breaks=AT_EQUALS),
        *_fields(layers, column),
        column("jump", lambda layer: _jump(layer.receptive_field), rank=5),
        column("MACs", lambda layer: macs(layer.macs), breaks=AT_BRACKETS),
        column("activations", lambda layer: _bytes(layer.activation_bytes), rank=7),
    ]
    if backward:
        back = column(
            "MACs\N{NO-BREAK SPACE}back", lambda layer: macs(layer.backward_macs), breaks=AT_BRACKETS
        )
        columns += [back, column("kept", lambda layer: _bytes(layer.kept_bytes), rank=2)]
    if timed:
        columns.append(column("time", _time, rank=1))
        if backward and any(layer.backward_seconds is not None for layer in layers):
            columns.append(column("time\N{NO-BREAK SPACE}back", _time_back, rank=1))
        columns.append(column("share", lambda layer: percent(layer.share, 1), rank=6))
    return Table(caption, tuple(columns), elsewhere=ELSEWHERE)


def _fields(layers: Sequence[Layer], column: Callable[..., Column]) -> list[Column]:
    """The field in the main input, and what of it lies inside; of several inputs the field in each."""
    names = list(layers[0].receptive_fields) if layers else []
    if not names:
        return [
            column(
                "receptive field", lambda layer: size_text(layer.receptive_field), rank=2, breaks=AT_BRACKETS
            ),
            column("in the input", lambda layer: _inside(layer.receptive_field), rank=9),
        ]
    return [
        column(
            f"receptive field in\N{NO-BREAK SPACE}{name}",
            lambda layer, name=name: size_text(layer.receptive_fields[name]),
            rank=2 + (place > 0),
            breaks=AT_BRACKETS,
        )
        for place, name in enumerate(names)
    ]


def shown(layers: Sequence[Layer], depth: int | None, moves: bool) -> list[Layer]:
    """The layers that a table has rows for. depth: one row per module there; moves: also what only moves."""
    chosen = [layer for layer in layers if moves or layer.type or layer.kind not in MINOR]
    return chosen if depth is None else folded(chosen, depth)


def folded(layers: Sequence[Layer], depth: int) -> list[Layer]:
    """One row per module at `depth` parts of a name: its layers' sums; output and field of its last one."""
    modules: dict[str, list[Layer]] = {}
    for layer in layers:
        modules.setdefault(".".join(layer.name.split(".")[:depth]), []).append(layer)
    return [inside[0] if len(inside) == 1 else _sum(name, inside) for name, inside in modules.items()]


def _sum(name: str, layers: Sequence[Layer]) -> Layer:
    """A module's layers as one row."""
    own = sum(layer.parameters for layer in layers)
    timed = layers[0].seconds is not None
    return replace(
        layers[-1],
        name=name,
        call=1,
        kind=counted(len(layers), "layer"),
        filters=None,
        kernels=None,
        formula=count(own) if own else "",
        shared=(),
        macs=total(layer.macs for layer in layers),
        activation_bytes=sum(layer.activation_bytes for layer in layers),
        backward_macs=total(layer.backward_macs for layer in layers),
        kept_bytes=sum(layer.kept_bytes for layer in layers),
        backward_seconds=_sum_of(layer.backward_seconds for layer in layers),
        seconds=sum(layer.seconds or 0 for layer in layers) if timed else None,
        share=sum(layer.share or 0 for layer in layers) if timed else None,
    )


def _sum_of(times: Iterable[float | None]) -> float | None:
    """Of those that were measured; None where none was."""
    known = [time for time in times if time is not None]
    return sum(known) if known else None


def csv_of(layers: Sequence[Layer]) -> str:
    """One line per layer, numbers as they are; lists are joined by ×."""
    heads = [*CSV_FIELDS, *(f"receptive_field_{name}" for name in CSV_RECEPTIVE_FIELD), "notes"]
    return csv_text(heads, ([_csv_row(layer)[head] for head in heads] for layer in layers))


def _csv_row(layer: Layer) -> dict[str, object]:
    values = layer.to_json()
    field = values["receptive_field"] or {}
    cells = {name: values[name] for name in CSV_FIELDS}
    cells |= {f"receptive_field_{name}": field.get(name, "") for name in CSV_RECEPTIVE_FIELD}
    cells = {name: by(value) if isinstance(value, list) else value for name, value in cells.items()}
    return cells | {"notes": " | ".join(layer.notes)}


def name_of(layer: Layer) -> str:
    """A layer's name, and which call it is where it is called again."""
    return layer.name if layer.call == 1 else f"{layer.name} (call {layer.call})"


def figure_text(figure: Figure) -> str:
    """A figure with its status: ≤ before a bound; of a partial sum, what is known and what is missing."""
    if figure.status is Status.UNKNOWN:
        known = f"{scaled(figure.value)} + " if figure.value else ""
        return f"{known}unknown ({figure.reason})"
    return MARKS[figure.status] + scaled(figure.value)


def bytes_text(figure: Figure) -> str:
    """A number of bytes with its status."""
    return MARKS[figure.status] + bytes_of(figure.value)


def size_text(field: ReceptiveField | None) -> str:
    """The size of a receptive field; ≤ before a bound."""
    if field is None:
        return "none"
    if field.status == Status.UNKNOWN.word:
        return f"unknown ({field.because})"
    return STATUSES[field.status] + by(field.size)


def _inside(field: ReceptiveField | None) -> str:
    """The part of a receptive field that lies in the input, where that is less."""
    return "" if field is None or field.clipped_size == field.size else by(field.clipped_size)


def _jump(field: ReceptiveField | None) -> str:
    """The distance between the fields of neighbouring units."""
    if field is None or all(jump is None for jump in field.jump):
        return ""
    return by("–" if jump is None else f"{jump:g}" for jump in field.jump)


def _kernels(layer: Layer) -> str:
    return "" if layer.filters is None else f"{count(layer.filters)} · {count(layer.kernels)}"


def _kind(layer: Layer) -> Cell:
    return Cell(layer.kind, colour=COLOURS[family(layer.kind)])


def _bytes(value: int) -> str:
    return bytes_of(value) if value else ""


def _time(layer: Layer) -> Cell:
    return _bar("" if layer.seconds is None else seconds(layer.seconds), layer.share or 0.0, "pool")


def _time_back(layer: Layer) -> str:
    return "" if layer.backward_seconds is None else seconds(layer.backward_seconds)


def _bar(text: str, share: float, colour: str) -> Cell:
    """A number with a bar in the colour of a family; nothing at all where there is no number."""
    return Cell(text, share, COLOURS[colour]) if text else Cell("")
