"""Which learning rate? The loss of a network that learns at rising rates, and where it falls fastest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from striate.numbers import number
from striate.pages import Document, Figure, KeyFigures, Notes, Png, Section, Shown, document_of
from striate.plain_values import ToJson

BLUR = 3.0
"""Standard deviation of the smoothing, in steps."""
SLOPE = 4
"""A slope is that of the straight line through so many steps on each side."""
FELL = 0.02
"""A loss that falls by less than this share of itself falls by chance."""


@dataclass(frozen=True)
class RatePoint(ToJson):
    """One step of the search."""

    rate: float
    loss: float
    """Of the batch that this step learns from, before it has."""
    smoothed: float


@dataclass(frozen=True)
class RateSearch(Shown):
    """The loss at each learning rate, and the rate at which it fell fastest."""

    rows_in = "points"

    data: str
    network: str
    optimizer: str
    batch_size: int
    suggested: float | None
    """Where the smoothed loss falls fastest; None where it did not fall."""
    lowest: float
    """Where the smoothed loss is lowest: from there on it rises, so a rate is best well below it."""
    points: tuple[RatePoint, ...]
    notes: tuple[str, ...] = ()


def smoothed(losses: Sequence[float]) -> np.ndarray:
    """Each loss averaged with its neighbours by a bell of `BLUR` steps, which shifts no fall sideways.

    >>> smoothed([2.0, 2.0, 2.0]).round(6).tolist()
    [2.0, 2.0, 2.0]
    """
    steps = np.arange(len(losses))
    weights = np.exp(-0.5 * ((steps[:, None] - steps) / BLUR) ** 2)
    averages: np.ndarray = weights @ np.asarray(losses) / weights.sum(axis=1)
    return averages


def steepest(rates: Sequence[float], losses: np.ndarray) -> float | None:
    """The rate at which smoothed losses fall fastest over the logarithm of the rate; None: they do not fall.

    What comes behind the lowest loss is not looked at: a loss that has flown apart falls there, too.
    """
    end = int(np.argmin(losses)) + 1
    if losses[end - 1] > (1 - FELL) * losses[0] or end <= 2:
        return None
    places = np.log10(rates[:end])
    slopes = [_slope(places[part], losses[:end][part]) for part in _windows(end)]
    return float(rates[int(np.argmin(slopes))])


def _windows(count: int) -> list[slice]:
    return [slice(max(0, step - SLOPE), step + SLOPE + 1) for step in range(count)]


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of the line of least squares."""
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred))


def draw_rates(search: RateSearch, path: Path | IO[bytes]) -> None:
    """Loss over learning rate, the suggestion marked; PNG."""
    from matplotlib.figure import Figure as Canvas  # it loads in a second

    figure = Canvas(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    rates = [point.rate for point in search.points]
    axes.plot(rates, [point.loss for point in search.points], color="#b8bec6", label="each batch")
    line = [point.smoothed for point in search.points]
    axes.plot(rates, line, color="#1f5fbf", label="smoothed")
    if search.suggested is not None:
        axes.axvline(search.suggested, color="#c4314b", linestyle="--", label=f"{search.suggested:.1e}")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss in nats")
    low = min(point.loss for point in search.points)
    axes.set_ylim(low - 0.1 * (line[0] - low) - 0.01, 1.5 * line[0])
    axes.set_title(f"{search.network} on {search.data}", parse_math=False)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    figure.savefig(path, format="png")


@document_of.register
def rate_document(search: RateSearch) -> Document:
    """The picture, and what follows from it."""
    from io import BytesIO

    file = BytesIO()
    draw_rates(search, file)
    words = "no rate lowered the loss" if search.suggested is None else f"{search.suggested:.1e}"
    figures = KeyFigures(
        (
            ("suggested learning rate", words),
            ("lowest loss at", f"{search.lowest:.1e}"),
            ("optimiser", search.optimizer),
            ("batch size", number(search.batch_size)),
        )
    )
    caption = "Where the smoothed line falls fastest is a good highest rate of a training."
    picture = Figure(caption, f"loss over learning rate, suggested: {words}", Png(file.getvalue()))
    blocks = (picture, Notes(search.notes)) if search.notes else (picture,)
    sections = (Section("Loss over learning rate", blocks),)
    return Document(f"Learning rates of {search.network} on {search.data}", sections, lead=(figures,))


def flown_apart(losses: Sequence[float]) -> bool:
    """Whether the last losses are no numbers, or four times what they were at their best."""
    if not all(map(math.isfinite, losses[-3:])):
        return True
    means = [sum(losses[end - 3 : end]) / 3 for end in range(3, len(losses) + 1)]
    return bool(means) and means[-1] > 4 * min(means)
