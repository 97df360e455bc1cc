"""Finds what is wrong with a data set beforehand, all of it at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from striate.data.class_folder import list_folder
from striate.data.finding import find_folder
from striate.data.idx_folder import is_idx_folder
from striate.data.image_data import Options
from striate.data.listing import Listing
from striate.data.opening import open_data
from striate.data.reading import try_read
from striate.data.skipped import Skipped, refuse_many
from striate.data.workers import ordered_map
from striate.errors import DataError

_CHUNK = 64


@dataclass(frozen=True)
class CheckReport:
    """What a data set holds, and what is wrong with it."""

    source: str
    counts: Mapping[str, int]
    """Readable images of each class, over all splits."""
    broken: tuple[Skipped, ...]
    """Every file that cannot be read."""
    problems: tuple[str, ...]
    """Why it could not be opened for training, one sentence each."""
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be opened for training. Broken files up to a tenth of a class are left out then."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "source": self.source,
            "ok": self.ok,
            "counts": dict(self.counts),
            "broken": [one.to_json() for one in self.broken],
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def check_data(
    source: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> CheckReport:
    """Reads every file of a data set and reports all that is broken, without stopping at a tenth of a class.

    source, workers, progress: as in `open_data`. Raises DataError if the source is missing.
    """
    folder = None if source == "digits" else find_folder(source)
    if folder is None or is_idx_folder(folder):
        return _check_whole(source)
    try:
        listing = list_folder(folder)
    except DataError as error:
        return CheckReport(str(folder), {}, (), (str(error),), ())
    return _check_files(listing, Options(workers=workers, progress=progress))


def _check_whole(source: str | Path) -> CheckReport:
    """Of a set that is read as one piece."""
    try:
        data = open_data(source)
    except DataError as error:
        return CheckReport(str(source), {}, (), (str(error),), ())
    totals = {name: sum(counts[name] for counts in data.counts.values()) for name in data.classes}
    return CheckReport(str(source), totals, (), (), data.notes)


def _check_files(listing: Listing, options: Options) -> CheckReport:
    broken = tuple(
        Skipped(listing.paths[row], reason, listing.classes[listing.labels[row]])
        for row, reason in _unreadable(listing.paths, options)
    )
    totals = listing.totals()
    for one in broken:
        assert one.label is not None
        totals[one.label] -= 1
    return CheckReport(str(listing.root), totals, broken, tuple(_problems(listing, broken)), listing.notes)


def _unreadable(paths: Sequence[str], options: Options) -> Iterator[tuple[int, str]]:
    chunks = (paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK))
    crew = options.crew if len(paths) > _CHUNK else 0
    with closing(ordered_map(_broken_among, chunks, crew)) as parts:
        for number, part in enumerate(parts):
            yield from ((number * _CHUNK + row, reason) for row, reason in part)
            if options.progress:
                options.progress(min((number + 1) * _CHUNK, len(paths)), len(paths))


def _broken_among(paths: Sequence[str]) -> list[tuple[int, str]]:
    """Row and reason of those that cannot be decoded from beginning to end."""
    results = [try_read(path, 3, (64, 64)) for path in paths]
    return [(row, result) for row, result in enumerate(results) if isinstance(result, str)]


def _problems(listing: Listing, broken: Sequence[Skipped]) -> Iterator[str]:
    totals = listing.totals()
    by_class = [[one for one in broken if one.label == name] for name in listing.classes]
    checks: list[Callable[[], None]] = [listing.check]
    checks += [partial(refuse_many, of_class, totals) for of_class in by_class]
    for check in checks:
        try:
            check()
        except DataError as error:
            yield str(error)
