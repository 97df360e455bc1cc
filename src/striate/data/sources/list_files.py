"""A list of clips → which file is a clip of which class, in which split.

Where a list is called by a split (trainlist01.txt, kinetics_train.csv, …), those of the other splits are
looked for beside it. Its paths are looked for in its own folder, in the one above, and in the folders of
both. HMDB51 has one list a class, brush_hair_test_split1.txt: give one of them, or their folder for split 1.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from striate.data.segment import address, file_of
from striate.data.sources.list_columns import Row, Rows, names_both
from striate.data.sources.list_labels import check_labels, classes_of, first_of, refuse_some_unlabelled
from striate.data.sources.list_rows import read_rows, read_text
from striate.data.sources.list_search import Search, beside, folders_near
from striate.data.sources.listing import Listing, kind_of
from striate.data.sources.split_names import SPLIT_WORDS, SPLITS, is_no_class, refuse_twice, split_named
from striate.errors import DataError
from striate.numbers import counted

LIST_SUFFIXES = frozenset({".txt", ".csv", ".tsv", ".json", ".jsonl", ".list"})
TABLES = frozenset({".csv", ".tsv"})
"""Lists that are looked for beside what they name."""
METADATA = ("metadata.csv", "metadata.jsonl")
"""Lists inside of a folder of images, as the Hugging Face hub has them."""
_HMDB51 = re.compile(r"(?P<label>.+)_test_split(?P<number>\d+)\.txt")
_HMDB51_SPLITS = {"1": "train", "2": "test"}  # 0: not used


def is_list(path: Path) -> bool:
    """Whether it is a list of images or clips, or a folder that holds such: with metadata, or of HMDB51."""
    if path.is_dir():
        hmdb51 = any(_HMDB51.fullmatch(entry.name) for entry in path.iterdir())
        return hmdb51 or bool(_metadata(path)) or list_beside(path) is not None
    return path.is_file() and path.suffix.lower() in LIST_SUFFIXES


def list_clips(path: Path) -> Listing:
    """The clips that a list names. Raises DataError if more than a tenth of them are not there."""
    path = (list_beside(path) if path.is_dir() else None) or path
    search = Search(folders_near(path))
    match = _HMDB51.fullmatch(path.name)
    if match or (path.is_dir() and not _metadata(path)):
        (rows, notes), lists = _hmdb51(path, match["number"] if match else "1")
    else:
        (rows, notes), lists = _splits(path, search)
    if not rows:
        raise DataError(f"{path} names no images or clips with labels: expected `path label` on each line")
    files = [_address(search, row) for row in rows]
    missing = [row.names[0] for row, file in zip(rows, files, strict=True) if file is None]
    if len(missing) * 10 > len(rows):
        raise DataError(_pointing_nowhere(path, len(rows), missing))
    paths = [file or str(search.folders[0] / row.names[0]) for row, file in zip(rows, files, strict=True)]
    said = check_labels(path, rows, paths)
    rows, paths, again = _each_once(rows, paths)
    labels, classes = classes_of(rows, paths)
    split = np.array([row.split or "train" for row in rows], "U5")
    return Listing(
        root=Path(os.path.commonpath([str(Path(file_of(file)).parent) for file in paths])),
        classes=classes,
        paths=tuple(paths),
        labels=labels,
        split=split,
        splits=tuple(name for name in SPLITS if (split == name).any()),
        notes=(f"read from {', '.join(lists)}", *notes, *said, *again, *_segments_note(paths)),
        kind=kind_of([file_of(path) for path in paths]),
        source=path,
    )


def _each_once(rows: Sequence[Row], paths: Sequence[str]) -> tuple[list[Row], list[str], tuple[str, ...]]:
    """Without the rows that say the same again, which would stand on two sides of a split; and a note."""
    first = {
        (path, row.split): number
        for number, (row, path) in reversed([*enumerate(zip(rows, paths, strict=True))])
    }
    kept = sorted(first.values())
    again = len(rows) - len(kept)
    note = (f"{counted(again, 'row')} left out that name a file again",) if again else ()
    return [rows[number] for number in kept], [paths[number] for number in kept], note


def _metadata(folder: Path) -> dict[str, Path]:
    """Split → list, of a folder of images with metadata in it, or in the folders of its splits."""
    own = next((folder / name for name in METADATA if (folder / name).is_file()), None)
    if own is not None:
        return {"train": own}
    found: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        split = split_named(entry.name) if entry.is_dir() else None
        lists = [entry / name for name in METADATA if split and (entry / name).is_file()]
        if split and lists:
            found[split] = lists[0]
    return found if "train" in found else {}


def list_beside(folder: Path) -> Path | None:
    """The list that names the classes of what lies beside it, as competitions have theirs.

    None where the folder's own folders are classes, or no list has columns for a file and its class.

    Raises:
        DataError: there are several.
    """
    entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith((".", "__MACOSX"))]
    folders = [entry for entry in entries if entry.is_dir()]
    tables = [entry for entry in entries if entry.suffix.lower() in TABLES and entry.is_file()]
    if not tables:
        return list_beside(folders[0]) if len(folders) == 1 else None
    if len(folders) > 1 and not all(is_no_class(one.name) for one in folders):
        return None
    if any(entry.is_dir() for one in folders for entry in one.iterdir()):
        return None
    lists = [table for table in tables if _has_classes(table)]
    others = {other for table in lists for split, other in _companions(table).items() if split != "train"}
    found = [table for table in lists if table not in others]
    if len(found) > 1:
        raise DataError(
            f"{folder} holds the lists {' and '.join(one.name for one in found)}: name one of them"
        )
    return found[0] if found else None


def _has_classes(table: Path) -> bool:
    """Whether its columns are those of files and of their classes; an example of an answer has such, too."""
    with suppress(OSError, UnicodeDecodeError), table.open(encoding="utf-8-sig") as file:
        first = re.split(r"[,;\t]", file.readline(1 << 16))
        return names_both([cell.strip(" \"'\n") for cell in first]) and "submission" not in table.name.lower()
    return False


def clips_named(path: Path) -> list[str]:
    """The addresses of the clips that a list names, without what goes with it. Raises DataError."""
    search = Search(folders_near(path))
    rows = read_rows(path, search.has, beside(path).has).rows
    return [_address(search, row) or str(search.folders[0] / row.names[0]) for row in rows]


def _address(search: Search, row: Row) -> str | None:
    """Of the clip that a row names; None if it is not there."""
    cut = search.find(row.cut, moving=True)
    if cut is not None:
        return cut
    file = search.find(row.names, moving=row.segment is not None)
    return None if file is None else address(file, row.segment)


def _segments_note(paths: Sequence[str]) -> tuple[str, ...]:
    segments = [file_of(path) for path in paths if file_of(path) != path]
    if not segments:
        return ()
    return (f"{len(segments)} of {len(paths)} clips are segments, of {counted(len(set(segments)), 'file')}",)


def _splits(path: Path, search: Search) -> tuple[Rows, list[str]]:
    """The rows of a list and of those that go with it, and their names."""
    lists = _metadata(path) if path.is_dir() else _companions(path)
    rows: list[Row] = []
    notes: list[str] = []
    for split, file in lists.items():
        read = read_rows(file, search.has, beside(file).has)
        if path.is_dir():  # names are below the list's own folder, which is that of a split
            below = file.parent.relative_to(path)
            named = [row._replace(names=tuple(str(below / name) for name in row.names)) for row in read.rows]
            read = read._replace(rows=named)
        refuse_some_unlabelled(file, read.rows)
        if split != "train" and not any(row.label or "/" in row.names[0] for row in read.rows):
            notes.append(f"{file.name} left out: it names no classes")
            continue
        rows += [row._replace(split=row.split or split) for row in read.rows]
        notes += read.notes
    return Rows(rows, tuple(dict.fromkeys(notes))), [file.name for file in lists.values()]


def _companions(path: Path) -> dict[str, Path]:
    """Split → list; train alone if its name does not say that it is one of several."""
    found = re.search(r"(?<![a-z])(training|train)(?=list|[^a-z]|$)", path.stem.lower())
    if not found:
        return {"train": path}
    names = {
        path.stem[: found.start()] + word + path.stem[found.end() :] + path.suffix: split
        for word, split in SPLIT_WORDS.items()
        if split != "train"
    }
    others = {name: split for name, split in names.items() if (path.parent / name).is_file()}
    refuse_twice(path.parent, others)
    return {"train": path, **{split: path.parent / name for name, split in others.items()}}


def _hmdb51(path: Path, number: str) -> tuple[Rows, list[str]]:
    folder = path if path.is_dir() else path.parent
    matches = [_HMDB51.fullmatch(entry.name) for entry in sorted(folder.iterdir())]
    chosen = [match for match in matches if match and match["number"] == number]
    if not chosen:
        raise DataError(f"{folder} holds no lists of split {number}: give one of the lists that it holds")
    rows = []
    for match in chosen:
        for name, part in _pairs(folder / match.string):
            if part in _HMDB51_SPLITS:
                rows.append(Row((f"{match['label']}/{name}", name), match["label"], _HMDB51_SPLITS[part]))
    return Rows(rows), [f"{len(chosen)} lists of split {number} in {folder.name}"]


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in read_text(path).splitlines():
        name, _, part = line.strip().rpartition(" ")
        yield name.strip(), part


def _pointing_nowhere(path: Path, count: int, missing: Sequence[str]) -> str:
    own = (path if path.is_dir() else path.parent).absolute()
    return (
        f"{len(missing)} of the {count} files that {path} names are not there: {first_of(missing)}; looked "
        f"in {own}, {own.parent} and the folders in both: put the list beside the files, or write whole paths"
    )
