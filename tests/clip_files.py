"""Tiny videos, encoded on the spot. The brightness of a frame tells its number."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

STEP = 12  # of brightness between neighbouring frames
_CODECS = {".avi": "mpeg4", ".webm": "libvpx"}


def brightness(number: int) -> int:
    return 20 + STEP * (number % 18)


def numbers_of(clip: np.ndarray) -> list[int]:
    """Of the frames of a clip (C, T, H, W), as long as there are no more than 18."""
    return [round((float(frame.mean()) - 20) / STEP) for frame in np.moveaxis(np.asarray(clip), 1, 0)]


def write_video(
    path: Path,
    frames: int = 12,
    *,
    size: tuple[int, int] = (32, 48),
    rate: int = 10,
    codec: str | None = None,
    pixels: str = "yuv420p",
    keys: int = 6,
    b_frames: int = 0,
    times: Sequence[int] | None = None,
    rotation: int | None = None,
    sound: bool = False,
    pictures: Sequence[np.ndarray] | None = None,
) -> Path:
    """A video of evenly grey frames, or of `pictures`, (H, W, 3) each.

    size: (H, W). keys: frames from one key frame to the next. times: when each frame is shown, in units of
    1 / rate seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    H, W = size
    shown = pictures or [np.full((H, W, 3), brightness(number), np.uint8) for number in range(frames)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec or _CODECS.get(path.suffix, "libx264"), rate=rate)
        stream.width, stream.height, stream.pix_fmt = W, H, pixels
        stream.codec_context.gop_size = keys
        stream.codec_context.max_b_frames = b_frames
        stream.time_base = stream.codec_context.time_base = Fraction(1, rate)
        if stream.codec_context.name == "libx264":
            stream.options = {"preset": "ultrafast" if not b_frames else "medium", "crf": "10"}
        else:
            stream.bit_rate = 2_000_000
        if rotation is not None:
            stream.set_display_rotation(rotation)
        noise = container.add_stream("aac", rate=8000) if sound else None
        for number, picture in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if noise is not None:
            _add_noise(container, noise, len(shown) / rate)
    return path


def _add_noise(container: "av.container.OutputContainer", stream: "av.AudioStream", seconds: float) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (1, int(8000 * seconds))).astype(np.float32)
    for start in range(0, samples.shape[1] - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(samples[:, start : start + 1024].copy(), "fltp", "mono")
        frame.sample_rate, frame.pts = 8000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def write_frames(folder: Path, frames: int = 12, size: tuple[int, int] = (32, 48)) -> Path:
    """A folder of images named img_1.png, img_2.png, … without leading zeros."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(frames):
        Image.new("RGB", size[::-1], (brightness(number),) * 3).save(folder / f"img_{number + 1}.png")
    return folder


def write_classes(
    root: Path, classes: Sequence[str] = ("jump", "run"), count: int = 10, **how: object
) -> Path:
    """A folder of class folders with videos 0.mp4, 1.mp4, …"""
    for name in classes:
        first = write_video(root / name / "0.mp4", **how)  # type: ignore[arg-type]
        for number in range(1, count):
            # A copy with another name and, so that it is no duplicate, another end.
            (root / name / f"{number}.mp4").write_bytes(first.read_bytes() + f"{name}{number}".encode())
    return root
