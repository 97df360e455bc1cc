"""A function that takes what another takes."""

import inspect

import numpy as np
import pytest

from striate.checked import checked, like
from striate.errors import ArgumentError


@checked
def train(
    data: str, *, size: int | None = None, resume: str = "", out: str = "runs", **settings: float
) -> None:
    """What is taken."""


@checked
@like(train, without="resume")
def search(data: str, *, steps: int = 100, out: int = 0, **training: object) -> dict[str, object]:
    """What takes it."""
    return {"steps": steps, "out": out, **training}


def test_its_signature_is_both_its_own_first():
    assert list(inspect.signature(search).parameters) == ["data", "steps", "out", "size", "training"]


def test_only_what_was_given_comes_checked_by_its_annotation_where_it_was_declared():
    assert search("a", size=np.int64(3), epochs=2) == {"steps": 100, "out": 0, "size": 3, "epochs": 2}
    with pytest.raises(ArgumentError) as caught:
        search("a", size="big")
    assert str(caught.value) == "size must be a whole number or None; got 'big': for example size=112"


def test_what_it_has_itself_is_its_own():
    with pytest.raises(ArgumentError, match=r"^out must be a whole number; got 'x'"):
        search("a", out="x")


def test_what_is_left_out_is_gathered_with_the_rest():
    assert search("a", resume="b")["resume"] == "b"


@checked
def predict(run: str, *, size: int = 1, flip: bool = False, part: str = "") -> None:
    """What takes nothing else."""


@checked
@like(predict, only="size flip")
def score(run: str, *, split: str = "test", **asked: object) -> dict[str, object]:
    """What takes some of it."""
    return {"split": split, **asked}


def test_a_function_like_one_that_gathers_nothing_gathers_nothing_either():
    assert score("a", flip=True) == {"split": "test", "flip": True}
    for name in ("part", "flipp", "sise"):
        with pytest.raises(ArgumentError, match=f"^score has no argument '{name}': (did you mean|it takes)"):
            score("a", **{name: 1})  # type: ignore[arg-type]
