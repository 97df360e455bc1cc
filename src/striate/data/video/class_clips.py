"""The clips of a listing: the first frame of each looked at, channels and size chosen, read when needed."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np

from striate.data.image_data import Options
from striate.data.sets.workers import ordered_map
from striate.data.sources.contents import Contents, VideoPixels
from striate.data.sources.groups import groups_of
from striate.data.sources.listing import Listing
from striate.data.sources.splits import FOLDER_SHARES
from striate.data.unreadable_files import Skipped, refuse_many
from striate.data.video.clip_reading import ClipHeader, Reading, try_clip_header
from striate.data.video.sampling import Sampling

DEFAULT_SIZE = 112
"""Pixels; clips that share a size up to this keep it."""
_CHUNK = 8
_FEW_FILES = 100  # for fewer, starting workers costs more than it saves


def clip_contents(everything: Listing, options: Options) -> Contents:
    """The clips of a listing. Raises DataError if a class cannot be learnt from them."""
    everything.check()
    listing, headers, skipped = look_over(everything, options)
    refuse_many(skipped, everything.totals(), "clips")
    channels, channels_note = choose_channels(headers, options.channels)
    size, size_note = _choose_size(headers, options.size)
    check_flow(options.flow, size)
    how = Reading(options.sampling, channels, size, options.flow)
    return Contents(
        name=listing.root.resolve().name,
        source=str(listing.root),
        classes=listing.classes,
        labels=listing.labels,
        keys=listing.keys,
        pixels=VideoPixels(listing.paths, how, size, options.crew),
        given=listing.rows,
        shares=FOLDER_SHARES,
        groups=groups_of(listing.keys, options.group_by),
        names=listing.paths,
        notes=(*channels_note, size_note, *_short_note(headers, how.sampling), *listing.notes),
        skipped=tuple(skipped),
    )


def check_flow(flow: str | None, size: tuple[int, int]) -> None:
    """Raises MissingExtraError without OpenCV, DataError for a size (H, W) that is too small.

    Asked here, once, so that it is not a worker that finds out.
    """
    if flow:
        from striate.data.flow.flow import flow_planes

        flow_planes(np.zeros((1, 1, *size), np.uint8), flow)


def look_over(listing: Listing, options: Options) -> tuple[Listing, list[ClipHeader], list[Skipped]]:
    """The clips that can be opened, what they are like, and those that cannot be opened."""
    headers: list[ClipHeader | str] = []
    chunks = (listing.paths[start : start + _CHUNK] for start in range(0, len(listing.paths), _CHUNK))
    crew = options.crew if len(listing.paths) > _FEW_FILES else 0
    with closing(ordered_map(_read_headers, chunks, crew)) as parts:
        for part in parts:
            headers += part
            if options.progress:
                options.progress(len(headers), len(listing.paths))
    rows = [row for row, header in enumerate(headers) if isinstance(header, ClipHeader)]
    good = [header for header in headers if isinstance(header, ClipHeader)]
    return listing.keep(np.array(rows, np.int64)), good, list(_skipped(listing, headers))


def _read_headers(paths: Sequence[str]) -> list[ClipHeader | str]:
    return [try_clip_header(path) for path in paths]


def _skipped(listing: Listing, headers: Sequence[ClipHeader | str]) -> Iterator[Skipped]:
    for row, header in enumerate(headers):
        if isinstance(header, str):
            yield Skipped(listing.paths[row], header, listing.classes[listing.labels[row]])


def choose_channels(headers: Sequence[ClipHeader], asked: int | None) -> tuple[int, tuple[str, ...]]:
    """1 where every clip is grey, otherwise 3, and what is to be said about it."""
    if asked is not None:
        return asked, ()
    colour = sum(not header.grey for header in headers)
    if colour == 0:
        return 1, ("1 channel: every clip is grey",)
    if colour == len(headers):
        return 3, ("3 channels: every clip is in colour",)
    return 3, (f"3 channels: {colour} of {len(headers)} clips are in colour, the others grey",)


def _choose_size(headers: Sequence[ClipHeader], asked: int | None) -> tuple[tuple[int, int], str]:
    sizes = sorted({header[:2] for header in headers}, key=lambda size: (size[0] * size[1], size))
    own = sizes[0] if len(sizes) == 1 and max(sizes[0]) <= DEFAULT_SIZE else (DEFAULT_SIZE, DEFAULT_SIZE)
    H, W = (asked, asked) if asked is not None else own
    if sizes == [(H, W)]:
        return (H, W), f"{H} × {W} pixels, as every clip has"
    came = " to ".join(f"{height} × {width}" for height, width in dict.fromkeys((sizes[0], sizes[-1])))
    return (H, W), f"resized to {H} × {W} pixels from {came}: short side first, then cut around the centre"


def _short_note(headers: Sequence[ClipHeader], sampling: Sampling) -> tuple[str, ...]:
    """About clips that have fewer frames than are asked for, and the rule that fills them."""
    short = sum(header.frames < sampling.span for header in headers)
    if not short:
        return ()
    apart = "" if sampling.stride in (None, 1) else f" at a distance of {sampling.stride}"
    return (
        f"{short} of {len(headers)} clips are too short for {sampling.frames} frames{apart} "
        f"(the shortest has {min(header.frames for header in headers)}): the nearest frame is repeated",
    )
