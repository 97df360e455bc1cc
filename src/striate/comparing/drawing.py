"""Accuracy over cost, drawn: what lies up and to the left is better."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from striate.comparing.comparison import Comparison, Row
from striate.comparing.rows import front

STYLES = {
    "2d": ("#7d8590", "o"),
    "tsm": ("#1f5fbf", "D"),
    "2plus1d": ("#e08a00", "s"),
    "3d": ("#c4314b", "^"),
    "rnn": ("#7fae3f", "v"),
    "lstm": ("#2f8f5b", "P"),
    "gru": ("#12a5a5", "X"),
    "two-stream": ("#8250c4", "*"),
}
"""Colour and mark of each way through time, the same in every picture."""
UNKNOWN_STYLE = ("#444444", "h")
SIZES = {"*": 12, "^": 11, "s": 6}
"""Of marks in points, where it is not 8: 3d and 2plus1d often lie on one another, and both are to be seen."""
FRONT = "#9aa3ad"
WIDE = 1.6
"""Costs that differ by more than this factor are drawn on a logarithmic axis."""
ROOM = 1.3
"""The axis of costs goes on by this factor on both sides."""
ABOVE = 0.06
"""The share of the axis of accuracies that is left free above and below."""


def draw_front(comparison: Comparison, path: Path | IO[bytes]) -> None:
    """Accuracy over MACs and over milliseconds of inference, the Pareto front as a line; PNG."""
    rows = comparison.rows
    figure = Figure(figsize=(10.5, 4.4), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _panel(left, rows, [row.macs / 1e6 for row in rows], f"million MACs per {comparison.noun}")
    _panel(right, rows, [row.inference_ms + (row.flow_ms or 0) for row in rows], _milliseconds(comparison))
    left.set_ylabel(f"% of {comparison.samples:,} {comparison.split} {comparison.noun}s right")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    figure.suptitle(comparison.title, parse_math=False)
    figure.savefig(path, format="png")


def _milliseconds(comparison: Comparison) -> str:
    flow = any(row.flow_ms is not None for row in comparison.rows)
    return f"milliseconds per {comparison.noun}" + ", with optical flow" * flow


def _panel(axes: Axes, rows: Sequence[Row], costs: list[float], what: str) -> None:
    accuracies = [100 * row.top1.mean for row in rows]
    _front_line(axes, costs, accuracies)
    for row, cost, accuracy in zip(rows, costs, accuracies, strict=True):
        colour, mark = style_of(row, rows)
        axes.errorbar(
            cost,
            accuracy,
            yerr=100 * row.top1.std if len(row.runs) > 1 else None,
            fmt=mark,
            color=colour,
            markersize=SIZES.get(mark, 8),
            markeredgecolor="white",
            capsize=3,
            alpha=0.8,
            label=name_of(row, rows),
        )
    if max(costs) > WIDE * min(costs):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(min(costs) / ROOM, max(costs) * ROOM)  # so that a small difference looks small
    low = min(accuracies)
    axes.set_ylim(low - ABOVE * (100 - low) - 1, 100 + ABOVE * (100 - low) + 1)
    axes.set(xlabel=what)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def style_of(row: Row, rows: Sequence[Row]) -> tuple[str, str]:
    """The colour and mark of a row: of its way; on images one after another."""
    if row.time is not None:
        return STYLES.get(row.time, UNKNOWN_STYLE)
    styles = list(STYLES.values())
    return styles[list(dict.fromkeys(other.backbone for other in rows)).index(row.backbone) % len(styles)]


def name_of(row: Row, rows: Sequence[Row]) -> str:
    """The way, with whatever else tells it from the other rows."""
    name = row.label
    if row.time is not None and len({other.backbone for other in rows}) > 1:
        name += f", {row.backbone}"
    alike = [other for other in rows if (other.label, other.backbone) == (row.label, row.backbone)]
    if len({other.frames for other in alike}) > 1:
        name += f", {row.frames} frames"
    if len({str(other.options) for other in alike}) > 1 and row.options:
        name += f", {' '.join(f'{key}={value}' for key, value in row.options.items())}"
    return name


def _front_line(axes: Axes, costs: list[float], accuracies: list[float]) -> None:
    """Steps from the cheapest offer to the best: above and to the left of them is nothing."""
    on = front(costs, accuracies)
    corners = sorted({(c, a) for c, a, best in zip(costs, accuracies, on, strict=True) if best})
    xs, ys = [c for c, _ in corners], [a for _, a in corners]
    right = max(costs) * ROOM
    axes.step([*xs, right], [*ys, ys[-1]], where="post", color=FRONT, linewidth=1.5, zorder=0)
