"""`striate data get`, `check`, `pack` and `flow`."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.checked import meant
from striate.cli.options import Asked, Verb
from striate.cli.printing import counting, fetching, print_json, print_lines
from striate.cli.running import run
from striate.cli.verbs import DATA_VERBS
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from striate.data.checking import CheckReport
    from striate.data.flow_picture import FlowPicture
    from striate.data.packed.packing import Packed


def main(words: Sequence[str]) -> int:
    """Does what the second word says."""
    known = ", ".join(VERBS)
    if words and words[0] in VERBS:
        return run(VERBS[words[0]], f"data {words[0]}", words[1:])
    if words and words[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    what = "data needs one of"
    if words:
        near = meant(words[0], VERBS)
        hint = f": did you mean `striate data {near}`? It" if near else ": it"
        what = f"unknown `striate data {words[0]}`{hint} is one of"
    raise ArgumentError(f"{what} {known}: for example `striate data check photos/`")


def show_folder(result: Path, asked: Asked, *, json: bool = False) -> None:
    """Where a set is."""
    name = asked.values["name"]
    if json:
        print_json({"name": name, "folder": str(result)})
        return
    known_as = str(result) if "out" in asked.values else name
    print(f"{name} is in {result}\n\nnext:  striate train {shlex.quote(known_as)}")


def show_report(result: "CheckReport", asked: Asked, *, json: bool = False) -> int:
    """What is broken; 2 where something is."""
    if json:
        print_json(result.to_json())
    else:
        print_lines("broken", (f"{one.path}: {one.reason}" for one in result.broken))
        print_lines("note", result.notes)
        print_lines("problem", result.problems)
        classes = len(result.counts)
        among = f"{classes} class{'es' * (classes != 1)}"
        counted = f"{sum(result.counts.values()):,} {result.items} in {among}"
        print(f"{asked.values['source']}: {counted}, {len(result.broken)} broken")
    return 0 if result.ok and not result.broken else 2


def show_pack(result: "Packed", asked: Asked, *, json: bool = False) -> None:
    """What was packed."""
    if json:
        print_json(result.to_json())
        return
    print_lines("skipped", (f"{one.path}: {one.reason}" for one in result.skipped))
    print_lines("note", result.notes)
    size = f"{result.bytes / 2**30:.3g} GiB"
    print(f"{result.clips:,} clips of {result.frames:,} frames are in {result.folder} ({size})")
    print(f"\nnext:  striate train {shlex.quote(result.folder)}")


def show_picture(result: "FlowPicture", asked: Asked, *, json: bool = False) -> None:
    """What was drawn."""
    if json:
        print_json(result.to_json())
    else:
        print(f"{result.path}: full colour is {result.longest:.1f} pixels from one frame to the next")


VERBS = {
    "get": Verb(
        "get_data",
        show_folder,
        positional=("name",),
        progress=lambda asked: fetching(),
        goes_on=lambda asked: True,
        examples="""
striate data get mnist
striate data get fashion-mnist --out datasets/fashion-mnist""",
    ),
    "check": Verb(
        "check_data",
        show_report,
        positional=("source",),
        progress=lambda asked: counting("reading"),
        examples="\nstriate data check photos/\nstriate data check clips/",
    ),
    "pack": Verb(
        "pack_data",
        show_pack,
        positional=("source",),
        metavars={"shard_size": "SIZE"},
        progress=lambda asked: counting("packing"),
        goes_on=lambda asked: True,
        examples="""
striate data pack clips/ --out packed/
striate data pack clips/ --out packed/ --shard-size 1GiB
striate data pack trainlist01.txt --out packed/ --short-side 128 --fps 15""",
    ),
    "flow": Verb(
        "draw_flow",
        show_picture,
        positional=("clip",),
        metavars={"out": "FILE"},
        examples="""
striate data flow clips/jump/a.mp4 --out flow.png
striate data flow motion-digits/test/3 --size 96""",
    ),
}
_LINES = "\n".join(f"  {verb:<5}  {what}" for verb, what in DATA_VERBS.items())
USAGE = f"""\
usage: striate data WHAT ...      `striate data WHAT --help` explains one

{_LINES}

examples:
  striate data get mnist
  striate data check photos/
  striate data pack clips/ --out packed/
  striate data flow clips/jump/a.mp4 --out flow.png"""
