"""Tiny clips that only the order of frames tells apart: a bright square that goes right, or left."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from small_runs import small_recipe, small_run
from striate.data import pack_data
from striate.training.train import Run

FRAMES, SIDE = 6, 12
CLIP_STEPS = 5
"""An epoch of a small training on them: 40 clips in batches of 8."""
SHIFTING = {"widths": (8, 8), "hidden": ()}
"""Channels enough for a temporal shift."""


def pictures(right: bool, seed: int) -> list[np.ndarray]:
    """The frames of one clip, (H, W) uint8 each."""
    random = np.random.default_rng([seed, right])
    frames = []
    top, ground = int(random.integers(0, SIDE - 4)), int(random.integers(0, 60))
    for t in range(FRAMES):
        frame = np.full((SIDE, SIDE), ground, np.uint8)
        left = t if right else FRAMES - 1 - t
        frame[top : top + 4, left : left + 4] = 255
        frames.append(frame)
    return frames


def write_frame_folders(root: Path, train: int = 24, test: int = 7) -> Path:
    """root/train/right/0/1.png and so on."""
    for split, count, first in (("train", train, 0), ("test", test, 1000)):
        for name in ("left", "right"):
            for number in range(count):
                folder = root / split / name / str(number)
                folder.mkdir(parents=True)
                for t, frame in enumerate(pictures(name == "right", first + number)):
                    Image.fromarray(frame).save(folder / f"{t}.png")
    return root


def write_video(path: Path, frames: list[np.ndarray], rate: int = 5) -> Path:
    """An MP4 file of these (H, W) uint8 frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "5"})
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            pixels = np.repeat(frame[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def write_videos(root: Path, train: int = 8, test: int = 2) -> Path:
    """root/train/right/0.mp4 and so on, 24 × 24 pixels."""
    for split, count, first in (("train", train, 0), ("test", test, 1000)):
        for name in ("left", "right"):
            for number in range(count):
                frames = [
                    np.kron(one, np.ones((2, 2), np.uint8))
                    for one in pictures(name == "right", first + number)
                ]
                write_video(root / split / name / f"{number}.mp4", frames)
    return root


def write_small_clips(folder: Path) -> Path:
    """The same, packed: it opens at once. 40 to train, 8 to validate, 14 to test."""
    source = write_frame_folders(folder / "frames")
    pack_data(source, folder / "clips", short_side=SIDE, workers=0)
    return folder / "clips"


def clip_run(out: Path, recipe: Any = None, **changes: Any) -> Run:
    """A training on clips in a fraction of a second."""
    chosen = {"frames": 4, "time": "tsm", "options": SHIFTING, **changes}
    return small_run(out, recipe or small_recipe(batch_size=8), **chosen)
