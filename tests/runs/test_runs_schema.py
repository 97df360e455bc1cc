"""Schemas: what fits is let through, what does not is named with its place."""

from typing import Any

import pytest

from striate.runs.schema import Number, Whole, check

SCHEMA = {"a": Whole(1, 9), "b": [Number(0, above=True)], "c": (None, str), "d": {"e": bool}}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": 9, "b": [], "c": None},
        {"b": [0.5, 3], "c": "x", "d": {"e": True, "other": 1}},
        {"f": object()},
    ],
)
def test_what_fits(value: Any) -> None:
    check(value, SCHEMA, "")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (3, "it must be an object; got 3"),
        ({"a": 10}, "a must be a whole number from 1 to 9; got 10"),
        ({"a": 1.0}, "a must be a whole number from 1 to 9; got 1.0"),
        ({"a": True}, "a must be a whole number from 1 to 9; got True"),
        ({"b": 1}, "b must be a list; got 1"),
        ({"b": [1, 0]}, "b[1] must be a number above 0; got 0"),
        ({"b": [float("nan")]}, "b[0] must be a number above 0; got nan"),
        ({"b": [True]}, "b[0] must be a number above 0; got True"),
        ({"c": 1}, "c must be a text; got 1"),
        ({"d": None}, "d must be an object; got None"),
        ({"d": {"e": 0}}, "d.e must be true or false; got 0"),
        ({"c": ["x" * 100]}, "c must be a text; got ['" + "x" * 57 + "…"),
    ],
)
def test_what_does_not(value: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        check(value, SCHEMA, "")
    assert str(caught.value) == sentence


def test_how_numbers_are_called() -> None:
    assert [str(number) for number in (Number(), Number(0, 1), Number(2))] == [
        "a number",
        "a number from 0 to 1",
        "a number from 2",
    ]
