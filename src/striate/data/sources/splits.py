"""Which images train, which validate, which test: the same ones every time, class by class.

The order in which images are taken from a class is that of a hash of (seed, name). It therefore depends
neither on the order of files in a folder nor on a version of NumPy, and an image stays where it is when
others are added, save for a few at the borders: a test image of yesterday does not become a training image of
today.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

import numpy as np

SPLITS = ("train", "val", "test")
FOLDER_SHARES = {"test": 0.15, "val": 0.15}


def stratified(
    labels: np.ndarray, names: Sequence[str], shares: Mapping[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Splits row numbers class by class: `shares` of them as named, the rest to "train".

    labels: (N,) int64; names: N, which decide together with the seed. Each share is rounded so that its total
    over the classes is right too. A small class gives its first image to train, its second to the first split
    in `shares`, its third to the second, before shares count. Returns sorted rows for train and for each
    share.
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


def fill_in(
    given: Mapping[str, np.ndarray],
    labels: np.ndarray,
    names: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    items: str = "images",
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The splits that a source has, and those that it lacks, taken out of its train split.

    given: split → rows, "train" among them. Returns train, val and test, and what is to be said about it.
    """

    def share_out(pool: np.ndarray, missing: Mapping[str, float]) -> dict[str, np.ndarray]:
        return stratified(labels[pool], [names[row] for row in pool], missing, seed)

    return fill_in_by(share_out, given, shares, f"class by class (split seed {seed})", items)


def fill_in_by(
    share_out: Callable[[np.ndarray, Mapping[str, float]], dict[str, np.ndarray]],
    given: Mapping[str, np.ndarray],
    shares: Mapping[str, float],
    manner: str,
    items: str,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """`fill_in` by any rule: (rows, shares that are missing) → positions in these rows, by split."""
    missing = {split: share for split, share in shares.items() if split not in given}
    if not missing:
        return {split: given[split] for split in SPLITS}, ()
    pool = given["train"]
    splits = {**given, **{split: pool[part] for split, part in share_out(pool, missing).items()}}
    note = f"{_told(splits, missing, len(pool), items)}, {manner}"
    empty = [
        f"{split} is empty: its classes are too small to share" for split in missing if not len(splits[split])
    ]
    return {split: splits[split] for split in SPLITS}, (note, *empty)


def _told(splits: Mapping[str, np.ndarray], missing: Mapping[str, float], pool: int, items: str) -> str:
    if len(splits) == len(missing) + 1:  # there was nothing but train
        return "split into " + ", ".join(f"{len(splits[split])} {split}" for split in SPLITS)
    taken = " and ".join(f"{len(splits[split])} for {split}" for split in SPLITS if split in missing)
    return f"{taken} taken from {pool} {items} of train"
