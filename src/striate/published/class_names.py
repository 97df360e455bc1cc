"""What the classes of published weights are called.

Their names are not ours to ship. They are looked for in this order: a file that the user names; a list
beside the weights or in the folder of fetched weights; the lists inside of torchvision and timm, where one of
them is installed (read as text, nothing is imported); the publisher's own list, where weights have been
fetched, too. Otherwise classes are numbers, and this is said.
"""

import ast
import json
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from striate.errors import ArgumentError, plain_reason
from striate.published import table
from striate.published.files import fetch_text, kept_in
from striate.published.table import SCORES, Data

_TORCHVISION = {"imagenet": "_IMAGENET_CATEGORIES", "kinetics": "_KINETICS400_CATEGORIES"}
_SYNSET = re.compile(r"^n\d{8}\s+")
_NUMBER = re.compile(r"^\d+\s*[,:\t ]\s*")


def class_names(
    data: Data, scores: int, weights: Path, *, file: Path | None = None, fetch: bool = False
) -> tuple[tuple[str, ...], str | None]:
    """The names of the classes of weights, and what is to be said where they are numbers.

    Args:
        data: what the weights were trained on.
        scores: how many classes they tell apart; with another number than the data have, nothing is known.
        weights: their file.
        file: a list that the user names.
        fetch: whether the publisher's list may be fetched.

    Raises:
        ArgumentError: a list by the user that cannot be read, or of another length.
    """
    if file is not None:
        return _unlike(names_in(file, scores)), None
    if scores == SCORES[data]:
        for names in _known(data, weights, fetch):
            if len(names) == scores:
                return _unlike(names), None
    note = (
        "classes are told by their numbers, as nobody here knows their names: name a file of them, a name a "
        f"line, with --classes, or put it into {kept_in()} as {data}_classes.txt"
    )
    return tuple(map(str, range(scores))), note


def _known(data: Data, weights: Path, fetch: bool) -> Iterator[Sequence[str]]:
    name = f"{data}_classes.txt"
    for path in (weights.parent / name, kept_in() / name):
        if path.is_file():
            yield _lines(path)
    yield _of_torchvision(data)
    if data == "imagenet":
        yield _of_timm()
        fetched = fetch_text(table.CLASSES_ADDRESS, name) if fetch else None
        if fetched is not None:
            yield _lines(fetched)


def names_in(path: Path, scores: int) -> list[str]:
    """The names in a file: a line each, perhaps numbered, or JSON as Keras has it.

    Raises:
        ArgumentError: it cannot be read, or holds another number of them.
    """
    try:
        names = _lines(path)
    except (OSError, ValueError) as problem:
        raise ArgumentError(f"cannot read names of classes in {path}: {plain_reason(problem)}") from None
    if len(names) != scores:
        raise ArgumentError(
            f"{path} names {len(names)} classes, and the weights tell {scores} apart: give a name each"
        )
    return names


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith(("{", "[")):
        return _in_json(json.loads(text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBER.match(line) for line in lines]
    if all(numbered):
        lines = [line[match.end() :] for line, match in zip(lines, numbered, strict=True) if match]
    return [_SYNSET.sub("", line).strip(" '\"") for line in lines]


def _in_json(content: object) -> list[str]:
    """A list of names, or names (perhaps the last of a row) by numbers."""
    if isinstance(content, dict):
        content = [content[key] for key in sorted(content, key=int)]
    if not isinstance(content, list):
        raise ValueError("it is neither a list nor an object of names by numbers")
    return [str(one[-1] if isinstance(one, list) and one else one) for one in content]


def _of_torchvision(data: Data) -> list[str]:
    """Out of the source of the installed package."""
    path = _inside("torchvision", "models/_meta.py")
    if path is None:
        return []
    try:
        statements = ast.parse(path.read_text(encoding="utf-8")).body
        for one in statements:
            if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == _TORCHVISION[data]:
                return list(map(str, ast.literal_eval(one.value)))
    except (OSError, SyntaxError, ValueError):
        pass
    return []


def _of_timm() -> list[str]:
    """Out of the lists in the installed package: the classes in order, and the words for each."""
    order = _inside("timm", "data/_info/imagenet_synsets.txt")
    words = _inside("timm", "data/_info/imagenet_synset_to_lemma.txt")
    if order is None or words is None:
        return []
    rows = (line.split("\t", 1) for line in words.read_text(encoding="utf-8").splitlines())
    said = {row[0]: row[1].split(",")[0].strip() for row in rows if len(row) == 2}
    return [said.get(synset, synset) for synset in order.read_text(encoding="utf-8").split()]


def _inside(package: str, path: str) -> Path | None:
    """A file of an installed package, which is not imported."""
    spec = find_spec(package)
    folders = () if spec is None else spec.submodule_search_locations or ()
    return next((Path(folder) / path for folder in folders if (Path(folder) / path).is_file()), None)


def _unlike(names: Sequence[str]) -> tuple[str, ...]:
    """Two classes of one name, as ImageNet's cranes, are told apart by their numbers."""
    twice = {name for name in names if names.count(name) > 1}
    return tuple(f"{name} ({number})" if name in twice else name for number, name in enumerate(names))
