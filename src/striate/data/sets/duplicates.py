"""Images that occur in two splits: what a network has seen in training does not test it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

import numpy as np

from striate.data.segment import parsed


def count_duplicates(splits: Mapping[str, Iterable[Hashable]]) -> tuple[int, tuple[str, ...]]:
    """How many images of val and test also occur in an earlier split, and the note that says between which.

    Args:
        splits: split, train first → one key an image, equal for equal images. An image in all splits counts
            once for each after the first.
    """
    keys = {split: list(of_split) for split, of_split in splits.items()}
    known: set[Hashable] = set()
    count = 0
    for of_split in keys.values():
        count += sum(key in known for key in of_split)
        known.update(of_split)
    if not count:
        return 0, ()
    apart = {split: set(of_split) for split, of_split in keys.items()}
    shared = {
        (later, earlier): sum(key in apart[earlier] for key in keys[later])
        for earlier, later in combinations(keys, 2)
    }
    where = ", ".join(f"{n} of {later} also in {earlier}" for (later, earlier), n in shared.items() if n)
    return count, (f"exact duplicates across splits: {where}",)


def pixel_keys(images: Iterable[np.ndarray]) -> list[Hashable]:
    """A key for each image, by its pixels, contiguous (C, H, W) uint8."""
    return [blake2b(image.reshape(-1).data, digest_size=16).digest() for image in images]


def file_keys(paths: Sequence[str]) -> list[Hashable]:
    """A key for each file, by its content; read only as far as needed to tell it from the others.

    For sets too large to decode in advance: finds copies, not the same picture stored in another way.
    """
    keys: list[Hashable] = [None] * len(paths)
    for look in (_size, partial(_digest, length=4096), partial(_digest, length=-1)):
        keys = _told_apart(paths, keys, look)
    return keys


def clip_keys(paths: Sequence[str]) -> list[Hashable]:
    """A key for each clip, by its file and segment; folders of frames are taken to be different."""
    clips = [parsed(path) for path in paths]
    files = [file for file in dict.fromkeys(file for file, _ in clips) if Path(file).is_file()]
    keys = dict(zip(files, file_keys(files), strict=True))
    return [(keys.get(file, file), segment) for file, segment in clips]


def _told_apart(
    paths: Sequence[str], keys: list[Hashable], look: Callable[[str], Hashable]
) -> list[Hashable]:
    """The keys, extended by a closer look at the files that share theirs with another."""
    once: set[Hashable] = set()
    more = {key for key in keys if key in once or once.add(key)}  # type: ignore[func-returns-value]
    return [(key, look(path)) if key in more else key for key, path in zip(keys, paths, strict=True)]


def _size(path: str) -> int:
    return Path(path).stat().st_size


def _digest(path: str, length: int) -> bytes:
    with Path(path).open("rb") as file:
        return blake2b(file.read(length), digest_size=16).digest()
