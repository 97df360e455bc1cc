"""Which clips were cut from one recording, so that they stay on one side of a split.

Clips of one recording share the room, the clothes and the light: a network that has seen one of them knows
the others. Which recording a clip comes from is read from its path, by the pattern that the user gives or by
that of UCF101's names, v_Archery_g01_c02, where g counts recordings.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from striate.data.sources.splits import fill_in_by, stratified
from striate.errors import DataError

_UCF101 = r"(?:^|/)(v_\w+_g\d+)_c\d+[^/]*$"


def groups_of(keys: Sequence[str], pattern: str | None) -> tuple[str, ...] | None:
    """The recording of each clip, by its path; None where nothing is known about recordings.

    pattern: a regular expression whose first group, or whole match, names the recording; a clip that it does
    not match is a recording of its own. None looks for UCF101's names. Raises DataError if it matches
    nothing.
    """
    matches = [re.search(_UCF101 if pattern is None else pattern, key) for key in keys]
    if any(matches):
        return tuple(_name(match) if match else key for match, key in zip(matches, keys, strict=True))
    if pattern is None:
        return None
    raise DataError(
        f"group_by {pattern!r} matches none of {len(keys)} paths, such as {keys[0]!r}: give a pattern whose "
        "first group names the recording that a clip was cut from"
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


def fill_in_groups(
    given: Mapping[str, np.ndarray],
    labels: np.ndarray,
    groups: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Like `fill_in`, with all clips of a recording on one side."""

    def share_out(pool: np.ndarray, missing: Mapping[str, float]) -> dict[str, np.ndarray]:
        return by_group(labels[pool], [groups[row] for row in pool], missing, seed)

    manner = f"by recording, of which there are {len(set(groups))} (split seed {seed})"
    splits, notes = fill_in_by(share_out, given, shares, manner, "clips")
    return splits, (*notes, *_on_two_sides(splits, groups))


def _on_two_sides(splits: Mapping[str, np.ndarray], groups: Sequence[str]) -> tuple[str, ...]:
    """A note on recordings that a split which came with the data has on two sides."""
    sides = Counter(group for rows in splits.values() for group in {groups[row] for row in rows})
    both = sorted(group for group, count in sides.items() if count > 1)
    if not both:
        return ()
    return (
        f"{len(both)} recordings have clips on two sides of the split that was given, such as {both[0]!r}",
    )
