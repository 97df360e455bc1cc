"""JSON that is refused in words, and lines that carry their checksums."""

import json
from pathlib import Path
from typing import Any

import pytest

from striate.errors import ArgumentError, RunError
from striate.runs import json_files, read_json_lines, write_json_lines
from striate.runs.json_files import Number, Whole, check, parse_json

ROWS = [{"epoch": 1, "loss": 0.25, "sizes": [3, 4]}, {"epoch": 2, "best": True}]


@pytest.mark.parametrize("text", ["[" * 100_000, "NaN", "[1e999]", "-Infinity", "{", "nan", "\0"])
def test_json_that_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(f"1\n{text}")
    with pytest.raises(RunError, match=r"^file holds no JSON that can be read: "):
        json_files.read_json(tmp_path / "file")
    with pytest.raises(RunError, match=r"^line 2 holds no JSON that can be read: "):
        json_files.read_json_lines(tmp_path / "file")


def test_json_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"^file cannot be read: No such file or directory$"):
        json_files.read_json(tmp_path / "file")
    (tmp_path / "file").write_text("12345")
    monkeypatch.setattr(json_files, "LARGEST_JSON", 4)
    with pytest.raises(RunError, match=r"^file is larger than any file of this kind$"):
        json_files.read_json(tmp_path / "file")


def test_lines_come_back_without_their_checksums(tmp_path: Path) -> None:
    write_json_lines(tmp_path / "file", ROWS)
    assert read_json_lines(tmp_path / "file") == ROWS
    (tmp_path / "file").write_text("".join(json.dumps(row) + "\n" for row in ROWS))  # of an older version
    assert read_json_lines(tmp_path / "file") == ROWS


def test_no_flipped_bit_is_believed(tmp_path: Path) -> None:
    """Every single one: refused, or the same."""
    path = tmp_path / "file"
    write_json_lines(path, ROWS)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            rows = read_json_lines(path)
        except RunError:
            continue
        assert rows == ROWS


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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "a.json holds no JSON that can be read: Expecting property name enclosed in double quotes"),
        (b"\xff\xfe", "a.json holds no JSON that can be read: "),
        ("[" * 100_000, "a.json holds no JSON that can be read: nested too deeply"),
        ("1" * 5000, "a.json holds no JSON that can be read: "),
    ],
)
def test_texts_that_are_no_json(text: str | bytes, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_json(text, "a.json")
    assert str(caught.value).startswith(sentence)
