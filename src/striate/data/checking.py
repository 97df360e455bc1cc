"""Finds what is wrong with a data set beforehand, all of it at once."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from striate.checked import checked
from striate.data.images.reading import decode_image
from striate.data.opening import is_built_in, open_data
from striate.data.options import Options
from striate.data.packed.packed_clips import is_packed
from striate.data.packed.remote import is_address
from striate.data.sets.duplicates import file_keys
from striate.data.sources.array_file import is_array_file
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder, is_archive, unpacked
from striate.data.sources.idx_folder import is_idx_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listed import in_parts, left_out
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Broken, Skipped, read_each, refuse_many, saying_os_errors
from striate.data.video.clip_reading import decode_all_frames
from striate.errors import DataError
from striate.pages import Shown


@dataclass(frozen=True)
class CheckReport(Shown):
    """What a data set holds, and what is wrong with it."""

    rows_in = "counts"
    in_json = "source ok items counts broken problems notes"

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


@checked
@saying_os_errors()
def check_data(
    source: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> CheckReport:
    """Reads every file of a data set and reports all that is broken, without stopping at a tenth of a class.

    Args:
        source: a data set, as for `train`.
        workers: processes that decode files; 0 decodes in this one. By default one a processor, up to 8.
        progress: is called with the number of files decoded so far and the number of all.

    Raises:
        DataError: the source is missing.

    >>> check_data("digits").ok
    True
    """
    if is_address(source):
        return _check_whole(source)
    options = Options(workers=workers, progress=progress)
    path = Path(source).expanduser()
    if is_archive(path):
        source = path = unpacked(path)
    if is_list(path):
        list_it = partial(list_clips, path)
    elif (
        is_array_file(path)
        or is_built_in(source)
        or is_idx_folder(find_folder(source))
        or is_packed(find_folder(source))
    ):
        return _check_whole(source)
    else:
        list_it = partial(list_folder, find_folder(source))
    try:
        listing = list_it()
    except DataError as error:
        return CheckReport(str(source), {}, (), (str(error),), ())
    return _check_files(listing, options)


def _check_whole(source: str | Path) -> CheckReport:
    """Of a set that is read as one piece."""
    try:
        data = open_data(source)
    except DataError as error:
        return CheckReport(str(source), {}, (), (str(error),), ())
    totals = {name: sum(counts[name] for counts in data.counts.values()) for name in data.classes}
    return CheckReport(str(source), totals, (), (), data.notes, data.unit)


def _check_files(listing: Listing, options: Options) -> CheckReport:
    broken = tuple(left_out(listing, _broken_among(listing, options)))
    totals = listing.totals()
    for file in broken:
        totals[file.label or ""] -= 1
    problems = tuple(_problems(listing, broken))
    notes = (*listing.notes, *_in_two_classes(listing))
    return CheckReport(str(listing.root), totals, broken, problems, notes, listing.items)


def _in_two_classes(listing: Listing, shown: int = 5) -> Iterator[str]:
    """The note on pictures of which exact copies are in several classes: one of the two labels is wrong."""
    if listing.kind != "images":
        return
    copies: dict[Hashable, list[int]] = {}
    there = [row for row, path in enumerate(listing.paths) if Path(path).is_file()]
    for row, key in zip(there, file_keys([listing.paths[row] for row in there]), strict=True):
        copies.setdefault(key, []).append(row)
    twice = [rows for rows in copies.values() if len({int(listing.labels[row]) for row in rows}) > 1]
    if twice:
        keys = listing.keys
        named = "; ".join(
            " = ".join(f"{keys[row]} ({listing.classes[listing.labels[row]]})" for row in rows)
            for rows in twice[:shown]
        )
        more = f" and {len(twice) - shown} more" if len(twice) > shown else ""
        yield f"the same picture in several classes: {named}{more}"


def _broken_among(listing: Listing, options: Options) -> Broken:
    """Those that cannot be decoded from beginning to end."""
    images = listing.kind == "images"
    read = partial(decode_image, channels=3, size=(64, 64)) if images else decode_all_frames
    length = 64 if images else 1
    parts = in_parts(
        partial(read_each, read=read),
        listing.paths,
        length=length,
        num_workers=options.num_workers if len(listing.paths) > length else 0,
        progress=options.progress,
    )
    return [(done + row, reason) for done, (_, broken) in parts for row, reason in broken]


def _problems(listing: Listing, broken: Sequence[Skipped]) -> Iterator[str]:
    totals = listing.totals()
    by_class = [[file for file in broken if file.label == name] for name in listing.classes]
    checks: list[Callable[[], None]] = [listing.check]
    checks += [partial(refuse_many, of_class, totals, listing.items) for of_class in by_class]
    for check in checks:
        try:
            check()
        except DataError as error:
            yield str(error)
