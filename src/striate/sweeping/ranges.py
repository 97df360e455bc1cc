"""What a sweep tries: a setting's values in a row, or a range of numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError

if TYPE_CHECKING:
    import optuna

WIDE = 10
"""A range whose end is this many times its beginning is tried by factors, not by differences."""


@dataclass(frozen=True)
class Values:
    """One of these."""

    values: tuple[Any, ...]

    def choose(self, trial: "optuna.Trial", name: str) -> Any:
        """The engine's choice."""
        return trial.suggest_categorical(name, self.values)

    @property
    def ends(self) -> tuple[Any, ...]:
        """What is to be checked: all of them."""
        return self.values

    @property
    def all(self) -> tuple[Any, ...] | None:
        """Each value once."""
        return tuple(dict.fromkeys(self.values))

    def __str__(self) -> str:
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class Range:
    """A number from one to another, both included; whole where both are written so."""

    low: float
    high: float

    def choose(self, trial: "optuna.Trial", name: str) -> Any:
        """The engine's choice."""
        by_factors = self.low > 0 and self.high >= WIDE * self.low
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=by_factors)
        return trial.suggest_float(name, self.low, self.high, log=by_factors)

    @property
    def ends(self) -> tuple[Any, ...]:
        """What is to be checked: where it begins and ends."""
        return self.low, self.high

    @property
    def all(self) -> tuple[Any, ...] | None:
        """Each value once; None where there is no end of them."""
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        return tuple(range(int(self.low), int(self.high) + 1)) if whole else None

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


def range_of(name: str, text: str) -> Values | Range:
    """What is tried of one setting.

    >>> range_of("learning_rate", "1e-4..1e-2"), range_of("flip", "true,false")
    (Range(low=0.0001, high=0.01), Values(values=(True, False)))
    """
    low, dots, high = text.partition("..")
    if not dots:
        return Values(tuple(map(_value, text.split(","))))
    ends = (_value(low), _value(high))
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    if not numbers or not all(map(math.isfinite, ends)) or ends[0] >= ends[1]:
        raise ArgumentError(
            f"a range goes from a number up to a higher one, as {name}=1e-4..1e-2; got {name}={text}"
        )
    return Range(*ends)


def _value(text: str) -> Any:
    """A number, true, false, or the word itself."""
    word = text.strip()
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def space_of(asked: Mapping[str, Any] | Sequence[str], known: Sequence[str]) -> dict[str, Values | Range]:
    """Each setting with what is tried of it.

    Args:
        asked: NAME=VALUES, or by name: a text as on the command line, or a row of values.
        known: the names there are.
    """
    from striate.errors import unknown

    pairs = asked.items() if isinstance(asked, Mapping) else (one.partition("=")[::2] for one in asked)
    space = {}
    for key, values in pairs:
        name = key.replace("-", "_")
        if name not in known:
            raise ArgumentError(unknown("setting", key, known))
        if values in ("", (), []):
            raise ArgumentError(f"which values of {key}? for example {key}=1,2,4 or {key}=1..4")
        space[name] = range_of(key, values) if isinstance(values, str) else Values(tuple(values))
    if not space:
        raise ArgumentError("a sweep of what? name a setting, as --set learning_rate=1e-4..1e-2")
    return space
