"""An inspection as a table for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from striate.arithmetic.status import Figure, Status, total
from striate.inspecting.columns import (
    by,
    bytes_of,
    clipped,
    count,
    figure,
    jumps,
    kernels,
    scaled,
    seconds,
    seen,
)
from striate.inspecting.layers import Layer

if TYPE_CHECKING:
    from striate.inspecting.inspection import Inspection

REMARKS = 6  # printed under a table; the rows' own hold all of them
MINOR = frozenset(
    {"reshape", "transpose", "permute", "expand", "slice", "select", "unsqueeze", "squeeze", "clone"}
)


HEADS = (
    "output", "filters · kernels", "parameters", "receptive field", "in the input", "jump", "MACs",
    "activations",
)  # fmt: skip


def rich_table(inspection: "Inspection", *, depth: int | None = None, moves: bool = False) -> Table:
    """One row per layer. `depth` folds layers that lie deeper into one row per module."""
    timed = inspection.totals.seconds is not None
    table = Table(
        title=f"{inspection.network} on {by(inspection.input_shape)}",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("layer", overflow="fold")
    table.add_column("kind")
    for head in (
        "output",
        "filters · kernels",
        "parameters",
        "receptive field",
        "jump",
        "MACs",
        "activations",
    ):
        table.add_column(head, justify="right")
    if timed:
        table.add_column("time", justify="right")
        table.add_column("share", justify="right")
    shown = [layer for layer in inspection.layers if moves or layer.type or layer.kind not in MINOR]
    for cells in (
        folded(shown, depth, timed) if depth is not None else [_cells(layer, timed) for layer in shown]
    ):
        table.add_row(*cells)
    table.caption = "\n".join(summary_lines(inspection))
    table.caption_justify = "left"
    return table


def _cells(layer: Layer, timed: bool) -> list[str]:
    field = layer.receptive_field
    cells = [
        layer.name if layer.call == 1 else f"{layer.name} (call {layer.call})",
        layer.kind,
        by(layer.output_shape),
        kernels(layer),
        layer.formula or ("shared" if layer.shared else ""),
        seen(field),
        clipped(field),
        jumps(field),
        _cost(layer.macs),
        bytes_of(layer.activation_bytes) if layer.activation_bytes else "",
    ]
    if timed:
        cells += [seconds(layer.seconds), "" if layer.share is None else f"{layer.share:.1%}"]
    return cells


def _cost(macs: Figure) -> str:
    return "" if macs.status is Status.EXACT and not macs.value else figure(macs)


def folded(layers: Sequence[Layer], depth: int, timed: bool) -> list[list[str]]:
    """One row per module at `depth` path parts: its layers' sums, and the shape and field of its last one."""
    heaps: dict[str, list[Layer]] = {}
    for layer in layers:
        heaps.setdefault(".".join(layer.name.split(".")[:depth]), []).append(layer)
    rows = []
    for name, heap in heaps.items():
        if len(heap) == 1:
            rows.append(_cells(heap[0], timed))
            continue
        last = heap[-1]
        own = sum(layer.parameters for layer in heap)
        cells = [
            name,
            f"{len(heap)} layers",
            by(last.output_shape),
            "",
            count(own) if own else "",
            seen(last.receptive_field),
            clipped(last.receptive_field),
            jumps(last.receptive_field),
            _cost(total(layer.macs for layer in heap)),
            bytes_of(sum(layer.activation_bytes for layer in heap)),
        ]
        if timed:
            cells += [
                seconds(sum(layer.seconds or 0 for layer in heap)),
                f"{sum(layer.share or 0 for layer in heap):.1%}",
            ]
        rows.append(cells)
    return rows


def summary_lines(inspection: "Inspection") -> list[str]:
    """What a network comes to, in a few lines."""
    totals = inspection.totals
    lines = [
        f"parameters    {totals.parameters.value:,} ({totals.trainable:,} trainable, {totals.frozen:,} "
        f"frozen, "
        f"{totals.unused:,} unused), {bytes_of(totals.parameter_bytes)}",
        f"MACs          {figure(totals.macs)}      FLOPs  {figure(totals.flops)}{per_parts(inspection)}",
        f"activations   {bytes_of(totals.activation_bytes.value)} in all; at most "
        f"{bytes_of(totals.inference_peak.value)} at "
        f"once for inference, {_memory(totals.training_peak)} for training",
    ]
    if totals.macs.status is not Status.EXACT:
        lines.append(f"partial       what {totals.macs.reason} costs is not known and not in the sums")
    if totals.seconds is not None:
        lines.append(f"time          {seconds(totals.seconds)}, the sum of the layers' medians")
    lines += [f"unused        {name}: {size:,} parameters" for name, size in inspection.unused]
    remarks = note_lines(inspection.layers)
    if len(remarks) > REMARKS:
        remarks = [
            *remarks[:REMARKS],
            f"… {len(remarks) - REMARKS} more remarks: in --json, --csv and --html",
        ]
    return lines + list(inspection.notes) + remarks


def _memory(peak: Figure) -> str:
    return ("≤ " if peak.status is Status.BOUND else "") + bytes_of(peak.value)


def per_parts(inspection: "Inspection") -> str:
    """MACs per clip and per frame, where there are several."""
    totals, parts = inspection.totals, ""
    if totals.batch > 1:
        parts += f"      per item {scaled(totals.macs.value / totals.batch)} MACs"
    if totals.frames:
        parts += f"      per frame {scaled(totals.macs.value / totals.batch / totals.frames)} MACs"
    return parts


def note_lines(layers: Sequence[Layer]) -> list[str]:
    """Remarks, each once, with the layers they are about."""
    about: dict[str, list[str]] = {}
    for layer in layers:
        for note in layer.notes:
            about.setdefault(note, []).append(layer.name)
    return [
        f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}: {note}" for note, names in about.items()
    ]
