"""An inspection as CSV and Markdown."""

import csv
import io
from typing import TYPE_CHECKING

from striate.inspecting.columns import by, jumps, kernels, scaled, seen
from striate.inspecting.table import summary_lines

if TYPE_CHECKING:
    from striate.inspecting.inspection import Inspection

PLAIN = (
    "name", "kind", "call", "filters", "kernels", "parameters", "weights", "biases", "trainable",
    "frozen", "formula",
    "macs", "flops", "activation_bytes", "parameter_bytes", "bytes_moved", "intensity", "seconds", "share",
)  # fmt: skip


def csv_of(inspection: "Inspection") -> str:
    """One line per layer, numbers as they are; lists are joined by ×."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = ("size", "jump", "start", "center", "status")
    writer.writerow([*PLAIN, "output_shape", *(f"receptive_field_{name}" for name in fields), "notes"])
    for layer in inspection.layers:
        row = layer.to_json()
        field = row["receptive_field"] or {}
        cells = [field.get(name, "") for name in fields]
        told = [by(cell) if isinstance(cell, list) else cell for cell in cells]
        writer.writerow(
            [*(row[name] for name in PLAIN), by(row["output_shape"]), *told, " | ".join(row["notes"])]
        )
    return text.getvalue()


def markdown_of(inspection: "Inspection") -> str:
    """A table, and the totals under it."""
    heads = ("layer", "kind", "output", "filters · kernels", "parameters", "receptive field", "jump", "MACs")
    lines = [_line(heads), _line(("---", "---", *["---:"] * 6))]
    for layer in inspection.layers:
        name = f"`{layer.name}`" + (f" (call {layer.call})" if layer.call > 1 else "")
        macs = scaled(layer.macs.value) if layer.macs.value else ""
        field = layer.receptive_field
        lines.append(
            _line(
                (
                    name,
                    layer.kind,
                    by(layer.output_shape),
                    kernels(layer),
                    layer.formula,
                    seen(field),
                    jumps(field),
                    macs,
                )
            )
        )
    return "\n".join([*lines, "", *(f"- {line}" for line in summary_lines(inspection)), ""])


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
