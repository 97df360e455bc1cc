"""The learning curves of a run, as a picture."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

TRAIN, VALIDATION = "#8a8f98", "#1f5fbf"


def draw_curves(history: list[dict[str, Any]], path: Path) -> None:
    """Loss and accuracy by epoch, PNG."""
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    unit = "clips" if "clips_per_second" in history[0] else "images"
    _curve(loss, epochs, history, "loss", 1.0)
    _curve(accuracy, epochs, history, "top1", 100.0)
    loss.set(title="Loss", xlabel="epoch", ylabel="cross-entropy (nats)")
    accuracy.set(title="Accuracy", xlabel="epoch", ylabel=f"% of {unit}")
    accuracy.legend(frameon=False, loc="best")
    figure.savefig(path, format="png")


def _curve(axes: Axes, epochs: list[int], history: list[dict[str, Any]], what: str, scale: float) -> None:
    marker = "o" if len(epochs) <= 30 else None
    for name, colour, label in (
        ("train", TRAIN, "training (augmented)"),
        ("val", VALIDATION, "validation"),
    ):
        values = [row.get(f"{name}_{what}") for row in history]
        if any(value is not None for value in values):
            numbers = [np.nan if value is None else scale * value for value in values]
            axes.plot(epochs, numbers, color=colour, label=label, marker=marker, markersize=3)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(epochs) <= 2:  # of a pass or two: the numbers, not a magnified point
        axes.set_xlim(0.5, len(epochs) + 0.5)
