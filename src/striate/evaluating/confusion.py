"""The confusion matrix, as a picture."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.evaluating.metrics import Scores

WRITTEN = 20
"""Up to this many classes the counts are written in."""


def draw_confusion(scores: Scores, title: str, path: Path) -> None:
    """Rows are the true classes, columns the predicted ones; the colour is the share of the row. PNG."""
    counts = np.array(scores.confusion)
    names = [one.name for one in scores.classes]
    side = min(14.0, 3.2 + 0.42 * len(names))
    figure = Figure(figsize=(side + 0.8, side), dpi=120, layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.75, label="share of the true class")
    every = max(1, -(-len(names) // 40))
    ticks = range(0, len(names), every)
    axes.set_xticks(ticks, [names[i] for i in ticks], rotation=45 if _long(names) else 0)
    axes.set_yticks(ticks, [names[i] for i in ticks])
    if _long(names):
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set(xlabel="predicted", ylabel="true", title=title)
    if len(names) <= WRITTEN:
        _write_counts(axes, counts, shares)
    figure.savefig(path, format="png")


def _long(names: list[str]) -> bool:
    return max(map(len, names)) > 3


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.55 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)
