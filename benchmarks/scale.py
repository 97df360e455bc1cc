"""What a packed set of very many clips asks of one process before its first batch: the index, not the frames.

    python benchmarks/scale.py [10000 100000 1000000] [--frames 100]

For each number of clips a packed set is laid down whose frames are a hole in a file (8×8 pixels, so that the
disk does not matter), and a process of its own opens it as training does and draws an epoch's order. Told
are the seconds and the memory that opening takes, the size of `pack.json`, and the files that are open. What
grows with the clips stands in the last columns, by clip.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from striate.data.packed.frame_file import sums_of
from striate.data.packed.packed_clips import FRAMES, LOG, PACK, VERSION, Pack, sealed

SIDE = 8


def lay_down(folder: Path, clips: int, frames: int) -> None:
    """A packed set of two classes; one clip in ten is held out."""
    pack = Pack(
        name="many",
        classes=("one", "two"),
        channels=3,
        short_side=SIDE,
        fps=25.0,
        keys=tuple(f"{number % 2}/{number:09d}.mp4" for number in range(clips)),
        labels=tuple(number % 2 for number in range(clips)),
        split=tuple("val" if number % 20 < 2 else "train" for number in range(clips)),
        shapes=((frames, SIDE, SIDE),) * clips,
        notes=(),
        skipped=(),
        seconds=(frames / 25,) * clips,
    )
    (folder / PACK).write_text(sealed({"version": VERSION, **pack.to_json()}), encoding="utf-8")
    (folder / LOG).write_text("", encoding="utf-8")
    for path, size in ((folder / FRAMES, 3 * SIDE * SIDE), (sums_of(folder / FRAMES), 4)):
        with path.open("wb") as file:
            file.truncate(clips * frames * size)


def peak() -> float:
    """MB of memory at most, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def opened(folder: Path) -> dict[str, float]:
    """What opening costs this process."""
    from striate.data import open_data
    from striate.training.plan import Plan

    before, began = peak(), time.perf_counter()
    data = open_data(str(folder))
    found = {"open s": time.perf_counter() - began, "open MB": peak() - before}
    links = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    found["files"] = sum("many-" in str(one.readlink()) for one in links)
    began = time.perf_counter()
    Plan(len(data.splits["train"]), 256, 1, "fp32").batches(0, 0, slice(0, 4))
    return found | {"order s": time.perf_counter() - began, "peak MB": peak()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--opened", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.opened is not None:
        print(json.dumps(opened(asked.opened)))
        return
    for clips in asked.clips:
        with TemporaryDirectory(prefix="many-") as folder:
            lay_down(Path(folder), clips, asked.frames)
            words = [sys.executable, __file__, "--opened", folder]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            index = (Path(folder) / PACK).stat().st_size
        print(
            f"{clips:>10,} clips: opened in {found['open s']:6.1f} s, {found['open MB']:7.0f} MB, "
            f"{found['files']:.0f} files open; order {found['order s']:5.2f} s; "
            f"peak {found['peak MB']:7.0f} MB; "
            f"index {index / 1e6:7.1f} MB, {index / clips:.0f} bytes a clip, memory "
            f"{1e6 * found['open MB'] / clips:.0f} bytes a clip",
            flush=True,
        )


if __name__ == "__main__":
    main()
