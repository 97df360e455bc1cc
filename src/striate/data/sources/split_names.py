"""Which split a name means: that of a folder, or a word in a list."""

import re
from collections.abc import Mapping
from pathlib import Path

from striate.errors import DataError

SPLITS = ("train", "val", "test")
_WORDS = {
    "train": "train training trn tr trainset trainingset trainval",
    "val": "val valid validate validation valset validset dev devset eval evaluation",
    "test": "test testing tst te testset",
}
SPLIT_WORDS = {word: split for split, words in _WORDS.items() for word in words.split()}
"""What splits are called, and which is meant."""
_BESIDE = (
    "set sets seg split splits data dataset image images img imgs picture pictures photo photos jpg png "
    "video videos clip clips frame frames file files sample samples folder public private"
)
"""Words beside that of a split in the name of its folder, as are numbers."""


def split_named(name: str) -> str | None:
    """The split that the name of a folder, or a word in a list, means; None for one that means none.

    >>> [split_named(name) for name in ("seg_train", "TestSet", "dev", "train station")]
    ['train', 'test', 'val', None]
    """
    words = _words(name)
    found = [SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS]
    others = {word for word in words if word not in SPLIT_WORDS and not word.isdigit()}
    return found[0] if len(found) == 1 and others <= set(_BESIDE.split()) else None


def is_no_class(folder: str) -> bool:
    """Whether the name of a folder says what lies in it, as images or test_images, and no class."""
    return bool(words := _words(folder)) and {*SPLIT_WORDS, *_BESIDE.split()}.issuperset(words)


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+|[0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def refuse_twice(where: Path, splits: Mapping[str, str]) -> None:
    """Raises DataError where two names mean one split.

    Args:
        where: they stand.
        splits: name → the split that it means.
    """
    for split in SPLITS:
        names = [name for name, meant in splits.items() if meant == split]
        if len(names) > 1:
            both = "both" if len(names) == 2 else "all"
            raise DataError(
                f"{where} holds {' and '.join(map(repr, names))}, which {both} mean {split}: keep one, or "
                f"rename the others to {' or '.join(other for other in SPLITS if other != split)}"
            )
