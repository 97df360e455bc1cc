"""Data given in Python in place of a path: they are read once, and kept under a name that says what they are.

    any sequence of (picture, label)      a data set of PyTorch's or torchvision's, or a list
    a list of (path, label)               images, videos or folders of frames
    (pictures, labels)                    arrays, tensors or lists, as long as each other
    {"train": …, "val": …, "test": …}     any of these for each split
    {"x_train": …, "y_train": …, …}       arrays, named as in a `.npz`

The name holds a checksum of all pictures, or paths, and labels, so that a run can tell whether it is given
the same again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from striate.data.images.reading import Header, refit
from striate.data.options import Options
from striate.data.sources.array_file import contents_of
from striate.data.sources.listed import choose_channels, choose_fit, choose_size, listed_contents
from striate.data.sources.listing import Contents, Listing, in_order, kind_of
from striate.data.sources.samples import Sample, array_of, samples_of
from striate.data.sources.split_names import SPLITS, split_named
from striate.errors import DataError


class Samples(Protocol):
    """What can be counted and asked for one sample after another."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: Any) -> Any: ...


Source = str | Path | Samples
"""A name or a path, or in Python the data themselves."""
_PREFIX = "python:"
_kept: "dict[str, _Given]" = {}


@dataclass(frozen=True)
class _Given:
    """What was given, in rows; paths, pictures (C, H, W), or named arrays."""

    samples: tuple[Sample, ...] = ()
    classes: tuple[str, ...] = ()
    """Where the data name them."""
    arrays: Mapping[str, np.ndarray] | None = None

    @property
    def of_paths(self) -> bool:
        return bool(self.samples) and isinstance(self.samples[0].picture, str)


def name_of(source: Source) -> str:
    """The name under which data can be opened: what was given as text, or that of data given in Python.

    Raises:
        ArgumentError: nothing that data can be taken from.
        DataError: a sample without a picture or a label.
    """
    if isinstance(source, str | Path):
        return str(source)
    given = _read(source)
    name = f"{_PREFIX}{_checksum(given)}"
    _kept[name] = given
    return name


def is_given(name: str | Path) -> bool:
    """Whether it names data that were given in Python."""
    return isinstance(name, str) and name.startswith(_PREFIX)


def given_contents(name: str, options: Options) -> Contents:
    """What was given under this name. Raises DataError where that was in another process."""
    if name not in _kept:
        raise DataError(
            f"{name} are data that were given in Python, which nothing else can find: give the same again"
        )
    given, stem = _kept[name], name.replace(":", "-")
    if given.arrays is not None:
        return contents_of("the data", stem, given.arrays, options)
    if given.of_paths:
        return listed_contents(_listing(stem, given), options)
    arrays, options = _arrays(given, options)
    return contents_of("the data", stem, arrays, options)


def _read(source: Any) -> _Given:
    if isinstance(source, Mapping):
        return _of_mapping(source)
    classes, samples = _classes(source), tuple(samples_of(source, "train"))
    return _alike(_Given(samples, classes))


def _of_mapping(source: Mapping[Any, Any]) -> _Given:
    splits = {name: split_named(str(name)) for name in source}
    if source and all(splits.values()):
        classes = next((found for part in source.values() if (found := _classes(part))), ())
        samples = (one for name, part in source.items() for one in samples_of(part, splits[name] or "train"))
        return _alike(_Given(tuple(samples), classes))
    for name, held in source.items():
        if splits[name] is None and not (isinstance(held, list) or hasattr(held, "shape")):
            raise DataError(
                f"the data hold {name!r}, which is no split: call their parts train, val and test"
            )
    return _Given(arrays={str(name): array_of(held) for name, held in source.items()})


def _alike(given: _Given) -> _Given:
    """Raises DataError for no samples, and for paths among pictures."""
    if not given.samples:
        raise DataError("the data hold no samples: expected pictures or paths, each with a label")
    kinds = {isinstance(sample.picture, str) for sample in given.samples}
    if len(kinds) > 1:
        raise DataError("the data hold both paths and pictures: give one of the two")
    return given


def _classes(source: Any) -> tuple[str, ...]:
    """The names of its numbered classes, where a data set, or the one that it is a part of, tells them."""
    named = getattr(source, "classes", getattr(getattr(source, "dataset", None), "classes", None))
    told = isinstance(named, Sequence) and not isinstance(named, str)
    return tuple(map(str, named)) if told and named is not None else ()


def _checksum(given: _Given) -> str:
    found = sha256()
    for sample in given.samples:
        found.update(f"{sample.split}\0{sample.label!r}\0".encode())
        _add(found, sample.picture)
    for name, held in (given.arrays or {}).items():
        found.update(f"{name}\0".encode())
        _add(found, held)
    found.update("\0".join(given.classes).encode())
    return found.hexdigest()[:16]


def _add(found: Any, picture: "str | np.ndarray") -> None:
    if isinstance(picture, str):
        found.update(f"{picture}\0".encode())
        return
    found.update(f"{picture.dtype}{picture.shape}".encode())
    found.update(np.ascontiguousarray(picture).tobytes())


def _listing(stem: str, given: _Given) -> Listing:
    """Paths as a list names them."""
    samples = given.samples
    numbers, classes = _numbered(given)
    split = np.array([sample.split for sample in samples], "U5")
    paths = tuple(str(sample.picture) for sample in samples)
    return Listing(
        root=Path(stem),
        classes=classes,
        paths=paths,
        labels=numbers,
        split=split,
        splits=tuple(name for name in SPLITS if (split == name).any()),
        notes=(),
        kind=kind_of(paths),
        source=Path("the data"),
    )


def _numbered(given: _Given) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels from 0 on, and the classes' names."""
    named = [_class_of(sample.label, given.classes) for sample in given.samples]
    classes = given.classes or in_order(set(named))
    numbers = {name: number for number, name in enumerate(classes)}
    return np.array([numbers[name] for name in named], np.int64), classes


def _class_of(label: int | str, classes: Sequence[str]) -> str:
    if not classes or isinstance(label, str):
        if classes and label not in classes:
            raise DataError(f"the data name the classes {', '.join(classes)}, and have a label {label!r}")
        return str(label)
    if not 0 <= label < len(classes):
        raise DataError(f"the data name {len(classes)} classes, and have a label {label}")
    return classes[label]


def _arrays(given: _Given, options: Options) -> tuple[dict[str, np.ndarray], Options]:
    """The pictures of each split as one array, named as in a file of arrays, and what is left to do."""
    pictures, options = _of_one_shape([sample.picture for sample in given.samples], options)
    numbers, classes = _numbered(given)
    split = np.array([sample.split for sample in given.samples])
    arrays = {"classes": np.array(classes)}
    for name in SPLITS:
        if (rows := np.flatnonzero(split == name)).size:
            arrays |= {f"x_{name}": np.stack([pictures[row] for row in rows]), f"y_{name}": numbers[rows]}
    return arrays, options


def _of_one_shape(pictures: Sequence[Any], options: Options) -> tuple[list[np.ndarray], Options]:
    """As they are where they share a shape; else brought to channels and size as files are, once."""
    if len({one.shape for one in pictures}) == 1:
        return list(pictures), options
    headers = [Header(one.shape[1], one.shape[2], len(one) == 1) for one in pictures]
    channels, _ = choose_channels(headers, options.channels, "images")
    size, _ = choose_size(headers, options, "images")
    framing = options.framing(choose_fit(headers, size, options, "images")[0])
    made = [refit(one[None], channels, size, framing=framing)[0] for one in pictures]
    return made, replace(options, share=1.0, transform=None)
