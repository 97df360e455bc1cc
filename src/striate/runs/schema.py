"""What values of JSON must be: a schema is a small value that reads like the file.

A type stands for itself, None for null, a tuple for alternatives, a list of one for a list of such, a dict
for a dict whose entries, where there are any by these names, are such.
"""

import math
from dataclasses import dataclass
from typing import Any


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
