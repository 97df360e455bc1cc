"""ROC and precision-recall curves, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.evaluating.curves import Curves

DRAWN = 10
"""Classes that are drawn: those of the lowest average precision."""


def draw_curves(curves: Curves, file: Path | BinaryIO) -> None:
    """Both curves of the classes that are hardest to tell, PNG."""
    hardest = sorted(curves.classes, key=lambda one: one.average_precision)[:DRAWN]
    figure = Figure(figsize=(10, 4.6), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    for one in hardest:
        roc = [(0.0, 0.0), *((point.false_positive_rate, point.recall) for point in one.points)]
        _draw(left, roc, f"{_short(one.name)}  {one.roc_area:.3f}")
        precise = [(point.recall, point.precision) for point in one.points]
        _draw(right, precise, f"{_short(one.name)}  {one.average_precision:.3f}", drawstyle="steps-pre")
    some = "" if len(hardest) == len(curves.classes) else f", the {DRAWN} hardest classes"
    left.set(title=f"ROC{some}", xlabel="false positive rate", ylabel="recall")
    right.set(title=f"Precision and recall{some}", xlabel="recall", ylabel="precision")
    left.legend(title="area", fontsize="small", loc="lower right")
    right.legend(title="average precision", fontsize="small", loc="lower left")
    figure.savefig(file, format="png")


def _draw(axes: Axes, points: Sequence[tuple[float, float]], label: str, **how: Any) -> None:
    (line,) = axes.plot(*zip(*points, strict=True), linewidth=1.4, **how)
    line.set_label(label.replace("$", r"\$"))
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.grid(alpha=0.25)


def _short(name: str, most: int = 24) -> str:
    shown = name if len(name) <= most else f"{name[: most - 1]}…"
    return f" {shown}" if shown.startswith("_") else shown  # matplotlib leaves out what begins with one
