"""Moving digits → pixels: each frame asks its digit's picture for the ink under each of its pixels."""

from importlib.util import find_spec
from pathlib import Path as File

import numpy as np
from PIL import Image

from striate.data.builtin.paths import Path

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
