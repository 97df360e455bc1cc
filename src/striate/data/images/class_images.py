"""The images of class folders: heads read, channels and size chosen, decoded now or when needed."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from striate.data.image_data import GIB, Options
from striate.data.images.reading import Header, read_many, try_header
from striate.data.sets.workers import ordered_map
from striate.data.sources.contents import Contents, FilePixels, MemoryPixels, Pixels
from striate.data.sources.listing import Listing
from striate.data.sources.splits import FOLDER_SHARES
from striate.data.unreadable_files import Skipped, refuse_many

_OWN_SIZE_UP_TO = 64  # pixels; images that share a size up to this keep it
_DEFAULT_SIZE = 64
_FEW_FILES, _FEW_BYTES = 2000, 32 << 20  # below both, starting workers costs more than it saves

Broken = list[tuple[int, str]]  # row, reason


def image_contents(everything: Listing, options: Options) -> Contents:
    """The images of class folders. Raises DataError if a class cannot be learnt from them."""
    root = everything.root
    everything.check()
    listing, headers, skipped = look_over(everything, options)
    refuse_many(skipped, everything.totals())
    channels, channels_note = _choose_channels(headers, options.channels)
    size, size_note = _choose_size(headers, options.size)
    rows, pixels, broken = _open(listing.paths, channels, size, options)
    skipped += _skipped(listing, broken)
    refuse_many(skipped, everything.totals())
    listing = listing.keep(rows)
    return Contents(
        name=root.resolve().name,
        source=str(root),
        classes=listing.classes,
        labels=listing.labels,
        keys=listing.keys,
        pixels=pixels,
        given=listing.rows,
        shares=FOLDER_SHARES,
        names=listing.paths,
        notes=(*channels_note, size_note, *_disk_note(pixels, listing), *listing.notes),
        skipped=tuple(skipped),
    )


def look_over(listing: Listing, options: Options) -> tuple[Listing, list[Header], list[Skipped]]:
    """The files whose heads can be read, what those say, and the files whose heads cannot be read."""
    headers: list[Header | str] = []
    crew = options.crew if len(listing.paths) > _FEW_FILES else 0
    with closing(ordered_map(_read_headers, _chunks(listing.paths, 256), crew)) as parts:
        for part in parts:
            headers += part
    broken = [(row, header) for row, header in enumerate(headers) if isinstance(header, str)]
    rows = [row for row, header in enumerate(headers) if isinstance(header, Header)]
    readable = [header for header in headers if isinstance(header, Header)]
    return listing.keep(np.array(rows, np.int64)), readable, _skipped(listing, broken)


def _read_headers(paths: Sequence[str]) -> list[Header | str]:
    return [try_header(path) for path in paths]


def _chunks(paths: Sequence[str], length: int) -> Iterator[Sequence[str]]:
    return (paths[start : start + length] for start in range(0, len(paths), length))


def _skipped(listing: Listing, broken: Broken) -> list[Skipped]:
    return [
        Skipped(listing.paths[row], reason, listing.classes[listing.labels[row]]) for row, reason in broken
    ]


def _choose_channels(headers: Sequence[Header], asked: int | None) -> tuple[int, tuple[str, ...]]:
    if asked is not None:
        return asked, ()
    colour = sum(not header.grey for header in headers)
    if colour == 0:
        return 1, ("1 channel: every image is grey",)
    if colour == len(headers):
        return 3, ("3 channels: every image is in colour",)
    return 3, (f"3 channels: {colour} of {len(headers)} images are in colour, the others grey",)


def _choose_size(headers: Sequence[Header], asked: int | None) -> tuple[tuple[int, int], str]:
    sizes = sorted(
        {(header.height, header.width) for header in headers}, key=lambda size: (size[0] * size[1], size)
    )
    own = sizes[0] if len(sizes) == 1 and max(sizes[0]) <= _OWN_SIZE_UP_TO else (_DEFAULT_SIZE, _DEFAULT_SIZE)
    H, W = (asked, asked) if asked is not None else own
    if sizes == [(H, W)]:
        return (H, W), f"{H} × {W} pixels, as every image has"
    came = " to ".join(f"{height} × {width}" for height, width in dict.fromkeys((sizes[0], sizes[-1])))
    return (H, W), f"resized to {H} × {W} pixels from {came}: short side first, then cut around the centre"


def _open(
    paths: Sequence[str], channels: int, size: tuple[int, int], options: Options
) -> tuple[np.ndarray, Pixels, Broken]:
    """Readable rows, their pixels in memory if they fit, and the files that turned out unreadable."""
    if len(paths) * channels * size[0] * size[1] > options.memory_limit:
        return np.arange(len(paths)), FilePixels(paths, channels, size, options.crew), []
    values = np.empty((len(paths), channels, *size), np.uint8)
    broken = _decode(paths, values, options)
    if not broken:
        return np.arange(len(paths)), MemoryPixels(values), []
    rows = np.delete(np.arange(len(paths)), [row for row, _ in broken])
    return rows, MemoryPixels(values[rows]), broken


def _decode(paths: Sequence[str], values: np.ndarray, options: Options) -> Broken:
    """Decodes files into `values`, (N, C, H, W) uint8; returns those that cannot be read."""
    reader = partial(read_many, channels=values.shape[1], size=values.shape[2:])
    broken: Broken = []
    done = 0
    with closing(ordered_map(reader, _chunks(paths, 64), options.crew if _many(paths) else 0)) as parts:
        for pixels, unreadable in parts:
            values[done : done + len(pixels)] = pixels
            broken += [(done + row, reason) for row, reason in unreadable]
            done += len(pixels)
            if options.progress:
                options.progress(done, len(paths))
    return broken


def _many(paths: Sequence[str]) -> bool:
    return len(paths) > _FEW_FILES or sum(Path(path).stat().st_size for path in paths) > _FEW_BYTES


def _disk_note(pixels: Pixels, listing: Listing) -> tuple[str, ...]:
    if isinstance(pixels, MemoryPixels):
        return ()
    gib = len(listing.paths) * pixels.channels * pixels.size[0] * pixels.size[1] / GIB
    return (f"read from disk as needed: {gib:.3g} GiB of pixels are more than the memory limit",)
