"""Draws `opened.png`: a trained network opened up, from an image to one number and its arithmetic.

    python docs/pictures/draw_opened.py         trains for a few seconds on the built-in digits, then draws

Every number in the picture comes from `striate.explain`, which has compared it with torch's.
"""

import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch, Rectangle

import striate

HERE = Path(__file__).parent
IMAGE, LAYER, FILTER, AT = "digits/test/33", "conv1", 15, (3, 4)
"""A test image, and the number that is worked out: an output whose patch lies inside the image."""
MARK = "#d9480f"


def explained(run: str | Path) -> dict[str, Any]:
    """Patch, kernel, products and map of the number, as `striate explain --json` prints them."""
    return striate.explain(run, IMAGE, layer=LAYER, filter=FILTER, at=AT, show=("maps",)).to_json()


def grid(axes: Any, numbers: np.ndarray, title: str, colours: str, limit: float, text: bool = True) -> None:
    """Cells in colour, each with its number."""
    axes.imshow(numbers, cmap=colours, vmin=-limit, vmax=limit)
    for (row, column), number in np.ndenumerate(numbers):
        if text:
            shown = f"{number:.2f}".replace("-", "−")
            dark = abs(number) > 0.6 * limit
            axes.text(column, row, shown, ha="center", va="center", color="w" if dark else "k", size=9.5)
    axes.set_title(title, size=11)
    axes.set_xticks([])
    axes.set_yticks([])


def frame(axes: Any, row: float, column: float, side: int) -> None:
    """A frame around `side`×`side` cells."""
    box = Rectangle((column - 0.5, row - 0.5), side, side, fill=False, edgecolor=MARK, linewidth=2.5)
    axes.add_patch(box)


def draw(found: dict[str, Any], pixels: np.ndarray, path: Path) -> None:
    """The picture: pixels (H, W) of the image, `found` as of `explained`."""
    unit = found["unit"]
    maps = np.array(found["pictures"][0]["tiles"][FILTER])
    patch, kernel, products = (np.array(unit[name][0]) for name in ("patch", "kernel", "products"))
    row, column = AT
    figure, axes = plt.subplots(
        1, 5, figsize=(13, 2.9), gridspec_kw={"width_ratios": [8, 6, 6, 6, 8], "wspace": 0.3}
    )
    image, first, second, third, whole = axes
    grid(image, -pixels.astype(float), f"the image: a {found['label']}", "gray", 255, text=False)
    image.images[0].set_clim(-255, 0)
    frame(image, row - 1, column - 1, 3)
    grid(first, patch, "its patch", "RdBu", 3)
    grid(second, kernel, f"kernel of filter {FILTER}", "RdBu", float(abs(kernel).max()) * 1.6)
    grid(third, products, "products", "RdBu", float(abs(products).max()) * 1.6)
    grid(whole, maps, f"the filter's map ({LAYER})", "RdBu", float(abs(maps).max()), text=False)
    frame(whole, row, column, 1)
    for axis, sign in ((first, "×"), (second, "=")):
        axis.text(1.12, 0.5, sign, transform=axis.transAxes, ha="center", va="center", size=16)
    total, bias, value = unit["channel_sums"][0], unit["bias"], unit["value"]
    sentence = f"{total:.3f} + bias {bias:.3f} = {value:.3f}".replace("-", "−").replace("+ bias −", "− bias ")
    second.text(
        0.5,
        -0.12,
        f"sum of the products {sentence}",
        transform=second.transAxes,
        ha="center",
        va="top",
        color=MARK,
        size=11.5,
    )
    for a, spot_a, b, spot_b in (
        (image, (column + 1.5, row), first, (-0.5, 1)),
        (third, (2.5, 1), whole, (column - 0.5, row)),
    ):
        line = ConnectionPatch(spot_a, spot_b, "data", "data", axesA=a, axesB=b, color=MARK, arrowstyle="->")
        figure.add_artist(line)
    figure.savefig(path, dpi=130, bbox_inches="tight", facecolor="w", metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = striate.train("digits", out=Path(folder) / "run", epochs=3)
        number = int(IMAGE.rsplit("/", 1)[1])
        pixels = striate.open_data("digits").splits["test"].take([number]).numpy()[0, 0]
        draw(explained(run.path), pixels, HERE / "opened.png")


if __name__ == "__main__":
    main()
