"""What each clip of moving digits shows: chosen for all at once, drawn for any of them, always the same."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from striate.data.builtin.moving import Difficulty, Path, draw_ink, draw_paths, photos, smooth, still_paths
from striate.data.optical_flow import flow_of_clips, with_flow

_CHUNK = 64  # clips drawn at once: few enough for the processor's cache
_LARGEST = 128  # pixels of a digit's picture: beyond, more add nothing to 8 × 8


class Backdrop(NamedTuple):
    """What lies behind the digits: plain grey, or a part of a photograph."""

    photo: np.ndarray  # (N,) which
    top: np.ndarray  # (N,) its first row
    left: np.ndarray  # (N,) its first column
    grey: np.ndarray  # (N,) the plain grey


@dataclass(frozen=True)
class Scenes:
    """N clips that can be drawn. `draw` gives them."""

    pictures: np.ndarray  # (M, S, S) float32 in [0, 1], the digits enlarged
    photographs: tuple[np.ndarray, ...]  # each (h, w, 3) uint8; none for grey clips
    backdrop: Backdrop
    which: np.ndarray  # (N, 1 + D) digits: the D that stand still, and last the one that moves
    colours: np.ndarray  # (N, 1 + D, C) float32 of their ink, in [0, 255]
    still: Path  # (N · D, 1)
    moving: Path  # (N, T)
    noise: float  # standard deviation of a pixel, in [0, 255]
    seed: int  # of the noise
    size: tuple[int, int]  # H, W

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """N, C, T, H, W of all clips."""
        N, T = self.moving.x.shape
        return (N, self.colours.shape[2], T, *self.size)

    def draw(self, clips: np.ndarray) -> np.ndarray:
        """(B, C, T, H, W) uint8 of these clips, given by their numbers."""
        drawn = np.empty((len(clips), *self.shape[1:]), np.uint8)
        for start in range(0, len(clips), _CHUNK):
            part = slice(start, start + _CHUNK)
            drawn[part] = self._draw(clips[part])
        return drawn

    def _draw(self, clips: np.ndarray) -> np.ndarray:
        scene = self._ground(clips)[:, :, None]  # (B, C, 1, H, W)
        B, D = len(clips), self.which.shape[1] - 1
        for number in range(D):
            path = Path(*(value.reshape(-1, D, 1)[clips, number] for value in self.still))
            scene = self._laid(scene, clips, number, path)
        scene = self._laid(scene, clips, D, Path(*(value[clips] for value in self.moving)))
        if self.noise:
            scene += self.noise * np.stack([self._noise(clip) for clip in clips])
            np.clip(scene, 0, 255, out=scene)
        assert scene.shape == (B, *self.shape[1:])
        pixels: np.ndarray = np.rint(scene, out=scene).astype(np.uint8)
        return pixels

    def _laid(self, scene: np.ndarray, clips: np.ndarray, number: int, path: Path) -> np.ndarray:
        """The scene, and over it the ink of each clip's digit `number`."""
        ink = draw_ink(self.pictures, self.which[clips, number], path, self.size)  # (B, T, H, W) in [0, 1]
        colour = self.colours[clips, number][:, :, None, None, None]
        laid: np.ndarray = scene + ink[:, None] * (colour - scene)
        return laid

    def _noise(self, clip: int) -> np.ndarray:
        random = np.random.Generator(np.random.Philox(key=[self.seed, 0], counter=[0, 0, 0, int(clip)]))
        noise: np.ndarray = random.standard_normal(self.shape[1:], np.float32)
        return noise

    def _ground(self, clips: np.ndarray) -> np.ndarray:
        """(B, C, H, W) float32 behind everything."""
        H, W = self.size
        ground = np.empty((len(clips), self.shape[1], H, W), np.float32)
        ground[:] = self.backdrop.grey[clips][:, None, None, None]
        for number, photograph in enumerate(self.photographs):
            windows = np.lib.stride_tricks.sliding_window_view(photograph, (H, W), axis=(0, 1))
            rows = np.flatnonzero(self.backdrop.photo[clips] == number)
            chosen = clips[rows]
            ground[rows] = windows[self.backdrop.top[chosen], self.backdrop.left[chosen]]
        return ground


def draw_scenes(
    digits: np.ndarray,
    motions: np.ndarray,
    difficulty: Difficulty,
    seed: tuple[int, int],
    *,
    frames: int,
    channels: int,
    size: tuple[int, int],
) -> Scenes:
    """One scene for each of `motions`, (N,) numbers in MOTIONS, with some of `digits`, (M, 8, 8) uint8."""
    random = np.random.default_rng(seed)
    N, D = len(motions), difficulty.distractors
    photographs = photos(max(size)) if channels == 3 else ()
    backdrop = _backdrops(N, photographs, size, random)
    return Scenes(
        pictures=smooth(digits, min(_LARGEST, max(32, 2 * max(size)))),
        photographs=photographs,
        backdrop=backdrop,
        which=random.integers(len(digits), size=(N, 1 + D)),
        colours=_colours(N, 1 + D, channels, backdrop, photographs, size, random),
        still=still_paths(N * D, difficulty, random),
        moving=draw_paths(motions, frames, difficulty, random),
        noise=difficulty.noise,
        seed=int(random.integers(2**62)),
        size=size,
    )


def _backdrops(
    N: int, photographs: tuple[np.ndarray, ...], size: tuple[int, int], random: np.random.Generator
) -> Backdrop:
    grey = random.uniform(0, 60, N).astype(np.float32)
    if not photographs:
        none = np.zeros(N, np.int64)
        return Backdrop(none, none, none, grey)
    photo = random.integers(len(photographs), size=N)
    room = np.array([np.subtract(photo.shape[:2], size) + 1 for photo in photographs])[photo]  # (N, 2)
    top, left = np.floor(random.random((N, 2)) * room).astype(np.int64).T
    return Backdrop(photo, top, left, grey)


def _colours(
    N: int,
    count: int,
    channels: int,
    backdrop: Backdrop,
    photographs: tuple[np.ndarray, ...],
    size: tuple[int, int],
    random: np.random.Generator,
) -> np.ndarray:
    """(N, count, C) of inks: bright; on photographs dark where the photograph is bright."""
    ink = random.uniform(170, 255, (N, count, channels)).astype(np.float32)
    if photographs:
        H, W = size
        middles = zip(backdrop.photo, backdrop.top + H // 2, backdrop.left + W // 2, strict=True)
        bright = np.array([photographs[photo][row, column].mean() > 127 for photo, row, column in middles])
        ink[bright] = 255 - ink[bright]
    return ink


class BothWays:
    """Twice as many clips as scenes: clip 2 i is scene i, and clip 2 i + 1 the same played backwards.

    They are drawn when they are asked for, by index, as from an array (2 N, C, T, H, W) uint8. With `flow`,
    its planes follow the picture's.
    """

    def __init__(self, scenes: Scenes, flow: str | None) -> None:
        N, C, *rest = scenes.shape
        self._scenes, self._flow = scenes, flow
        self.shape = (2 * N, C + (0 if flow is None else 2), *rest)

    @property
    def nbytes(self) -> int:
        """What all of them would take."""
        return math.prod(self.shape)

    def __getitem__(self, clip: int) -> np.ndarray:
        drawn = self._scenes.draw(np.array([clip // 2]))[0]
        if clip % 2:
            drawn = drawn[:, ::-1]
        return drawn if self._flow is None else with_flow(drawn, self._flow)

    def all(self) -> np.ndarray:
        """All of them at once."""
        values = np.empty(self.shape, np.uint8)
        N, C = self._scenes.shape[:2]
        pictures = values[:, :C]
        pictures[0::2] = self._scenes.draw(np.arange(N))
        pictures[1::2] = pictures[0::2, :, ::-1]
        if self._flow is not None:
            values[:, C:] = flow_of_clips(pictures, self._flow)
        return values
