"""Two networks side by side."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.arithmetic.described import Figure
from striate.inspecting.inspection import Inspection
from striate.inspecting.layers import Layer
from striate.inspecting.table import bytes_text, figure_text, size_text
from striate.numbers import count, seconds, times
from striate.pages import Shown, Table
from striate.runs import write_text

TOTALS = {
    "parameters": ("parameters", figure_text),
    "macs": ("MACs", figure_text),
    "flops": ("FLOPs", figure_text),
    "activation_bytes": ("activations in all", bytes_text),
    "inference_peak": ("held at once, inference", bytes_text),
    "training_peak": ("held at once, training", bytes_text),
}
"""Each total by its name in `Totals`: what it is called, and how it is written."""


@dataclass(frozen=True)
class SideBySide(Shown):
    """Two inspections, and how much the second takes of what the first does."""

    rows_in = "ratios"

    first: Inspection
    second: Inspection

    def to_json(self) -> dict[str, Any]:
        """Both inspections, and second ÷ first for each total."""
        return {
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "ratios": {name: ratio for name, (_, _, ratio) in self.figures().items()},
        }

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes inspection.json and inspection.html into a folder, and returns their paths."""
        paths = Path(folder) / "inspection.json", Path(folder) / "inspection.html"
        write_text(paths[0], json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n")
        write_text(paths[1], self.to_html())
        return paths

    def figures(self) -> dict[str, tuple[Figure, Figure, float | None]]:
        """Each total of both, and second ÷ first."""
        pairs = {}
        for name in TOTALS:
            a, b = getattr(self.first.totals, name), getattr(self.second.totals, name)
            pairs[name] = (a, b, b.value / a.value if a.value else None)
        return pairs

    def to_table(self) -> Table:
        """The totals of both and second ÷ first, a row for each."""
        heads = ("", self.first.network, self.second.network, "second\N{NO-BREAK SPACE}÷ first")
        return self.first.say.of_table(Table.of_rows("", heads, list(self._rows())))

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for name, (a, b, ratio) in self.figures().items():
            word, write = TOTALS[name]
            yield word, write(a), write(b), times(ratio)
        both = (self.first, self.second)
        yield "input", *(each.taken for each in both), ""
        yield "layers", *(count(len(each.layers)) for each in both), ""
        yield "receptive field before the head", *(_field(each) for each in both), ""
        a_time, b_time = (each.totals.seconds for each in both)
        if a_time and b_time:
            yield "time", seconds(a_time), seconds(b_time), times(b_time / a_time)


def _field(inspection: Inspection) -> str:
    last = last_with_grid(inspection)
    return size_text(last.receptive_field) if last else "none"


def last_with_grid(inspection: Inspection) -> Layer | None:
    """The last layer whose units still go along the image: the one before global pooling."""
    rows = [row for row in inspection.layers if row.receptive_field and None not in row.receptive_field.jump]
    return rows[-1] if rows else None
