"""The learning curves of a run, as a picture: what stands in one panel can be compared."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

TRAIN, VALIDATION = "#8a8f98", "#1f5fbf"
DOTS = 30
"""So many epochs are marked by dots at most."""


def draw_curves(history: list[dict[str, Any]], path: Path) -> None:
    """Loss and accuracy by epoch, PNG.

    Labels may be smoothed and weighted in training, which makes its loss larger than the cross-entropy of the
    same scores. So both splits are drawn by the loss that was trained with; where a history of before has no
    such figure of the validation images, their cross-entropy is drawn in a panel of its own.
    """
    comparable = any(row.get("val_objective") is not None for row in history)
    scored = any(row.get("val_loss") is not None for row in history)
    panels = 2 + (scored and not comparable)
    figure = Figure(figsize=(4.5 * panels, 3.8), dpi=120, layout="constrained")
    loss, *others, accuracy = figure.subplots(1, panels)
    trained, validation = "training, augmented images", "validation"
    _curve(loss, history, "train_loss", TRAIN, trained)
    _curve(loss, history, "val_objective", VALIDATION, validation)
    loss.set(title="The loss that is trained with", ylabel="nats")
    for panel in others:
        _curve(panel, history, "val_loss", VALIDATION, validation)
        panel.set(title="Cross-entropy, plain labels", ylabel="nats")
    unit = "clips" if "clips_per_second" in history[0] else "images"
    _curve(accuracy, history, "train_top1", TRAIN, trained, 100)
    _curve(accuracy, history, "val_top1", VALIDATION, validation, 100)
    accuracy.set(title="Accuracy", ylabel=f"% of {unit}")
    for panel in (loss, *others, accuracy):
        _finish(panel, len(history))
    figure.savefig(path, format="png")


def _curve(
    axes: Axes, history: list[dict[str, Any]], what: str, colour: str, label: str, scale: float = 1
) -> None:
    """One figure by epoch; nothing where no epoch has it."""
    values = [row.get(what) for row in history]
    if all(value is None for value in values):
        return
    numbers = [np.nan if value is None else scale * value for value in values]
    marker = "o" if len(history) <= DOTS else None
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, numbers, color=colour, label=label, marker=marker, markersize=3)


def _finish(axes: Axes, epochs: int) -> None:
    """What all panels have."""
    axes.set_xlabel("epoch")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, loc="best", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if epochs <= 2:  # of a pass or two: the numbers, not a magnified point
        axes.set_xlim(0.5, epochs + 0.5)
