"""Predicting one part of many files: what is there already is not looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from striate.evaluating.looking import Looking
from striate.evaluating.part import Part, PartLines, of_part, same_makers
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Progress
from striate.plain_values import ToJson
from striate.runs import MODEL


@dataclass(frozen=True)
class PartDone(ToJson):
    """What was done of one part of many files."""

    part: str
    """As "3/8"."""
    file: str
    """The file of its predictions, a line of JSON each."""
    skipped_file: str
    """The file that lists those that could not be read, with the reason; it gone, they are tried again."""
    files: int
    """Of the part."""
    before: int
    """Of these were looked at by an earlier process."""
    predicted: int
    """Are told by this one."""
    unreadable: int
    """Could not be read by this one."""


def predict_part(
    trained: Trained,
    files: Sequence[Path],
    part: Part,
    out: Path,
    asked: dict[str, Any],
    looking: Looking,
    progress: Progress | None,
) -> PartDone:
    """Looks at the files of a part that have no line yet, and adds their lines as they come.

    Args:
        trained: the network.
        files: of all parts.
        part: which of them.
        out: the folder of the lines.
        asked: what decides what is told of a file.
        looking: yields what is found in files, some at a time.
        progress: called with (files done, all of the part).

    Raises:
        ArgumentError: the folder holds lines of another network, or asked for in another way.
        RunError: another process writes this part, or the folder cannot be written.
        DataError: a line in it is damaged.
    """
    lines, predicted, unreadable = PartLines(out, part), 0, 0
    mine = of_part([str(file) for file in files], part)
    with lines.writing() as known:
        same_makers(out, {"parts": part.of, "network": identity(trained), **asked})
        left = [Path(file) for file in mine if file not in known]
        before = len(mine) - len(left)
        for seen in looking(left):
            lines.add((one.to_json() for one in seen.found), seen.skipped)
            predicted, unreadable = predicted + len(seen.found), unreadable + len(seen.skipped)
            if progress is not None:
                progress(before + predicted + unreadable, len(mine))
    counts = {"files": len(mine), "before": before, "predicted": predicted, "unreadable": unreadable}
    return PartDone(str(part), str(lines.found), str(lines.skipped), **counts)


def identity(trained: Trained) -> str:
    """What tells a network from another of the same name: the checksum of its weights, or their name."""
    for path in (trained.run / MODEL, trained.run):
        if path.is_file():
            with path.open("rb") as file:
                return f"sha256 {file_digest(file, 'sha256').hexdigest()}"
    return next(iter(trained.notes), str(trained.run))
