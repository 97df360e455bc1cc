"""`striate data pack`."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from striate.cli.arguments import Flag
from striate.cli.tables import counting, print_lines
from striate.data import pack_data


@dataclass(frozen=True)
class Pack:
    """Decode clips once, so that training reads them at full speed; goes on after an interruption.

    examples:
      striate data pack clips/ --out packed/
      striate data pack trainlist01.txt --out packed/ --short-side 128 --fps 15
    """

    source: tyro.conf.Positional[str]
    """A folder with one folder of videos per class, or a list file."""
    out: Path
    """A new folder, which is then given to `striate train`."""
    short_side: int = 128
    """Pixels to which the short side of each clip is brought."""
    fps: float | None = None
    """Frames per second that are kept; by default all."""
    channels: Literal[1, 3] | None = None
    """1 (grey) or 3 (RGB); by default what the clips have."""
    flow: Literal["dis", "farneback"] | None = None
    """Compute optical flow too, which is otherwise done when it is first asked for."""
    workers: int | None = None
    """Processes that decode; by default one a processor, up to 8."""
    json: Flag = False
    """Print the result as JSON and nothing else on standard output."""


def main(command: Pack) -> int:
    """Packs, and says where."""
    with counting("packing") as progress:
        packed = pack_data(
            command.source,
            command.out,
            short_side=command.short_side,
            fps=command.fps,
            channels=command.channels,
            flow=command.flow,
            workers=command.workers,
            progress=progress,
        )
    if command.json:
        print(json.dumps(packed.to_json(), indent=2, ensure_ascii=False))
        return 0
    print_lines("skipped", (f"{one.path}: {one.reason}" for one in packed.skipped))
    print_lines("note", packed.notes)
    size = f"{packed.bytes / 2**30:.3g} GiB"
    print(f"{packed.clips:,} clips of {packed.frames:,} frames are in {packed.folder} ({size})")
    print(f"\nnext:  striate train {shlex.quote(packed.folder)}")
    return 0
