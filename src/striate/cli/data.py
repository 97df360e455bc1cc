"""`striate data get`, `check`, `pack` and `flow`."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import striate
from striate.checked import meant
from striate.cli.arguments import read
from striate.cli.options import File, Flag, Folder, Metavar, Positional
from striate.cli.printing import counting, fetching, print_json, print_lines
from striate.errors import ArgumentError


@dataclass(frozen=True)
class Get:
    """Download a public data set, checked by its checksums; goes on after an interruption.

    examples:
      striate data get mnist
      striate data get fashion-mnist --out datasets/fashion-mnist
    """

    name: Annotated[str, Positional("NAME")]
    """mnist or fashion-mnist."""
    out: Folder | None = None
    """Where to put it. By default where `striate train NAME` finds it."""
    json: Flag = False
    """Print the folder as JSON and nothing else on standard output."""


@dataclass(frozen=True)
class Check:
    """Read every file of a data set of images or clips and name those that cannot be used; exit code 2 if
    there are any.

    examples:
      striate data check photos/
      striate data check clips/
    """

    source: Annotated[str, Positional("DATA")]
    """As for `striate train`."""
    json: Flag = False
    """Print the report as JSON and nothing else on standard output."""


@dataclass(frozen=True)
class Pack:
    """Decode clips once, so that training reads them at full speed; goes on after an interruption.

    examples:
      striate data pack clips/ --out packed/
      striate data pack trainlist01.txt --out packed/ --short-side 128 --fps 15
    """

    source: Annotated[str, Positional("CLIPS")]
    """A folder with one folder of videos per class, or a list file."""
    out: Folder
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


@dataclass(frozen=True)
class Flow:
    """Draw the optical flow of a clip in colour: the hue says where to, the strength how far.

    examples:
      striate data flow clips/jump/a.mp4 --out flow.png
      striate data flow motion-digits/test/3 --size 96
    """

    clip: Annotated[str, Positional("CLIP")]
    """A video file, a folder of frames, or a clip of moving digits: motion-digits/test/3."""
    out: File = Path("flow.png")
    """The picture to write."""
    method: Literal["dis", "farneback"] = "dis"
    """Dense inverse search, or Farnebäck's polynomials."""
    frames: int = 8
    """So many, each with the flow to the next one of the video."""
    stride: int | None = None
    """Their distance in frames. By default they are spread over the whole clip."""
    size: Annotated[int, Metavar("PIXELS")] | None = None
    """Height and width, for square pictures. By default the video's own."""
    json: Flag = False
    """Print what was drawn as JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Does what the second word says."""
    if not words or words[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if words else _refused("data needs one of")
    if words[0] not in SUBVERBS:
        near = meant(words[0], SUBVERBS)
        hint = f": did you mean `striate data {near}`?" if near else ""
        return _refused(
            f"unknown `striate data {words[0]}`{hint} It is one of"
            if hint
            else f"unknown `striate data {words[0]}`: it is one of"
        )
    command, answer = SUBVERBS[words[0]]
    return answer(read(command, f"data {words[0]}", words[1:]))


def _refused(what: str) -> int:
    raise ArgumentError(f"{what} {', '.join(SUBVERBS)}: for example `striate data check photos/`")


def _get(command: Get) -> int:
    with fetching() as progress:
        folder = striate.get_data(command.name, out=command.out, progress=progress)
    if command.json:
        print_json({"name": command.name, "folder": str(folder)})
        return 0
    known_as = command.name if command.out is None else str(folder)
    print(f"{command.name} is in {folder}\n\nnext:  striate train {shlex.quote(known_as)}")
    return 0


def _check(command: Check) -> int:
    with counting("reading") as progress:
        report = striate.check_data(command.source, progress=progress)
    if command.json:
        print_json(report.to_json())
    else:
        print_lines("broken", (f"{one.path}: {one.reason}" for one in report.broken))
        print_lines("note", report.notes)
        print_lines("problem", report.problems)
        counted = f"{sum(report.counts.values()):,} {report.items} in {len(report.counts)} classes"
        print(f"{command.source}: {counted}, {len(report.broken)} broken")
    return 0 if report.ok and not report.broken else 2


def _pack(command: Pack) -> int:
    with counting("packing") as progress:
        packed = striate.pack_data(
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
        print_json(packed.to_json())
        return 0
    print_lines("skipped", (f"{one.path}: {one.reason}" for one in packed.skipped))
    print_lines("note", packed.notes)
    size = f"{packed.bytes / 2**30:.3g} GiB"
    print(f"{packed.clips:,} clips of {packed.frames:,} frames are in {packed.folder} ({size})")
    print(f"\nnext:  striate train {shlex.quote(packed.folder)}")
    return 0


def _flow(command: Flow) -> int:
    picture = striate.draw_flow(
        command.clip,
        command.out,
        method=command.method,
        frames=command.frames,
        stride=command.stride,
        size=command.size,
    )
    if command.json:
        print_json(picture.to_json())
    else:
        print(f"{picture.path}: full colour is {picture.longest:.1f} pixels from one frame to the next")
    return 0


SUBVERBS: dict[str, tuple[type, Callable[[Any], int]]] = {
    "get": (Get, _get),
    "check": (Check, _check),
    "pack": (Pack, _pack),
    "flow": (Flow, _flow),
}

USAGE = """\
usage: striate data WHAT ...      `striate data WHAT --help` explains one

  get    download a public data set, checked by its checksums
  check  read every file of a data set and name those that cannot be used
  pack   decode clips once, so that training reads them at full speed
  flow   draw the optical flow of a clip in colour

examples:
  striate data get mnist
  striate data check photos/
  striate data pack clips/ --out packed/
  striate data flow clips/jump/a.mp4 --out flow.png"""
