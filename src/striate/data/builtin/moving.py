"""How the digits of `motion-digits` move: four motions that each have an opposite, what varies, the pixels.

All lengths are shares of the picture's side, x to the right and y down, the picture's centre at (0, 0);
angles are in radians, clockwise as seen. Time runs from −1 to 1 over the frames of a clip, however many they
are.

| motion | its path |
|---|---|
| right | straight, turned from the axis by up to `tilt` |
| down | the same, along the other axis |
| clockwise | a turn about a point beside the digit: where it is and its own angle change together |
| growing | its size, by a constant factor from frame to frame |

Each frame asks its digit's picture for the ink under each of its pixels.
"""

import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path as File
from typing import NamedTuple

import numpy as np
from PIL import Image

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


_BORDER = 1  # of paper around the 8 × 8 pixels, so that what lies outside is paper
PHOTOS = ("china.jpg", "flower.jpg")


def smooth(digits: np.ndarray, side: int) -> np.ndarray:
    """(M, 8, 8) uint8 → (M, S, S) float32 in [0, 1]: enlarged by cubic convolution (Keys 1981).

    The result shows a square 10/8 as wide as the digit, paper all around.
    """
    framed = np.pad(digits, ((0, 0), (_BORDER, _BORDER), (_BORDER, _BORDER))).astype(np.float32)
    weights = _cubic(framed.shape[1], side)
    large: np.ndarray = (weights @ framed @ weights.T / 255).clip(0, 1)
    return large


def _cubic(small: int, large: int) -> np.ndarray:
    """(large, small) weights that bring a line of `small` samples to `large`."""
    at = (np.arange(large) + 0.5) * (small / large) - 0.5
    away = np.abs(at[:, None] - np.arange(small))
    near = 1.5 * away**3 - 2.5 * away**2 + 1
    far = -0.5 * away**3 + 2.5 * away**2 - 4 * away + 2
    weights: np.ndarray = np.where(away < 1, near, np.where(away < 2, far, 0)).astype(np.float32)
    return weights


def draw_ink(pictures: np.ndarray, which: np.ndarray, path: Path, size: tuple[int, int]) -> np.ndarray:
    """(N, T, H, W) float32: how much ink digit `which[n]` lays on each pixel along its path, 0 to 1.

    Args:
        pictures: (M, S, S) from `smooth`.
        which: (N,) rows of it.
        path: of N digits and T frames.
        size: (H, W) of a frame.
    """
    S = pictures.shape[1]
    x, y, angle, side = (value.astype(np.float32) for value in path)  # each (N, T)
    scale = S * 8 / (8 + 2 * _BORDER) / side  # picture's pixels for a whole side of the clip's frame
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    across, down = (_positions(pixels) for pixels in (size[1], size[0]))  # (W,), (H,)
    # Turned back by the digit's angle: u = cos · (px − x) + sin · (py − y), v likewise with −sin and cos.
    right, below = across - x[..., None], down - y[..., None]  # (N, T, W), (N, T, H)
    u = _index(cosine, right, sine, below, S)
    v = _index(-sine, right, cosine, below, S)
    v *= S
    v += u
    v += (which.astype(np.int32) * (S * S))[:, None, None, None]
    return pictures.reshape(-1).take(v)


def _positions(pixels: int) -> np.ndarray:
    """Where the centres of a line of pixels lie, from −½ to ½."""
    return ((np.arange(pixels) + 0.5) / pixels - 0.5).astype(np.float32)


def _index(by_x: np.ndarray, right: np.ndarray, by_y: np.ndarray, below: np.ndarray, S: int) -> np.ndarray:
    """(N, T, H, W) int32: the picture's row or column under each pixel; outside, that of the border."""
    columns = by_x[..., None] * right + S / 2  # (N, T, W)
    rows = by_y[..., None] * below  # (N, T, H)
    positions = rows[..., :, None] + columns[..., None, :]
    np.clip(positions, 0, S - 1, out=positions)
    indices: np.ndarray = positions.astype(np.int32)
    return indices


def photos(side: int) -> tuple[np.ndarray, ...]:
    """The photographs that come with scikit-learn, (h, w, 3) uint8, brought to a short side of 3 `side`."""
    spec = find_spec("sklearn")
    folder = File(spec.origin or "").parent / "datasets" / "images" if spec else File()
    if all((folder / name).is_file() for name in PHOTOS):
        pictures = [Image.open(folder / name).convert("RGB") for name in PHOTOS]
    else:  # scikit-learn has moved them; its own loader takes a second to import
        from sklearn.datasets import load_sample_images

        pictures = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    return tuple(np.asarray(_resized(picture, 3 * side)) for picture in pictures)


def _resized(picture: Image.Image, short: int) -> Image.Image:
    scale = short / min(picture.size)
    W, H = (max(short, round(pixels * scale)) for pixels in picture.size)
    return picture.resize((W, H), Image.Resampling.BILINEAR)
