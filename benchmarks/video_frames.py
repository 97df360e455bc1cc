"""Drawn videos of every codec and container: is every frame that is read the one that was asked for?

    python benchmarks/video_frames.py [--count 500] [--first 0] [--keep FOLDER]

Each file is drawn from its number: container, codec, first time, key frames, B-frames, open or closed groups,
even or uneven times, fragments. A fourth of them are cut, undecoded, at a key frame. In each frame stands its
number. Expected is what PyAV decodes from the beginning (from the first key frame on), which for whole files
must be all that was painted; where the ffmpeg command is installed, it is asked too.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from painted_videos import (
    NO_NUMBER,
    SIDE,
    cut,
    draw,
    expected_numbers,
    number_of,
    write_drawn,
    wrong_frames,
    wrong_times,
)
from striate.data.unreadable_files import UnreadableError
from striate.data.video.clip_reading import decode_all_frames
from striate.data.video.video_file import VideoError

FFMPEG = shutil.which("ffmpeg")
os.environ["SVT_LOG"] = "0"


def by_ffmpeg(path: Path) -> list[int]:
    """Painted numbers, as the command decodes them from the beginning."""
    command = [FFMPEG or "", "-v", "quiet", "-i", f"file:{path}", "-map", "0:v:0", "-vsync", "passthrough"]
    command += ["-pix_fmt", "gray", "-f", "rawvideo", "-"]
    content = subprocess.run(command, capture_output=True, check=False).stdout
    return [number_of(frame) for frame in np.frombuffer(content, np.uint8).reshape(-1, SIDE, SIDE)]


def examine(number: int, folder: Path) -> tuple[str, list[str], str]:
    """What came of one file: right, wrong or refused; the words; and what the file was."""
    drawn, draws = draw(number), random.Random(number)
    path = write_drawn(folder / f"{number}.{drawn.suffix}", drawn)
    is_cut = drawn.codec not in ("gif", "av1") and draws.random() < 0.25  # PyAV cannot copy those
    what = f"{number} {drawn}" + " cut" * is_cut
    if is_cut:
        with suppress(av.error.ArgumentError, IndexError):  # no stream found; packets without times
            path = cut(path, folder / f"cut-{path.name}", draws.choice((0, 1, 1, 2)))
    expected = expected_numbers(path)
    words = []
    if not is_cut and expected != list(range(drawn.frames)):
        words.append(f"(the file itself holds {expected})")
    if FFMPEG and not is_cut and by_ffmpeg(path) != expected:
        words.append(f"(ffmpeg decodes {by_ffmpeg(path)})")
    if NO_NUMBER in expected:
        words.append("(a frame without number is decoded)")
    if not expected:
        return ("right" if _is_refused(path) else "wrong"), ["(nothing in it can be decoded)"], what
    try:
        wrong = wrong_frames(path, expected, draws) + ([] if is_cut else wrong_times(path, drawn))
        decode_all_frames(path)
    except (UnreadableError, VideoError) as error:
        return "refused", [*words, str(error)], what
    return ("wrong" if wrong else "right"), words + wrong, what


def _is_refused(path: Path) -> bool:
    try:
        decode_all_frames(path)
    except UnreadableError:
        return True
    return False


def main() -> int:
    """Draws, reads, counts; exit code 1 if a frame was wrong or a file refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="keeps here the files that went wrong")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    for number in range(asked.first, asked.first + asked.count):
        with tempfile.TemporaryDirectory() as name:
            try:
                answer, words, what = examine(number, Path(name))
            except Exception:
                answer, words, what = "error", [traceback.format_exc()], f"{number} {draw(number)}"
            counts[answer] += 1
            if words or answer != "right":
                print(f"{answer}: {what}\n    " + "\n    ".join(words), flush=True)
            if asked.keep and answer != "right":
                shutil.copytree(name, asked.keep, dirs_exist_ok=True)
    print(", ".join(f"{counts[key]} {key}" for key in ("right", "wrong", "refused", "error")))
    return int(counts["right"] < asked.count)


if __name__ == "__main__":
    sys.exit(main())
