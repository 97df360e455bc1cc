"""The decorator: sentences of refusals, names that are not arguments, classes, what stays as it was."""

import inspect
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.checked import checked
from striate.errors import ArgumentError, DataError


@checked
def draw(size: int, *, files: list[str] | None = None, learning_rate: float = 0.1, **options: Any) -> Any:
    """Something public."""
    return size, files, learning_rate, options


@checked
@dataclass(frozen=True)
class Square:
    """Something that users make."""

    size: int
    other: "Square | None" = None


@checked
def close(epochs: int = 1, batch_size: int = 2) -> int:
    """Something public that gathers nothing."""
    return epochs * batch_size


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": "x"}, "size must be a whole number; got 'x': for example size=112"),
        (
            {"size": np.zeros((2, 3))},
            "size must be a whole number; got an array of shape (2, 3): for example size=112",
        ),
        ({"size": os}, "size must be a whole number; got the module os: for example size=112"),
        (
            {"size": 10**9},
            "size must be a whole number; got 1000000000 (at most 16,384 is taken): for example size=112",
        ),
        (
            {"size": 3, "files": {"a": 1}},
            "files must be strings or None; got the dict {'a': 1}: for example files=['cat.jpg', 'dog.jpg']",
        ),
        (
            {"size": 3, "learning_rate": float("nan")},
            "learning_rate must be a finite number; got nan: for example learning_rate=0.003",
        ),
        (
            {},
            "draw: missing a required argument: 'size'; it takes size, files, learning_rate",
        ),
    ],
)
def test_the_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        draw(**arguments)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"epoch": 3}, "close has no argument 'epoch': did you mean epochs?"),
        ({"bs": 3}, "close has no argument 'bs': did you mean batch_size?"),
        ({"xyz": 3}, "close has no argument 'xyz': it takes epochs, batch_size"),
    ],
)
def test_names_that_are_not_arguments(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        close(**arguments)
    assert str(raised.value) == sentence


def test_options_are_the_functions_own_affair() -> None:
    assert draw(np.int64(3), files=("a",), widths="odd") == (3, ["a"], 0.1, {"widths": "odd"})


def test_the_function_looks_as_before() -> None:
    assert list(inspect.signature(draw).parameters) == ["size", "files", "learning_rate", "options"]
    assert draw.__doc__ == "Something public."
    assert draw.__name__ == "draw"


def test_a_class_is_checked_as_it_is_made() -> None:
    assert replace(Square(np.int64(2)), other=Square(3)) == Square(2, Square(3))
    with pytest.raises(ArgumentError, match=r"^other must be a [a-zA-Z_.]*Square or None; got 3$"):
        Square(2, 3)  # type: ignore[arg-type]


def test_what_the_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    @checked
    def read(path: str | Path) -> str:
        return Path(path).read_text(encoding="utf-8")

    with pytest.raises(DataError) as raised:
        read(tmp_path)
    assert str(raised.value) == f"{tmp_path}: is a directory: name a file"
    with pytest.raises(DataError) as raised:
        read(tmp_path / "none")
    assert str(raised.value) == f"{tmp_path / 'none'}: no such file or directory: check the name"


def test_a_fault_of_the_code_stays_one() -> None:
    @checked
    def wrong(size: int) -> int:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        wrong(1)


@pytest.mark.parametrize("size", [128, 10_000])
def test_too_little_memory_is_a_sentence(size: int) -> None:
    @checked
    def make(size: int) -> np.ndarray:
        return np.zeros((size,) * 8)

    with pytest.raises(
        DataError, match=r"^this needs more memory than there is: make it smaller, or less at"
    ):
        make(size)


def test_what_is_nested_too_deeply_is_refused() -> None:
    @checked
    def deeper(count: int) -> int:
        return deeper(count + 1)

    with pytest.raises(
        DataError, match=r"^this holds one thing in another more often than can be gone through"
    ):
        deeper(0)
