"""JSON that anybody may have changed: what its values must be, and how changes of a file are noticed.

A schema is a small value that reads like the file. A type stands for itself, None for null, a tuple for
alternatives, a list of one for a list of such, a dict for a dict whose entries, where there are any by these
names, are such.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, RunError
from striate.runs.files import write_text


@dataclass(frozen=True)
class Whole:
    """A whole number, at least `low` and at most `high`."""

    low: int = 0
    high: int = 2**53

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def fits(self, value: object) -> bool:
        """Whether the value is one."""
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Number:
    """A finite number, at least `low` and at most `high`, or above `low`."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def __str__(self) -> str:
        low = "" if self.low == -math.inf else f" {'above' if self.above else 'from'} {self.low:g}"
        return f"a number{low}{'' if self.high == math.inf else f' to {self.high:g}'}"

    def fits(self, value: object) -> bool:
        """Whether the value is one."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return False
        return self.low <= value <= self.high and not (self.above and value == self.low)


_NAMES: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    None: "null",
}


def check(value: object, schema: Any, where: str) -> None:
    """Compares a value with a schema.

    Args:
        value: of JSON.
        schema: what it must be, see the top of this file.
        where: what messages call the value.

    Raises:
        ValueError: it is something else; the message says where, what was expected and what is there.
    """
    if isinstance(schema, dict) and isinstance(value, dict):
        for name, part in schema.items():
            if name in value:
                check(value[name], part, f"{where}.{name}" if where else name)
    elif isinstance(schema, list) and isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema[0], f"{where}[{number}]")
    elif isinstance(schema, tuple):
        _check_any(value, schema, where)
    elif not _fits(value, schema):
        raise ValueError(f"{where or 'it'} must be {_name(schema)}; got {_brief(value)}")


def _check_any(value: object, schemas: tuple[Any, ...], where: str) -> None:
    problems = []
    for schema in schemas:
        try:
            return check(value, schema, where)
        except ValueError as problem:
            problems.append(problem)
    raise problems[-1]


def _fits(value: object, schema: Any) -> bool:
    if schema is None:
        return value is None
    if isinstance(schema, Whole | Number):
        return schema.fits(value)
    return isinstance(schema, type) and isinstance(value, schema)


def _name(schema: Any) -> str:
    if isinstance(schema, dict | list):
        return _NAMES[type(schema)]
    return _NAMES[schema] if schema in _NAMES else str(schema)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


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


def parse_json(text: str | bytes, name: str) -> Any:
    """The plain values that a JSON text holds.

    Raises:
        ArgumentError: it is no JSON, not UTF-8, nested so deeply that nothing of ours wrote it, or holds a
            number that is not finite.
    """
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        reason = "nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        raise ArgumentError(f"{name} holds no JSON that can be read: {reason}") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number
