"""The result of an inspection, and how it presents itself."""

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.text import Text

from striate.arithmetic.described import Status
from striate.arithmetic.receptive.unit_field import UnitField, of_unit
from striate.errors import ArgumentError, unknown
from striate.inspecting.layers import Layer, Totals
from striate.inspecting.table import bytes_text, csv_of, figure_text, layer_table, name_of, shown
from striate.numbers import by, bytes_of, count, scaled, seconds
from striate.pages import Shown
from striate.pages.languages import ENGLISH, Language, Sentences, refusals
from striate.pages.terminal import facts
from striate.runs import write_text

VIETNAMESE = Path(__file__).with_name("vietnamese.toml")
REMARKS = 6
"""Printed under a table; the rows of a page, of CSV and of JSON hold all of them."""


def facts_of(
    totals: Totals, unused: Sequence[tuple[str, int]] = (), backward: bool = False
) -> list[tuple[str, str]]:
    """The totals by name, each in a sentence's part.

    Args:
        totals: of a network.
        unused: parameters that no layer used, each with its size.
        backward: tell the backward pass too.
    """
    facts = [
        ("parameters", _parameters(totals)),
        ("MACs", figure_text(totals.macs) + "".join(f", {part}" for part in _per_part(totals))),
        ("FLOPs", figure_text(totals.flops)),
        ("activations", f"{bytes_text(totals.activation_bytes)} in all"),
        ("held at once", f"{bytes_text(totals.inference_peak)} for inference, "
                         f"{bytes_text(totals.training_peak)} for training"),
    ]  # fmt: skip
    if backward:
        kept = f"{bytes_text(totals.kept_bytes)} kept for it"
        facts.append(("backward", f"{figure_text(totals.backward_macs)} MACs, {kept}"))
    if totals.macs.status is not Status.EXACT:
        facts.append(("partial", f"what {totals.macs.reason} costs is not known and not in the sums"))
    if totals.seconds is not None:
        facts.append(("time", f"{seconds(totals.seconds)}, the sum of the layers' medians"))
    if totals.backward_seconds is not None:
        facts.append(("time back", f"{seconds(totals.backward_seconds)}, likewise of the backward pass"))
    return [*facts, *(("unused", f"{name}: {count(size)} parameters") for name, size in unused)]


def _parameters(totals: Totals) -> str:
    """How many, how many of them are out of the ordinary, and their bytes."""
    parts = {"frozen": totals.frozen, "unused": totals.unused}
    odd = "".join(f", {count(size)} {name}" for name, size in parts.items() if size)
    return (
        f"{count(totals.parameters.value)} ({count(totals.trainable)} trainable{odd}), "
        f"{bytes_of(totals.parameter_bytes)}"
    )


def _per_part(totals: Totals) -> Iterator[str]:
    """MACs of one input and of one frame, where there are several."""
    if totals.batch > 1:
        yield f"{scaled(totals.macs.value / totals.batch)} per input"
    if totals.frames:
        yield f"{scaled(totals.macs.value / totals.batch / totals.frames)} per frame"


def remarks_of(layers: Sequence[Layer], say: Callable[[str], str] = str) -> list[str]:
    """Every remark once, with the layers that it is about; `say` tells it in another language."""
    about: dict[str, list[str]] = {}
    for layer in layers:
        for note in layer.notes:
            about.setdefault(note, []).append(name_of(layer))
    return [
        f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}: {say(note)}"
        for note, names in about.items()
    ]


def first_remarks(layers: Sequence[Layer], say: Callable[[str], str] = str) -> list[str]:
    """As many remarks as stand under a table."""
    remarks = remarks_of(layers, say)
    more = len(remarks) - REMARKS
    rest = f"… {more} more remarks: in --json, --csv and --html"
    return remarks if more <= 0 else [*remarks[:REMARKS], say(rest)]


@cache
def vietnamese() -> Sentences:
    """All that an inspection says, remarks on what its network could not be asked among it."""
    said = {one: other for one, other in refusals("vi").table.items() if " " in one}  # not the words in them
    own = tomllib.loads(VIETNAMESE.read_text(encoding="utf-8"))
    return Sentences("vi", {**said, **own["remarks"], **own["tables"]})


@dataclass(frozen=True)
class Input:
    """One tensor that the network takes."""

    name: str
    """Of the argument; with a dot, what stands in one: `batch.image`."""
    shape: tuple[int, ...]
    """With the batch."""
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Inspection(Shown):
    """What every layer of a network is, holds, sees and costs."""

    rows_in = "layers"
    in_json = "network input_shape axes batch inputs totals layers unused notes"

    network: str
    """What the network is called."""
    input_shape: tuple[int, ...]
    """Of the main input, with the batch."""
    axes: tuple[str, ...]
    """What the axes of the input are: N C T H W."""
    batch: int
    layers: tuple[Layer, ...]
    """In the order of execution."""
    totals: Totals
    unused: tuple[tuple[str, int], ...] = ()
    """Parameters that no layer used on this input: name and size."""
    notes: tuple[str, ...] = ()
    """Remarks on the network as a whole."""
    picture: str | None = field(default=None, repr=False)
    """The image, or folder of frames, that fields are drawn on in the page."""
    inputs: tuple[Input, ...] = ()
    """All tensors that it takes; the main one is the first whose units go along something."""
    backward: bool = False
    """Whether tables show the backward pass too."""
    language: Language = "en"
    """Of tables and pages; JSON, CSV and Markdown are in English."""

    def layer(self, name: str, call: int = 1) -> Layer:
        """The row of a layer.

        Args:
            name: as in the table.
            call: which call, for a module that is called again.

        Raises:
            ArgumentError: there is no such layer or call.
        """
        rows = [row for row in self.layers if row.name == name]
        if not rows:
            raise ArgumentError(unknown("layer", name, (row.name for row in self.layers)))
        found = next((row for row in rows if row.call == call), None)
        if found is None:
            raise ArgumentError(f"layer {name!r} is called {len(rows)} times, so there is no call {call}")
        return found

    def unit(
        self, name: str, unit: Sequence[int] | None = None, call: int = 1, source: str | None = None
    ) -> UnitField:
        """What one unit of a layer sees.

        Args:
            name: of the layer.
            unit: its position in the layer's grid, time first; by default the one in the middle.
            call: which call, for a module that is called again.
            source: the name of the input that is seen, where there are several; by default the main one.

        Raises:
            ArgumentError: there is no such layer, unit or input, or the layer does not see the input.
        """
        layer = self.layer(name, call)
        axes = {each.name: each.axes for each in self.inputs}
        if source is not None and source not in layer.fields:
            raise ArgumentError(unknown("input", source, layer.fields))
        field = layer.field if source is None else layer.fields[source]
        if field is None:
            raise ArgumentError(f"layer {name!r} does not see the input{f' {source}' if source else ''}")
        seen = self.axes if source is None else axes[source]
        return of_unit(field, tuple(axis for axis in seen if axis not in "NC"), unit)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain numbers, strings and lists."""
        unused = [{"name": name, "parameters": count} for name, count in self.unused]
        return super().to_json() | {"unused": unused}

    def to_table(self, *, depth: int | None = None, moves: bool = False) -> Group:
        """A table for a terminal, which `rich` prints in the width there is.

        Args:
            depth: fold what lies deeper than so many parts of a name into one row per module.
            moves: also show layers that only move elements.
        """
        if depth is not None and depth < 1:
            raise ArgumentError(f"depth is how many parts of a name are shown, at least 1; got {depth}")
        rows, say = shown(self.layers, depth, moves), self.say
        notes = [*map(say, self.notes), *first_remarks(self.layers, say)]
        table = layer_table(rows, timed=self.totals.seconds is not None, backward=self.backward)
        return Group(
            Text(say(self.title), style="bold"),
            say.of_table(table),
            "",
            facts(say.pairs(facts_of(self.totals, self.unused, self.backward))),
            *(Text(note, style="dim") for note in notes),
        )

    @property
    def say(self) -> Sentences:
        """What it says, in its language."""
        return ENGLISH if self.language == "en" else vietnamese()

    @property
    def title(self) -> str:
        """The network and its input."""
        return f"{self.network} on {self.taken}"

    @property
    def taken(self) -> str:
        """The shapes of the inputs; by name where there are several."""
        if len(self.inputs) < 2:
            return by(self.input_shape)
        return ", ".join(f"{each.name} {by(each.shape) or 'a number'}" for each in self.inputs)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes inspection.json, .csv, .md and .html into a folder, and returns their paths."""
        texts = {
            "json": json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n",
            "csv": self.to_csv(),
            "md": self.to_markdown(),
            "html": self.to_html(),
        }
        for suffix, text in texts.items():
            write_text(Path(folder) / f"inspection.{suffix}", text)
        return tuple(Path(folder) / f"inspection.{suffix}" for suffix in texts)

    def to_csv(self) -> str:
        """One line per layer, numbers as they are."""
        return csv_of(self.layers)

    def to_markdown(self) -> str:
        """A table for a README, and the totals under it."""
        timed = self.totals.seconds is not None
        table = layer_table(self.layers, timed=timed, backward=self.backward)
        lines = [f"{name}: {text}" for name, text in facts_of(self.totals, self.unused, self.backward)]
        remarks = [*self.notes, *remarks_of(self.layers)]
        return "\n".join([table.to_markdown(), "", *(f"- {line}" for line in [*lines, *remarks]), ""])
