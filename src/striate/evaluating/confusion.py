"""The confusion matrix, as a picture."""

import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from striate.evaluating.metrics import Scores

WRITTEN = 20
"""Up to this many classes the counts are written in."""
NAMED = 40
"""Up to this many classes each one is named; of more, every second, third, …"""
LONGEST = 24
"""Characters of a name that are shown."""


def draw_confusion(scores: Scores, title: str, path: Path) -> None:
    """Rows are the true classes, columns the predicted ones; the colour is the share of the row. PNG.

    The colour goes with the root of the share, so that rare mistakes can be seen too.
    """
    from matplotlib.colors import PowerNorm  # it loads in a second, which nobody who draws nothing waits for
    from matplotlib.figure import Figure

    counts = np.array(scores.confusion)
    names = [_short(one.name) for one in scores.classes]
    side = min(14.0, 3.2 + 0.42 * len(names))
    figure = Figure(figsize=(side + 0.8, side), dpi=120, layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=1))
    figure.colorbar(image, ax=axes, shrink=0.75, label="share of the true class")
    _name_classes(axes, names)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_title(textwrap.fill(title, int(10 * side)), parse_math=False)
    if len(names) <= WRITTEN:
        _write_counts(axes, counts, shares)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of letters that the font lacks
        figure.savefig(path, format="png", bbox_inches="tight")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _name_classes(axes: Any, names: list[str]) -> None:
    ticks = range(0, len(names), -(-len(names) // NAMED))
    shown = [names[i] for i in ticks]
    axes.set_xticks(ticks, shown, parse_math=False)
    axes.set_yticks(ticks, shown, parse_math=False)
    if max(map(len, shown)) > 3:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")


def _write_counts(axes: Any, counts: np.ndarray, shares: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.3 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)
