"""Two networks side by side."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from striate.arithmetic.status import Figure
from striate.inspecting.columns import by, bytes_of, figure, scaled, seconds, seen
from striate.inspecting.inspection import Inspection
from striate.inspecting.layers import Layer


@dataclass(frozen=True)
class Comparison:
    """Two inspections, and how much the second takes of what the first does."""

    first: Inspection
    second: Inspection

    def to_json(self) -> dict[str, Any]:
        """Both inspections, and second ÷ first for each total."""
        return {
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "ratios": {name: ratio for name, (_, _, ratio) in self.figures().items()},
        }

    def figures(self) -> dict[str, tuple[Figure, Figure, float | None]]:
        """Each total of both, and second ÷ first."""
        pairs = {}
        for name in ("parameters", "macs", "flops", "activation_bytes", "inference_peak", "training_peak"):
            a, b = getattr(self.first.totals, name), getattr(self.second.totals, name)
            pairs[name] = (a, b, b.value / a.value if a.value else None)
        return pairs

    def to_table(self) -> Table:
        """A table for a terminal."""
        table = Table(box=None, pad_edge=False)
        table.add_column("")
        table.add_column(self.first.network, justify="right")
        table.add_column(self.second.network, justify="right")
        table.add_column("ratio", justify="right")
        for name, (a, b, ratio) in self.figures().items():
            write = _bytes if "bytes" in name or "peak" in name else figure
            table.add_row(_WORDS[name], write(a), write(b), "" if ratio is None else f"{ratio:.3g}")
        for word, told in (
            ("input", _input),
            ("layers", _count),
            ("receptive field before the head", _field),
        ):
            table.add_row(word, told(self.first), told(self.second), "")
        if self.first.totals.seconds and self.second.totals.seconds:
            a_time, b_time = self.first.totals.seconds, self.second.totals.seconds
            table.add_row("time", seconds(a_time), seconds(b_time), f"{b_time / a_time:.3g}")
        return table


_WORDS = {
    "parameters": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "activation_bytes": "activations in all",
    "inference_peak": "at once, inference",
    "training_peak": "at once, training",
}


def _bytes(value: Figure) -> str:
    return bytes_of(value.value)


def _input(inspection: Inspection) -> str:
    return by(inspection.input_shape)


def _count(inspection: Inspection) -> str:
    return scaled(len(inspection.layers))


def _field(inspection: Inspection) -> str:
    last = last_with_grid(inspection)
    return seen(last.receptive_field) if last else "none"


def last_with_grid(inspection: Inspection) -> Layer | None:
    """The last layer whose units still go along the image: the one before global pooling."""
    rows = [row for row in inspection.layers if row.receptive_field and None not in row.receptive_field.jump]
    return rows[-1] if rows else None
