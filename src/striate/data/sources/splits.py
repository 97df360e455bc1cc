"""Which images train, which validate, which test: the same ones every time, class by class.

The order in which images are taken from a class is that of a hash of (seed, name). It therefore depends
neither on the order of files in a folder nor on a version of NumPy, and an image stays where it is when
others are added, save for a few at the borders: a test image of yesterday does not become a training image of
today.

Clips cut from one recording share the room, the clothes and the light: a network that has seen one of them
knows the others, so a recording stays on one side. Which one a clip comes from is read from its path, by the
pattern that the user gives or by that of UCF101's names, v_Archery_g01_c02, where g counts recordings.
Segments of one file are of one recording.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np

from striate.data.segment import file_of
from striate.data.sources.split_names import SPLITS
from striate.errors import DataError
from striate.numbers import counted

FOLDER_SHARES = {"test": 0.15, "val": 0.15}
ENOUGH, AT_LEAST = 400, 0.02
"""Of a training set that comes with a test set, so many images, or this share, are enough to choose by, and
all others train: 400 tell accuracies apart that differ by about 2 points."""
_UCF101 = r"(?:^|/)(v_\w+_g\d+)_c\d+[^/]*$"


def shares_of(rows: Mapping[str, np.ndarray]) -> dict[str, float]:
    """What is to be taken out of train for the splits that a folder or a list lacks.

    rows: split → rows, as the source has them.

    >>> shares_of({"train": np.arange(50_000), "test": np.arange(10_000)})["val"]
    0.02
    """
    if "test" not in rows:
        return FOLDER_SHARES
    enough = max(ENOUGH / max(len(rows["train"]), 1), AT_LEAST)
    return {**FOLDER_SHARES, "val": min(FOLDER_SHARES["val"], enough)}


def stratified(
    labels: np.ndarray, names: Sequence[str], shares: Mapping[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Splits row numbers class by class: `shares` of them as named, the rest to "train".

    Each share is rounded so that its total over the classes is right too. A small class gives its first image
    to train, its second to the first split in `shares`, its third to the second, before shares count.

    Args:
        labels: (N,) int64.
        names: N, which decide together with the seed.
        shares: of each split but train.
        seed: another one, another split.

    Returns:
        Sorted rows for train and for each share.
    """
    order = _order(labels, names, seed)
    counts = np.bincount(labels)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    taken = np.zeros_like(counts)
    result = {}
    for split, share in shares.items():
        quota = _quotas(counts, share, room=counts - taken - 1)
        result[split] = _ranges(order, starts + taken, quota)
        taken += quota
    result["train"] = _ranges(order, starts + taken, counts - taken)
    return result


def _order(labels: np.ndarray, names: Sequence[str], seed: int) -> np.ndarray:
    """Rows sorted by class, and within a class by hash."""
    start = f"{seed}:".encode()
    digests = b"".join(
        blake2b(start + name.encode(errors="surrogateescape"), digest_size=8).digest() for name in names
    )
    return np.lexsort((np.frombuffer(digests, ">u8"), labels))


def _quotas(counts: np.ndarray, share: float, room: np.ndarray) -> np.ndarray:
    """How many of each class: its share, the largest remainders rounded up until the total is right."""
    exact = counts * share
    quota = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(quota.sum())
    quota[np.argsort(quota - exact, kind="stable")[:missing]] += 1
    quota = np.maximum(quota, 1)
    return quota.clip(max=np.maximum(room, 0))


def _ranges(order: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """order[start : start + length] of each class, together and sorted."""
    parts = [order[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    return np.sort(np.concatenate(parts))


def groups_of(keys: Sequence[str], pattern: str | None) -> tuple[str, ...] | None:
    """The recording of each clip, by its path; None where nothing is known about recordings.

    Args:
        keys: paths of the clips.
        pattern: a regular expression whose first group, or whole match, names the recording; a file that it
            does not match is a recording of its own. None looks for UCF101's names, and otherwise takes the
            file for the recording where there are segments.

    Raises:
        DataError: the pattern matches nothing.
    """
    matches = [re.search(_UCF101 if pattern is None else pattern, key) for key in keys]
    files = [file_of(key) for key in keys]
    if any(matches):
        return tuple(_name(match) if match else file for match, file in zip(matches, files, strict=True))
    if pattern is None:
        return tuple(files) if files != list(keys) else None
    raise DataError(
        f"group_by '{pattern}' matches none of {len(keys)} paths, such as {keys[0]!r}: give a pattern whose "
        "first group names the recording that a clip was cut from, or whom an image shows"
    )


def _name(match: re.Match[str]) -> str:
    return next((part for part in match.groups() if part is not None), match.group())


def by_group(
    labels: np.ndarray, groups: Sequence[str], shares: Mapping[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Like `stratified`, but whole groups: rows of train and of each share.

    Where each group is of one class, classes are shared out one by one; otherwise the groups are. A class
    that would be missing from train keeps its groups there.
    """
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    first = np.zeros(len(names), np.int64)
    first[members[::-1]] = labels[::-1]  # the label of each group's first row
    pure = bool((labels == first[members]).all())
    parts = stratified(first if pure else np.zeros_like(first), list(names), shares, seed)
    split = np.empty(len(names), "U5")
    for name, part in parts.items():
        split[part] = name
    for label in np.unique(labels):
        its = np.unique(members[labels == label])
        if not (split[its] == "train").any():
            split[its] = "train"
    return {name: np.flatnonzero(split[members] == name) for name in parts}


def fill_in(
    own: Mapping[str, np.ndarray],
    labels: np.ndarray,
    names: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    *,
    items: str = "images",
    groups: Sequence[str] | None = None,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The splits that a source has, and those that it lacks, taken out of its train split.

    Args:
        own: split → rows, as the source has them, "train" among them.
        labels: (N,) int64 of all rows.
        names: N, which decide together with the seed.
        shares: of train, for each split that the source may lack.
        seed: another one, another split.
        items: what the rows are, in the plural.
        groups: N recordings, each of which stays on one side.

    Returns:
        Rows of train, val and test, and what is to be said about them.
    """
    missing = {split: share for split, share in shares.items() if split not in own}
    if not missing:
        return {split: own[split] for split in SPLITS}, _on_two_sides(own, groups, items)
    pool = own["train"]
    if groups is None:
        parts = stratified(labels[pool], [names[row] for row in pool], missing, seed)
        manner = "class by class"
    else:
        parts = by_group(labels[pool], [groups[row] for row in pool], missing, seed)
        manner = f"by {_group_of(items)}, of which there are {len(set(groups))}"
    splits = {**own, **{split: pool[part] for split, part in parts.items()}}
    note = f"{_counted(splits, missing, len(pool), items)}, {manner} (split seed {seed})"
    few = "its classes are too small"
    if groups is not None:
        few = f"{counted(len(set(groups)), _group_of(items))} cannot be shared, or its classes are too small"
    empty = [f"{split} is empty: {few} to share" for split in missing if not len(splits[split])]
    return {split: splits[split] for split in SPLITS}, (note, *empty, *_on_two_sides(splits, groups, items))


def _counted(splits: Mapping[str, np.ndarray], missing: Mapping[str, float], pool: int, items: str) -> str:
    if len(splits) == len(missing) + 1:  # there was nothing but train
        return "split into " + ", ".join(f"{len(splits[split])} {split}" for split in SPLITS)
    taken = " and ".join(f"{len(splits[split])} for {split}" for split in SPLITS if split in missing)
    return f"{taken} taken from {pool} {items} of train"


def _group_of(items: str) -> str:
    """What stays on one side: the recording that clips are cut from, the person or thing that images show."""
    return "recording" if items == "clips" else "group"


def _on_two_sides(
    splits: Mapping[str, np.ndarray], groups: Sequence[str] | None, items: str
) -> tuple[str, ...]:
    """A note on groups that a split which came with the data has on two sides."""
    if groups is None:
        return ()
    sides = Counter(group for rows in splits.values() for group in {groups[row] for row in rows})
    both = sorted(group for group, count in sides.items() if count > 1)
    if not both:
        return ()
    return (
        f"{counted(len(both), _group_of(items))} with {items} on two sides of the split that was given, such "
        f"as {both[0]!r}",
    )
