"""Classes that an augmentation exchanges: open and close when a clip is played backwards, left and right in a
mirror. Such a sample is varied and its label swapped; a class that is in no pair is never played backwards.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from striate.errors import ArgumentError, unknown

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Names of two classes that become each other; twice the same name: a class that stays what it is."""
NEVER = -1
"""In a table of labels: what must not be done to a sample of this class."""


class Exchanges(NamedTuple):
    """(K,) int64 each: what a label becomes, or NEVER."""

    mirrored: np.ndarray
    reversed: np.ndarray


def pairs_of(name: str, asked: Mapping[str, str] | Sequence[str]) -> Pairs:
    """The pairs that are asked for, as `{"open": "close"}` or as `["open=close"]`.

    Raises:
        ArgumentError: something else, or a class in two pairs.

    >>> pairs_of("reversed", ["open=close", "wave=wave"])
    (('open', 'close'), ('wave', 'wave'))
    """
    texts = list(map("=".join, asked.items())) if isinstance(asked, Mapping) else asked
    items = asked.items() if isinstance(asked, Mapping) else [text.partition("=")[::2] for text in asked]
    pairs = tuple((one.strip(), other.strip()) for one, other in items)
    for pair, text in zip(pairs, texts, strict=True):
        if not all(pair):
            raise ArgumentError(f"{name} takes pairs of classes, as open=close; got {text!r}")
    members = [member for pair in pairs for member in dict.fromkeys(pair)]
    twice = next((member for member in members if members.count(member) > 1), None)
    if twice is not None:
        raise ArgumentError(f"{name} names the class {twice!r} in two pairs: a class has one partner")
    return pairs


def check_pairs(name: str, pairs: Pairs, classes: Sequence[str]) -> None:
    """Raises ArgumentError for a pair of classes that are not there."""
    for member in (member for pair in pairs for member in pair):
        if member not in classes:
            raise ArgumentError(f"{name}: {unknown('class', member, classes)}")


def exchanged(pairs: Pairs, classes: Sequence[str], *, others: bool) -> np.ndarray:
    """(K,) what each label becomes. others: whether classes in no pair stay what they are, or NEVER.

    >>> exchanged((("open", "close"),), ("close", "open", "wait"), others=False).tolist()
    [1, 0, -1]
    """
    numbers = {name: number for number, name in enumerate(classes)}
    table = np.arange(len(classes)) if others else np.full(len(classes), NEVER)
    for one, other in pairs:
        table[numbers[one]], table[numbers[other]] = numbers[other], numbers[one]
    return table
