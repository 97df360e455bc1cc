"""Finds what is wrong with a data set beforehand, all of it at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from striate.checked import checked
from striate.data.image_data import ClipData, Options
from striate.data.images.reading import try_read
from striate.data.opening import is_built_in, open_data
from striate.data.packed.pack import is_packed
from striate.data.sets.workers import ordered_map
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder
from striate.data.sources.idx_folder import is_idx_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Skipped, refuse_many
from striate.data.video.clip_reading import try_all_frames
from striate.errors import DataError

_CHUNK = 64


@dataclass(frozen=True)
class CheckReport:
    """What a data set holds, and what is wrong with it."""

    source: str
    counts: Mapping[str, int]
    """Readable images or clips of each class, over all splits."""
    broken: tuple[Skipped, ...]
    """Every file that cannot be read."""
    problems: tuple[str, ...]
    """Why it could not be opened for training, one sentence each."""
    notes: tuple[str, ...]
    items: str = "images"
    """What was counted, in the plural."""

    @property
    def ok(self) -> bool:
        """Whether it can be opened for training. Broken files up to a tenth of a class are left out then."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "source": self.source,
            "ok": self.ok,
            "items": self.items,
            "counts": dict(self.counts),
            "broken": [one.to_json() for one in self.broken],
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


@checked
def check_data(
    source: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> CheckReport:
    """Reads every file of a data set and reports all that is broken, without stopping at a tenth of a class.

    source, workers, progress: as in `open_data`. Raises DataError if the source is missing.
    """
    options = Options(workers=workers, progress=progress)
    if is_built_in(source):
        return _check_whole(source)
    path = Path(source).expanduser()
    if is_list(path):
        return _check_listing(str(path), lambda: list_clips(path), options)
    folder = find_folder(source)
    if is_idx_folder(folder) or is_packed(folder):
        return _check_whole(source)
    return _check_listing(str(folder), lambda: list_folder(folder), options)


def _check_whole(source: str | Path) -> CheckReport:
    """Of a set that is read as one piece."""
    try:
        data = open_data(source)
    except DataError as error:
        return CheckReport(str(source), {}, (), (str(error),), ())
    totals = {name: sum(counts[name] for counts in data.counts.values()) for name in data.classes}
    items = "clips" if isinstance(data, ClipData) else "images"
    return CheckReport(str(source), totals, (), (), data.notes, items)


def _check_listing(source: str, list_it: Callable[[], Listing], options: Options) -> CheckReport:
    try:
        listing = list_it()
    except DataError as error:
        return CheckReport(source, {}, (), (str(error),), ())
    return _check_files(listing, options)


def _check_files(listing: Listing, options: Options) -> CheckReport:
    broken = tuple(
        Skipped(listing.paths[row], reason, listing.classes[listing.labels[row]])
        for row, reason in _unreadable(listing, options)
    )
    totals = listing.totals()
    for one in broken:
        assert one.label is not None
        totals[one.label] -= 1
    return CheckReport(
        str(listing.root), totals, broken, tuple(_problems(listing, broken)), listing.notes, listing.items
    )


def _unreadable(listing: Listing, options: Options) -> Iterator[tuple[int, str]]:
    paths = listing.paths
    length, broken_among = (_CHUNK, _broken_images) if listing.kind == "images" else (1, _broken_clips)
    chunks = (paths[start : start + length] for start in range(0, len(paths), length))
    crew = options.crew if len(paths) > length else 0
    with closing(ordered_map(broken_among, chunks, crew)) as parts:
        for number, part in enumerate(parts):
            yield from ((number * length + row, reason) for row, reason in part)
            if options.progress:
                options.progress(min((number + 1) * length, len(paths)), len(paths))


def _broken_images(paths: Sequence[str]) -> list[tuple[int, str]]:
    """Row and reason of those that cannot be decoded from beginning to end."""
    results = [try_read(path, 3, (64, 64)) for path in paths]
    return [(row, result) for row, result in enumerate(results) if isinstance(result, str)]


def _broken_clips(paths: Sequence[str]) -> list[tuple[int, str]]:
    """The same of clips."""
    results = [try_all_frames(path) for path in paths]
    return [(row, result) for row, result in enumerate(results) if result is not None]


def _problems(listing: Listing, broken: Sequence[Skipped]) -> Iterator[str]:
    totals = listing.totals()
    by_class = [[one for one in broken if one.label == name] for name in listing.classes]
    checks: list[Callable[[], None]] = [listing.check]
    checks += [partial(refuse_many, of_class, totals, listing.items) for of_class in by_class]
    for check in checks:
        try:
            check()
        except DataError as error:
            yield str(error)
