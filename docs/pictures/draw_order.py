"""Draws `order.png`: what knowing the order of frames is worth, from a real comparison.

striate compare motion-digits --time 2d tsm --seeds 1 --json       what `order.json` keeps the rows of
python docs/pictures/draw_order.py
"""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np

import striate

HERE = Path(__file__).parent
FRAMES = (0, 2, 5, 7)
COLOURS = {"2d": "#868e96", "tsm": "#0b7285"}


def shares() -> dict[str, float]:
    """Way → of the test clips whose pair of classes was found, the share given the right one of the two."""
    rows = json.loads((HERE / "order.json").read_text())["rows"]
    return {row["time"]: row["in_pairs"]["mean"] for row in rows}


def pair() -> tuple[np.ndarray, tuple[str, str]]:
    """Two clips (2, T, H, W) that are each other backwards, and the names of their classes."""
    data = striate.open_data("motion-digits")
    test = data.splits["test"]
    first = test.take([0])
    backwards = first.flip(2)
    for other in range(1, len(test)):
        if bool((test.take([other]) == backwards).all()):
            names = (data.classes[test.labels[0]], data.classes[test.labels[other]])
            return np.stack([first.numpy()[0, 0], backwards.numpy()[0, 0]]), names
    raise SystemExit("the first clip has no partner")


def draw(clips: np.ndarray, names: tuple[str, str], found: dict[str, float], path: Path) -> None:
    """The frames of the pair on the left, the shares on the right."""
    figure = plt.figure(figsize=(11, 2.9))
    widths = [1] * len(FRAMES) + [0.8, 4]
    grid = figure.add_gridspec(2, len(widths), width_ratios=widths, wspace=0.08, hspace=0.42)
    for row, clip in enumerate(clips):
        for column, frame in enumerate(FRAMES):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(-clip[frame].astype(float), cmap="gray")
            axes.set_xticks([])
            axes.set_yticks([])
            if column == 0:
                axes.set_title(f"“{names[row]}”", size=11, loc="left")
    bars: Any = figure.add_subplot(grid[:, -1])
    heights = [100 * found[way] for way in found]
    bars.barh(list(found), heights, color=[COLOURS[way] for way in found], height=0.55)
    bars.invert_yaxis()
    for place, height in enumerate(heights):
        bars.text(height - 1.5, place, f"{height:.0f} %", ha="right", va="center", color="w", size=13)
    bars.axvline(50, color="k", linewidth=1, linestyle=":")
    bars.text(51, 0.5, "guessing", size=9, va="center")
    bars.set_xlim(0, 100)
    bars.set_title("which of the two is it? clips answered right", size=11)
    bars.set_xticks([])
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    figure.savefig(path, dpi=130, bbox_inches="tight", facecolor="w", metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    draw(*pair(), shares(), HERE / "order.png")


if __name__ == "__main__":
    main()
