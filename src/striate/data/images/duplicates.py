"""Images that occur in two splits: what a network has seen in training does not test it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

import numpy as np

from striate.data.sources.splits import SPLITS


def count_duplicates(splits: Mapping[str, Iterable[Hashable]]) -> tuple[int, tuple[str, ...]]:
    """How many images of val and test also occur in an earlier split, and the note that says between which.

    splits: split → one key an image, equal for equal images. An image in all three counts once.
    """
    keys = {split: list(splits.get(split, ())) for split in SPLITS}
    seen = {split: set(keys[split]) for split in SPLITS}
    count = sum(key in seen["train"] for key in keys["val"])
    count += sum(key in seen["train"] or key in seen["val"] for key in keys["test"])
    if not count:
        return 0, ()
    pairs = [(later, earlier) for earlier, later in combinations(SPLITS, 2)]
    shared = {pair: sum(key in seen[pair[1]] for key in keys[pair[0]]) for pair in pairs}
    where = ", ".join(f"{n} of {later} also in {earlier}" for (later, earlier), n in shared.items() if n)
    return count, (f"exact duplicates across splits: {where}",)


def pixel_keys(pixels: np.ndarray) -> list[bytes]:
    """A key for each image, by its pixels. pixels: (N, C, H, W) uint8, contiguous."""
    return [blake2b(image.data, digest_size=16).digest() for image in pixels.reshape(len(pixels), -1)]


def file_keys(paths: Sequence[str]) -> list[Hashable]:
    """A key for each file, by its content; read only as far as needed to tell it from the others.

    For sets too large to decode in advance: finds copies, not the same picture stored in another way.
    """
    keys: list[Hashable] = [None] * len(paths)
    for look in (_size, partial(_digest, length=4096), partial(_digest, length=-1)):
        keys = _told_apart(paths, keys, look)
    return keys


def clip_keys(paths: Sequence[str]) -> list[Hashable]:
    """The same for clips. Folders of frames are taken to be different."""
    files = [path for path in paths if Path(path).is_file()]
    keys = dict(zip(files, file_keys(files), strict=True))
    return [keys.get(path, path) for path in paths]


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
