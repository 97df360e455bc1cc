"""Plain values: whatever a dataclass holds comes back; whatever does not fit is named in one sentence."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError, StriateError
from striate.plain_values import JsonValue, from_plain, to_plain


@dataclass(frozen=True)
class Crop(JsonValue):
    size: tuple[int, int]
    kind: Literal["square", "wide"] = "square"

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ArgumentError(f"a crop has at least one pixel a side; got {self.size}")


@dataclass(frozen=True)
class Label:
    """Its shape on disk is its own."""

    word: str

    def to_json(self) -> str:
        return self.word.upper()

    @classmethod
    def from_json(cls, word: str) -> "Label":
        return cls(word.lower())


@dataclass(frozen=True)
class Every(JsonValue):
    """One field of each kind."""

    whole: int
    share: float
    name: str
    on: bool
    path: Path | None
    numbers: tuple[float, ...]
    rows: list[tuple[str, int]]
    names: Sequence[str]
    by_name: Mapping[str, float]
    crop: Crop
    crops: tuple[Crop, ...] = ()
    label: Label | None = None
    anything: Any = None
    either: int | str = 0
    table: dict[str, Crop] = field(default_factory=dict)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=5)
CROPS = st.builds(Crop, st.tuples(st.integers(1, 9), st.integers(1, 9)))
EVERY = st.builds(
    Every,
    whole=st.integers(),
    share=NUMBERS,
    name=TEXTS,
    on=st.booleans(),
    path=st.none() | TEXTS.map(Path),
    numbers=st.lists(NUMBERS).map(tuple),
    rows=st.lists(st.tuples(TEXTS, st.integers())),
    names=st.lists(TEXTS).map(tuple),
    by_name=st.dictionaries(TEXTS, NUMBERS),
    crop=CROPS,
    crops=st.lists(CROPS, max_size=2).map(tuple),
    label=st.none() | st.just(Label("cat")),
    anything=st.recursive(st.none() | st.integers() | TEXTS, st.lists, max_leaves=4),
    either=st.integers() | TEXTS,
    table=st.dictionaries(TEXTS, CROPS, max_size=2),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3),
    max_leaves=5,
)


@given(EVERY)
def test_everything_comes_back_through_a_text(value: Every) -> None:
    text = json.dumps(value.to_json(), allow_nan=False)
    back = Every.from_json(json.loads(text))
    assert back == value
    assert type(back.share) is float
    assert json.dumps(back.to_json()) == text


@given(EVERY, st.sampled_from(sorted(Every.__dataclass_fields__)), PLAIN)
def test_any_other_value_is_taken_or_refused_in_one_sentence(value: Every, name: str, other: Any) -> None:
    values = value.to_json() | {name: other}
    try:
        back = Every.from_json(values)
    except StriateError as problem:
        assert name in str(problem) or "a crop has at least one pixel a side" in str(problem)  # noqa: PT017
    except AttributeError:
        assert name == "label"  # a reader of its own answers for itself
    else:
        assert Every.from_json(back.to_json()) == back


@given(st.sampled_from([int, float, str, bool, Path, Crop, tuple[int, ...], dict[str, int], Every]), PLAIN)
def test_whatever_a_file_may_hold(kind: Any, other: Any) -> None:
    try:
        from_plain(kind, other, "it")
    except ArgumentError as problem:
        assert str(problem).startswith(("it", "a crop has at least one pixel a side"))  # noqa: PT017


VALUES: dict[str, Any] = {
    "whole": 1,
    "share": 0.5,
    "name": "x",
    "on": True,
    "path": None,
    "numbers": [1, 2.5],
    "rows": [["a", 1]],
    "names": ["a"],
    "by_name": {"a": 1},
    "crop": {"size": [2, 3]},
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"whole": 1.0}, "whole must be a whole number; got 1.0"),
        ({"whole": True}, "whole must be a whole number; got True"),
        ({"share": math.nan}, "share must be a number; got nan"),
        ({"share": False}, "share must be a number; got False"),
        ({"on": 1}, "on must be true or false; got 1"),
        ({"path": 3}, "path must be a path or null; got 3"),
        ({"numbers": "12"}, "numbers must be a list, each a number; got '12'"),
        ({"numbers": [1, None]}, "numbers[1] must be a number; got None"),
        ({"rows": [["a"]]}, "rows[0] must be a list of 2 (a text, a whole number); got ['a']"),
        ({"by_name": {"a": "b"}}, "by_name.a must be a number; got 'b'"),
        ({"by_name": [1]}, "by_name must be a dict with texts as names; got [1]"),
        ({"crop": {"size": [2, "3"]}}, "crop.size[1] must be a whole number; got '3'"),
        ({"crop": {"size": [2, 0]}}, "a crop has at least one pixel a side; got (2, 0)"),
        ({"crop": {}}, "crop lacks size"),
        ({"crop": 4}, "crop must be a dict of size, kind; got 4"),
        ({"crop": {"size": [1, 1], "kind": "tall"}}, "crop.kind must be one of square, wide; got 'tall'"),
        ({"crops": [{"sise": 1}]}, "crops[0]: unknown field 'sise': did you mean 'size'? Known: kind, size"),
        ({"either": 1.5}, "either must be a whole number or a text; got 1.5"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Every.from_json(VALUES | change)
    assert str(caught.value) == sentence


def test_a_field_that_is_missing() -> None:
    with pytest.raises(ArgumentError) as caught:
        from_plain(Every, {name: VALUES[name] for name in VALUES if name not in ("on", "crop")}, "run.json")
    assert str(caught.value) == "run.json lacks on, crop"


def test_numbers_of_numpy_are_numbers() -> None:
    assert to_plain({"a": np.float64(0.5), "b": np.arange(3), "c": (np.int64(4),)}) == {
        "a": 0.5,
        "b": [0, 1, 2],
        "c": [4],
    }


def test_what_has_no_plain_form_is_our_mistake() -> None:
    with pytest.raises(TypeError, match=r"^no plain form of set$"):
        to_plain({"a": {1}})


def test_numbers_beyond_all_floats_and_beyond_all_texts() -> None:
    with pytest.raises(ArgumentError, match=r"^share must be a number; got 1000"):
        from_plain(float, 10**400, "share")
    with pytest.raises(ArgumentError, match=r"^share must be a number; got a value of type int$"):
        from_plain(float, 10**5000, "share")
