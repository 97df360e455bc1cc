"""Pictures: ROC and precision-recall curves, and the time line of a video with its frames and events."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.data.video.clip_reading import Reading, look_at, read_clip_header
from striate.data.video.sampling import Sampling
from striate.evaluating.curves import Curves
from striate.evaluating.predict_clips import VideoPrediction

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


PER_LINE = 12
"""Frames shown on a line of the picture, each the one in the middle of its part of the time."""
FULL = 24
"""Events of a line; where there are more, the time is drawn in more lines."""
LINES = 8
CLASSES = 10
"""Classes drawn: those of which most time is told; more are counted in the title."""
HEIGHT = 96
"""Pixels of a frame."""
WIDTH = 14.0
"""Inches of the picture."""


def draw_timeline(video: VideoPrediction, path: Path | BinaryIO) -> None:
    """Draws a video whose events were asked for, as PNG.

    Time goes from left to right, in several lines where there are many events. Of each class that happens
    there is a lane: its probability as an area, and its events as bars. The frames above are read from the
    file again.

    Args:
        video: the prediction.
        path: of the picture, or where its bytes go.

    Raises:
        UnreadableError: the video cannot be read any more.
    """
    assert video.timeline is not None
    assert video.events is not None
    names = _lanes(video)
    lines = min(LINES, 1 + (len(video.events) - 1) // FULL) if video.events else 1
    frames = _frames(Path(video.whole.file), lines * PER_LINE)  # (lines · PER_LINE, H, W, 3)
    strip = WIDTH / PER_LINE * frames.shape[1] / frames.shape[2]
    lane = 0.3 * max(1, len(names))
    figure = Figure(figsize=(WIDTH, 0.6 + lines * (strip + lane + 0.5)), dpi=120, layout="constrained")
    parts = figure.subplots(2 * lines, 1, squeeze=False, gridspec_kw={"height_ratios": [strip, lane] * lines})
    edges = np.linspace(video.timeline.cuts[0], video.timeline.cuts[-1], lines + 1)
    for line in range(lines):
        _draw_frames(parts[2 * line, 0], frames[line * PER_LINE : (line + 1) * PER_LINE])
        _draw_lanes(parts[2 * line + 1, 0], video, names, edges[line], edges[line + 1])
    parts[-1, 0].set_xlabel("seconds")
    figure.suptitle(_title(video, len(names)), parse_math=False)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of letters that the font lacks
        figure.savefig(path, format="png")


def _lanes(video: VideoPrediction) -> list[str]:
    """The classes that are drawn: those that happen, the longest first."""
    lasting: dict[str, float] = {}
    for event in video.events or ():
        lasting[event.label] = lasting.get(event.label, 0.0) + event.end - event.start
    return sorted(lasting, key=lambda name: -lasting[name])[:CLASSES]


def _title(video: VideoPrediction, drawn: int) -> str:
    events = video.events or ()
    classes = len({event.label for event in events})
    more = "" if classes <= drawn else f", {drawn} of {classes} classes drawn"
    happen = "1 event" if len(events) == 1 else f"{len(events)} events" if events else "no event"
    return f"{Path(video.whole.file).name}: {happen}{more}"


def _frames(path: Path, count: int) -> np.ndarray:
    """(count, H, W, 3) of the middles of equal parts of the video."""
    height, width, *_ = read_clip_header(path)
    size = HEIGHT, max(8, round(HEIGHT * min(3.0, width / height)))
    return np.moveaxis(look_at(path, Reading(Sampling(count), 3, size)), 0, -1)


def _draw_frames(axes: Axes, frames: np.ndarray) -> None:
    axes.imshow(np.concatenate(list(frames), axis=1), aspect="auto", interpolation="nearest")
    axes.set_axis_off()


def _draw_lanes(axes: Axes, video: VideoPrediction, names: list[str], begin: float, end: float) -> None:
    """One lane a class, the first on top; the ticks are seconds."""
    assert video.timeline is not None
    cuts, rows = video.timeline
    for lane, name in enumerate(reversed(names)):
        colour = f"C{names.index(name)}"
        scores = rows[:, video.classes.index(name)]
        axes.fill_between(
            cuts, lane, lane + 0.8 * np.append(scores, scores[-1]), step="post", color=colour, alpha=0.3, lw=0
        )
        spans = [(one.start, one.end - one.start) for one in video.events or () if one.label == name]
        axes.broken_barh(spans, (lane - 0.08, 0.12), facecolors=colour)
    axes.set_yticks(np.arange(len(names)) + 0.4, list(reversed(names)), parse_math=False)
    axes.set(xlim=(begin, end), ylim=(-0.12, max(1, len(names))))
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
