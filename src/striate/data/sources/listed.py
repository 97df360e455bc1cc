"""The images or clips of a listing: heads read, channels and size chosen, decoded now or when needed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from striate.data.images.framing import Fit, Framing
from striate.data.images.reading import Header, read_header
from striate.data.options import GIB, Options
from striate.data.sets.file_sets import DiskClips, DiskImages, image_reader
from striate.data.sets.image_sets import ImageSet, MemoryImages
from striate.data.sources.listing import Contents, Listing
from striate.data.sources.spacing import Length, choose_sampling
from striate.data.sources.splits import groups_of
from striate.data.unreadable_files import Broken, Skipped, read_each, refuse_many
from striate.data.video.clip_reading import Reading, read_clip_header
from striate.data.video.sampling import Sampling
from striate.data.workers import ordered_map

Result = TypeVar("Result")

_OWN_SIZE_UP_TO = {"images": 64, "clips": 112}
"""Pixels; what shares a size up to this keeps it, anything else is brought to it."""
MOST_LOST = 0.5
"""Of the typical picture; where a cut would lose more, pictures are squashed."""
_FEW_FILES = {"images": 2000, "clips": 100}
_FEW_BYTES = 32 << 20
"""Of images. Below both, starting workers costs more than it saves."""


def listed_contents(listing: Listing, options: Options) -> Contents:
    """What a listing names. Raises DataError if a class cannot be learnt from it."""
    listing.check()
    readable, headers, skipped = look_over(listing, options)
    channels, channels_note = choose_channels(headers, options.channels, listing.items)
    size, size_note = choose_size(headers, options, listing.items)
    fit, fit_note = choose_fit(headers, size, options, listing.items)
    if listing.kind == "images":
        kept, images, notes, broken = _images(readable, channels, size, options, options.framing(fit))
        skipped += broken
        refuse_many(skipped, listing.totals())
        groups = None if options.group_by is None else groups_of(kept.keys, options.group_by)
    else:
        lengths = [Length(header.frames, header.seconds) for header in headers]
        sampling, notes = choose_sampling(lengths, options)
        kept, images = readable, _clips(readable, channels, size, sampling, options)
        groups = groups_of(kept.keys, options.group_by)
    return Contents(
        name=listing.root.resolve().name,
        source=listing.named,
        classes=listing.classes,
        images=images,
        keys=kept.keys,
        rows=kept.rows,
        groups=groups,
        notes=(*channels_note, f"{size_note}{fit_note}", *notes, *listing.notes),
        fit=fit,
        skipped=tuple(skipped),
    )


def look_over(listing: Listing, options: Options) -> tuple[Listing, list[Header], list[Skipped]]:
    """The files whose heads can be read, what those say, and the files whose heads cannot be read.

    Raises DataError if these are more than a tenth of a class.
    """
    images = listing.kind == "images"
    read: Callable[[str], Header] = read_header if images else read_clip_header
    headers: list[Header] = []
    broken: Broken = []
    num_workers = options.num_workers if len(listing.paths) > _FEW_FILES[listing.items] else 0
    parts = in_parts(
        partial(read_each, read=read),
        listing.paths,
        length=256 if images else 8,
        num_workers=num_workers,
        progress=None if images else options.progress,
    )
    for done, (found, failed) in parts:
        headers += found
        broken += [(done + row, reason) for row, reason in failed]
    skipped = left_out(listing, broken)
    refuse_many(skipped, listing.totals(), listing.items)
    return _without(listing, broken), headers, skipped


def in_parts(
    work: Callable[[Sequence[str]], Result],
    paths: Sequence[str],
    *,
    length: int,
    num_workers: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[int, Result]]:
    """What `work` makes of paths, `length` at a time, with the number of paths before each part.

    Worker processes do it; `progress` is called after each part.
    """
    parts = (paths[start : start + length] for start in range(0, len(paths), length))
    with closing(ordered_map(work, parts, num_workers)) as results:
        for number, result in enumerate(results):
            yield number * length, result
            if progress:
                progress(min((number + 1) * length, len(paths)), len(paths))


def left_out(listing: Listing, broken: Broken) -> list[Skipped]:
    """The files in these rows, with their classes."""
    return [
        Skipped(listing.paths[row], reason, listing.classes[listing.labels[row]]) for row, reason in broken
    ]


def _without(listing: Listing, broken: Broken) -> Listing:
    rows = np.delete(np.arange(len(listing.paths)), [row for row, _ in broken])
    return listing.keep(rows) if broken else listing


def choose_channels(headers: Sequence[Header], asked: int | None, items: str) -> tuple[int, tuple[str, ...]]:
    """1 where everything is grey, otherwise 3, and what is to be said about it."""
    if asked is not None:
        return asked, ()
    colour = sum(not header.grey for header in headers)
    if colour == 0:
        return 1, (f"1 channel: every {items[:-1]} is grey",)
    if colour == len(headers):
        return 3, (f"3 channels: every {items[:-1]} is in colour",)
    return 3, (f"3 channels: {colour} of {len(headers)} {items} are in colour, the others grey",)


def choose_size(headers: Sequence[Header], options: Options, items: str) -> tuple[tuple[int, int], str]:
    """(H, W) of what the network sees, and what is to be said about it."""
    sizes = sorted({header[:2] for header in headers}, key=lambda size: (size[0] * size[1], size))
    most = _OWN_SIZE_UP_TO[items]
    own = sizes[0] if len(sizes) == 1 and max(sizes[0]) <= most else (most, most)
    H, W = (options.size, options.size) if options.size is not None else own
    if sizes == [(H, W)]:
        return (H, W), f"{H} × {W} pixels, as every {items[:-1]} has"
    came = " to ".join(f"{height} × {width}" for height, width in dict.fromkeys((sizes[0], sizes[-1])))
    return (H, W), f"resized to {H} × {W} pixels from {came}"


_FIT_SAID: dict[Fit, str] = {
    "crop": "short side first, then cut around the centre",
    "pad": "all of it, with black around",
    "squash": "each side by itself",
}


def choose_fit(
    headers: Sequence[Header], size: tuple[int, int], options: Options, items: str
) -> tuple[Fit, str]:
    """How pictures of another shape are brought to the size, and what is to be said about it."""
    if all(header[:2] == size for header in headers):
        return options.fit or "crop", ""
    lost = float(np.median([_lost(header, size) for header in headers]))
    if options.fit is None and lost > MOST_LOST and items == "images":
        return "squash", (
            f": {_FIT_SAID['squash']}, as a cut to its shape would lose {lost:.0%} of the typical image "
            "(--fit says otherwise)"
        )
    fit = options.fit or "crop"
    return fit, f": {_FIT_SAID[fit]}"


def _lost(header: Header, size: tuple[int, int]) -> float:
    """The share of a picture that a cut to the shape of (H, W) takes away."""
    shape, wanted = header.width / header.height, size[1] / size[0]
    return 1 - min(shape / wanted, wanted / shape)


def _images(
    listing: Listing, channels: int, size: tuple[int, int], options: Options, framing: Framing
) -> tuple[Listing, ImageSet, tuple[str, ...], list[Skipped]]:
    """Images decoded at once if they fit into memory, what is to be said, and what turned out unreadable."""
    nbytes = len(listing.paths) * channels * size[0] * size[1]
    if nbytes > options.memory_limit:
        note = f"read from disk as needed: {nbytes / GIB:.3g} GiB of pixels are more than the memory limit"
        images = DiskImages(
            listing.paths,
            listing.labels,
            listing.classes,
            channels=channels,
            size=size,
            workers=options.num_workers,
            framing=framing,
        )
        return listing, images, (note,), []
    values, broken = _decoded(
        listing.paths, image_reader(channels, size, framing), (channels, *size), options
    )
    kept = _without(listing, broken)
    return kept, MemoryImages(values, kept.labels, kept.paths), (), left_out(listing, broken)


def _decoded(
    paths: Sequence[str],
    read: Callable[[Sequence[str]], tuple[np.ndarray, Broken]],
    shape: tuple[int, int, int],
    options: Options,
) -> tuple[np.ndarray, Broken]:
    """The pixels of all files that can be read, uint8 (N, C, H, W), and the others."""
    values = np.empty((len(paths), *shape), np.uint8)
    broken: Broken = []
    many = len(paths) > _FEW_FILES["images"] or sum(Path(path).stat().st_size for path in paths) > _FEW_BYTES
    parts = in_parts(
        read,
        paths,
        length=64,
        num_workers=options.num_workers if many else 0,
        progress=options.progress,
    )
    for done, (pixels, failed) in parts:
        values[done : done + len(pixels)] = pixels
        broken += [(done + row, reason) for row, reason in failed]
    return (np.delete(values, [row for row, _ in broken], axis=0) if broken else values), broken


def _clips(
    listing: Listing, channels: int, size: tuple[int, int], sampling: Sampling, options: Options
) -> ImageSet:
    check_flow(options.flow, size)
    how = Reading(sampling, channels, size, options.flow)
    return DiskClips(listing.paths, listing.labels, listing.classes, how=how, workers=options.num_workers)


def check_flow(flow: str | None, size: tuple[int, int]) -> None:
    """Raises MissingExtraError without OpenCV, DataError for a size (H, W) that is too small.

    Asked here, once, so that it is not a worker that finds out.
    """
    if flow:
        from striate.data.optical_flow import flow_planes

        flow_planes(np.zeros((1, 1, *size), np.uint8), flow)
