"""`striate predict`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import counting, print_json, print_lines
from striate.errors import ArgumentError, printable
from striate.numbers import counted

if TYPE_CHECKING:
    from striate.evaluating.predictions import Predictions

EVENTS = {
    "windows of a video, and events made of them": (
        "window hop events threshold threshold_off min_duration min_gap"
    ),
}


def show(result: "Predictions", asked: Asked, *, csv: bool = False, json: bool = False) -> int:
    """What is in each file; 2 where files were skipped. Of a part, what was done."""
    if result.part is not None:
        return show_part(result, json)
    skipped = [f"{one.path}: {one.reason}" for one in result.skipped]
    if json:
        print_json(result.to_json())
    elif csv:
        table = result.to_csv()
        print(printable(table) if sys.stdout.isatty() else table, end="")
        print_lines("note", result.notes, error=True)
        print_lines("skipped", skipped, error=True)
    else:
        from striate.cli.tables import print_predictions

        print_predictions(result)
        print_lines("skipped", skipped)
    return 2 if skipped else 0


def show_part(result: "Predictions", json: bool) -> int:
    """How far a part is, and where its lines are."""
    from striate.cli.tables import print_pairs

    done = result.part
    assert done is not None
    if json:
        print_json(result.to_json())
        return 0
    print_pairs(
        [
            (f"part {done.part}", counted(done.files, "file")),
            ("looked at before", f"{done.before:,}"),
            ("predicted now", f"{done.predicted:,}"),
            ("not readable now", f"{done.unreadable:,}"),
            ("predictions", done.file),
            *([("not readable", done.skipped_file)] if Path(done.skipped_file).exists() else []),
        ]
    )
    print_lines("note", result.notes)
    return 0


def _refuse(asked: Asked) -> None:
    if "part" in asked.values and "out" not in asked.values:
        raise ArgumentError("--part adds lines to files in a folder: name it with --out")
    if "embed" in asked.values and "out" not in asked.values:
        raise ArgumentError("--embed writes embeddings.npy into a folder: name it with --out")


VERB = Verb(
    "predict",
    show,
    positional=("run", "files"),
    groups={"a network by its name": "weights classes offline", **EVENTS},
    metavars={"weights": "NAME|FILE", "classes": "FILE", "part": "I/N"},
    beside={"all_classes": ("json", "csv", "out")},
    instead={"part": ("csv",)},
    refuse=_refuse,
    progress=lambda asked: counting("classifying"),
    goes_on=lambda asked: "part" in asked.values,
    examples="""
striate predict runs/digits-plain seven.png
striate predict mobilenet_v2 cat.jpg
striate predict runs/photos holiday/ --csv > holiday.csv
striate predict runs/photos list.txt --part 3/8 --out found/
striate predict runs/photos holiday/ --embed features --out found/
striate predict runs/clips-resnet18-tsm video.mp4 --window 2
striate predict runs/clips-resnet18-tsm long.mp4 --events --hop 0.5""",
)
