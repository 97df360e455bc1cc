"""Reading JSON that anybody may have changed, and writing it so that changes are noticed."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, RunError
from striate.plain_values import parse_json
from striate.runs.files import write_text

CHECKSUM = "checksum"
"""Name of the checksum in a record, and in each line of other files."""
LARGEST_JSON = 256 << 20
"""Bytes of a JSON file that is read at all; the largest record of ours has some hundred thousand."""


def checksum_of(value: Any) -> str:
    """SHA-256 of a value of JSON, whatever the order of its names and the spaces between them.

    Args:
        value: as it is read: lists, not tuples.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_json(path: Path) -> Any:
    """The value in a file of JSON.

    Raises:
        RunError: it cannot be read, is larger than any such file could be, or holds no JSON.
    """
    return _parsed(_read_bytes(path), path.name)


def write_json_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Writes one line of JSON a row, each with its checksum.

    Args:
        path: the file; it is replaced as a whole.
        rows: what JSON can hold; tuples become lists.

    Raises:
        RunError: the disk is full, or the folder cannot be written.
    """
    plain = [json.loads(json.dumps(row)) for row in rows]
    write_text(path, "".join(json.dumps({**row, CHECKSUM: checksum_of(row)}) + "\n" for row in plain))


def read_json_lines(path: Path) -> list[Any]:
    """The values in a file that holds one a line, without their checksums.

    Lines that were written before lines had checksums have none.

    Args:
        path: the file.

    Raises:
        RunError: as `read_json`; a line holds no JSON, or not what was written.
    """
    lines = enumerate(_read_bytes(path).splitlines(), 1)
    rows = {number: _parsed(line, f"line {number}") for number, line in lines if line.strip()}
    if any(isinstance(row, dict) and CHECKSUM in row for row in rows.values()):
        for number, row in rows.items():
            if not isinstance(row, dict) or row.pop(CHECKSUM, "") != checksum_of(row):
                raise RunError(f"line {number} is not as it was written, its checksum says")
    return [*rows.values()]


def _parsed(text: bytes, name: str) -> Any:
    try:
        return parse_json(text, name)
    except ArgumentError as problem:
        raise RunError(str(problem)) from None


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_JSON + 1)
    except OSError as problem:
        raise RunError(f"{path.name} cannot be read: {problem.strerror or problem}") from None
    if len(content) > LARGEST_JSON:
        raise RunError(f"{path.name} is larger than any file of this kind")
    return content
