"""The result of an inspection, and how it presents itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from striate.arithmetic.receptive.summary import UnitField, of_unit
from striate.errors import ArgumentError, unknown
from striate.inspecting.layers import Layer, Totals

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Inspection:
    """What every layer of a network is, holds, sees and costs.

    `layers` stand in the order of execution. `unused` are parameters that no layer used on this input.
    `picture` is the image that was given, for the page.
    """

    network: str
    input_shape: tuple[int, ...]
    axes: tuple[str, ...]
    batch: int
    layers: tuple[Layer, ...]
    totals: Totals
    unused: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    picture: str | None = field(default=None, repr=False)

    def layer(self, name: str, call: int = 1) -> Layer:
        """The row of this name; of a module that is called again, its call number `call`."""
        rows = [row for row in self.layers if row.name == name]
        if not rows:
            raise ArgumentError(unknown("layer", name, (row.name for row in self.layers)))
        found = next((row for row in rows if row.call == call), None)
        if found is None:
            raise ArgumentError(f"layer {name!r} is called {len(rows)} times, so there is no call {call}")
        return found

    def unit(self, name: str, unit: Sequence[int] | None = None, call: int = 1) -> UnitField:
        """What one unit of a layer sees; `unit` is its place in the layer's grid, by default the middle.

        Raises ArgumentError for a layer or unit that does not exist, or a layer that does not see the input.
        """
        layer = self.layer(name, call)
        if layer.field is None:
            raise ArgumentError(f"layer {name!r} does not see the input")
        names = tuple(axis for axis in self.axes if axis not in "NC")
        return of_unit(layer.field, names, unit)

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain numbers, strings and lists."""
        return {
            "network": self.network,
            "input_shape": list(self.input_shape),
            "axes": list(self.axes),
            "batch": self.batch,
            "totals": self.totals.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
            "unused": [{"name": name, "parameters": count} for name, count in self.unused],
            "notes": list(self.notes),
        }

    def to_table(self, *, depth: int | None = None, moves: bool = False) -> "Table":
        """A table for a terminal; `depth` folds what lies deeper, `moves` shows layers that only move
        elements.
        """
        from striate.inspecting.table import rich_table

        return rich_table(self, depth=depth, moves=moves)

    def to_csv(self) -> str:
        """One line per layer."""
        from striate.inspecting.export import csv_of

        return csv_of(self)

    def to_markdown(self) -> str:
        """A table for a README."""
        from striate.inspecting.export import markdown_of

        return markdown_of(self)

    def to_html(self) -> str:
        """One self-contained page: the architecture drawn, costs as bars, fields over the picture."""
        from striate.inspecting.page import page_of

        return page_of(self)

    def _repr_html_(self) -> str:
        """The drawing and the table, in a notebook."""
        from striate.inspecting.page import fragment_of

        return fragment_of(self)
