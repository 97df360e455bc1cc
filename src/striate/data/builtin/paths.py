"""How the digits of `motion-digits` move: the four motions that each have an opposite, and what varies.

All lengths are shares of the picture's side, x to the right and y down, the picture's centre at (0, 0);
angles are in radians, clockwise as seen. Time runs from −1 to 1 over the frames of a clip, however many they
are.

| motion | its path |
|---|---|
| right | straight, turned from the axis by up to `tilt` |
| down | the same, along the other axis |
| clockwise | a turn about a point beside the digit: where it is and its own angle change together |
| growing | its size, by a constant factor from frame to frame |
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

MOTIONS = ("right", "down", "clockwise", "growing")


@dataclass(frozen=True)
class Difficulty:
    """What makes the motion hard to see. Pairs are the lowest and the highest."""

    travel: tuple[float, float] = (0.34, 0.56)
    """Way of the straight motions."""
    turn: tuple[float, float] = (100.0, 190.0)
    """Degrees of a turn."""
    growth: tuple[float, float] = (1.7, 2.5)
    """Last size over first."""
    tilt: float = 15.0
    """Degrees by which a straight way may be off its axis."""
    side: tuple[float, float] = (0.34, 0.46)
    """Side of the digit's own 8 × 8 square."""
    wobble: float = 0.004
    """Standard deviation of its position from frame to frame."""
    noise: float = 8.0
    """Standard deviation of each pixel, of 255."""
    distractors: int = 0
    """Other digits, which stand still, behind the moving one."""


DIFFICULTIES = {
    "motion-digits": Difficulty(),
    "motion-digits-easy": Difficulty(tilt=5.0, side=(0.4, 0.46), wobble=0.0, noise=0.0),
    "motion-digits-hard": Difficulty(
        travel=(0.22, 0.5),
        turn=(60.0, 150.0),
        growth=(1.3, 2.0),
        tilt=25.0,
        wobble=0.012,
        noise=20.0,
        distractors=2,
    ),
}


class Path(NamedTuple):
    """Where digits are in each frame: four arrays (N, T)."""

    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray
    side: np.ndarray


def draw_paths(motions: np.ndarray, frames: int, difficulty: Difficulty, random: np.random.Generator) -> Path:
    """One path for each of `motions`, (N,) numbers in MOTIONS."""
    time = np.linspace(-1, 1, frames) if frames > 1 else np.zeros(1)
    shape = (len(motions), 1)
    start = _middles(shape, difficulty, random)
    paths = [
        _straight(start, 0.0, time, difficulty, random),
        _straight(start, math.pi / 2, time, difficulty, random),
        _turning(start, time, difficulty, random),
        _growing(start, time, difficulty, random),
    ]
    chosen = Path(*(np.choose(motions[:, None], values) for values in zip(*paths, strict=True)))
    shaken = random.normal(0, difficulty.wobble, (2, *chosen.x.shape))
    return chosen._replace(x=chosen.x + shaken[0], y=chosen.y + shaken[1])


def still_paths(count: int, difficulty: Difficulty, random: np.random.Generator) -> Path:
    """Digits that stay where they are, anywhere in the picture: (N, 1) each."""
    x, y = random.uniform(-0.45, 0.45, (2, count, 1))
    return _middles((count, 1), difficulty, random)._replace(x=x, y=y)


def _middles(shape: tuple[int, int], difficulty: Difficulty, random: np.random.Generator) -> Path:
    """Of the way, in time: near the picture's centre, nearly upright."""
    x, y = random.uniform(-0.14, 0.14, (2, *shape))
    angle = random.uniform(-0.3, 0.3, shape)
    return Path(x, y, angle, random.uniform(*difficulty.side, shape))


def _straight(
    start: Path, heading: float, time: np.ndarray, difficulty: Difficulty, random: np.random.Generator
) -> Path:
    shape = start.x.shape
    way = heading + np.deg2rad(random.uniform(-difficulty.tilt, difficulty.tilt, shape))
    half = random.uniform(*difficulty.travel, shape) / 2
    x, y = start.x + half * np.cos(way) * time, start.y + half * np.sin(way) * time
    return Path(x, y, start.angle + 0 * time, start.side + 0 * time)


def _turning(start: Path, time: np.ndarray, difficulty: Difficulty, random: np.random.Generator) -> Path:
    shape = start.x.shape
    half = np.deg2rad(random.uniform(*difficulty.turn, shape)) / 2
    radius = random.uniform(0.1, 0.2, shape)
    bearing = random.uniform(0, 2 * math.pi, shape) + half * time
    x, y = start.x + radius * np.cos(bearing), start.y + radius * np.sin(bearing)
    return Path(x, y, start.angle + half * time, start.side + 0 * time)


def _growing(start: Path, time: np.ndarray, difficulty: Difficulty, random: np.random.Generator) -> Path:
    half = np.log(random.uniform(*difficulty.growth, start.x.shape)) / 2
    side = start.side * np.exp(half * time)
    return Path(start.x + 0 * time, start.y + 0 * time, start.angle + 0 * time, side)
