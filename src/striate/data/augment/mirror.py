"""Whether a mirrored image keeps its label."""

import re
from collections.abc import Iterable

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
"""
_SIDES = """
left right leftward leftwards rightward rightwards lefthand righthand clockwise counterclockwise anticlockwise
port starboard
"""
_KINDS = "digit number numeral letter char character"


def mirror_safe(classes: Iterable[str]) -> bool:
    """False if any class may be told by its handedness, so that images must not be mirrored in training.

    The rule: a class is taken for handed if its name is a single character, a number in digits or in words
    (also as in "digit 7", "letter_b"), or holds a word for a side or a turn: left, right, clockwise, and so
    on.
    """
    return not any(len(name.strip()) == 1 or _handed(_words(name)) for name in classes)


def _words(name: str) -> list[str]:
    """Words in lower case, told apart by anything that is not a letter or digit, and by humps."""
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W_]+", humps.lower())


def _handed(words: list[str]) -> bool:
    if any(word in _SIDES.split() for word in words):
        return True
    rest = [word for word in words if word not in _KINDS.split()]
    return bool(rest) and all(len(word) == 1 or word.isdigit() or word in _NUMBERS.split() for word in rest)
