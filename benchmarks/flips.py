"""One bit of a run's files flipped, a thousand times each: is it refused, or does it mean the same as before?

    python benchmarks/flips.py [--count 1000] [--seed 0]

The files are those of a small training (checkpoint, weights, record, history, and its weights as a `.pth`)
and of a small pack of clips, all of whose frames are read.
Counted: refused; the same, where a bit that means nothing was hit; believed, where it reads otherwise.
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import striate
from striate.data import pack_data
from striate.errors import StriateError
from striate.models import read_weights
from striate.models.spec import network_of
from striate.runs import CHECKPOINT, HISTORY, MODEL, RECORD, read_history, read_record
from striate.training.checkpoint import read_checkpoint
from striate.training.progress import Reporter

Reader = Callable[[Path], Any]


def equal(one: Any, other: Any) -> bool:
    """Bit for bit, however deeply nested."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def flips(path: Path, read: Reader, count: int, draw: random.Random) -> Counter[str]:
    """What came of flipping one drawn bit of a file, so often."""
    whole, expected = path.read_bytes(), read(path)
    found: Counter[str] = Counter()
    for _ in range(count):
        bit, damaged = draw.randrange(8 * len(whole)), bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found["same" if equal(read(path), expected) else "believed"] += 1
        except StriateError:
            found["refused"] += 1
    path.write_bytes(whole)
    return found


def packed(folder: Path) -> list[Path]:
    """The files of a pack of four clips in each of two classes."""
    for number in range(4):
        for label in ("up", "down"):
            clip = folder / "clips" / label / str(number)
            clip.mkdir(parents=True)
            for t in range(4):
                pixels = np.random.default_rng([number, t]).integers(0, 256, (16, 16), dtype=np.uint8)
                Image.fromarray(pixels).save(clip / f"{t}.png")
    pack_data(folder / "clips", folder / "pack", short_side=16)
    return sorted(path for path in (folder / "pack").iterdir() if path.name != ".lock")


def frames_of(pack: Path) -> list[torch.Tensor]:
    """Every clip of a pack."""
    data = striate.open_data(pack, frames=4)
    return [split.take(range(len(split))) for split in data.splits.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "run"
        options = {"widths": (4, 8), "hidden": ()}
        striate.train("digits", out=run, options=options, epochs=2, reporter=Reporter())
        published = Path(name) / "weights.pth"
        torch.save({"state_dict": striate.load(run).state_dict()}, published)
        files: dict[Path, Reader] = {
            run / CHECKPOINT: lambda path: read_checkpoint(run)[1],
            run / MODEL: lambda path: network_of(run, read_record(run)).state_dict(),
            run / RECORD: lambda path: read_record(run),
            run / HISTORY: lambda path: read_history(run),
            published: read_weights,
            **dict.fromkeys(packed(Path(name)), lambda path: frames_of(path.parent)),
        }
        print(f"{'file':<20}{'refused':>10}{'same':>10}{'believed':>10}")
        for path, read in files.items():
            found = flips(path, read, asked.count, random.Random(asked.seed))
            print(
                f"{path.name:<20}" + "".join(f"{found[kind]:>10}" for kind in ("refused", "same", "believed"))
            )
        shutil.rmtree(run)


if __name__ == "__main__":
    main()
