"""A part of many files: every file is in one, and a line is whole or is not there."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data import Skipped
from striate.errors import ArgumentError, DataError, RunError
from striate.evaluating.part import Part, PartLines, of_part, same_makers

ROWS = [{"file": name, "class": "7"} for name in ("a.png", "zwölf.png", "c d.png")]


@given(files=st.lists(st.text(max_size=12)), of=st.integers(1, 9), more=st.lists(st.text(max_size=12)))
def test_every_file_is_in_one_part_whatever_else_there_is(files: list[str], of: int, more: list[str]) -> None:
    parts = [of_part(files, Part(number, of)) for number in range(1, of + 1)]
    assert sorted(file for part in parts for file in part) == sorted(set(files))
    for number, part in enumerate(parts, 1):
        assert set(part) <= set(of_part(more + files, Part(number, of)))


def test_parts_are_about_as_large() -> None:
    sizes = [len(of_part([f"clips/{n}.mp4" for n in range(8000)], Part(number, 8))) for number in range(1, 9)]
    assert min(sizes) > 850
    assert max(sizes) < 1150


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "1/4/4", "a/b", "1 / 4", "²/4"])
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        Part.parse(text)
    assert str(refused.value) == (
        f"a part is one of several, as 1/8 to 8/8; got {text!r}: number the parts from 1"
    )


def test_a_kill_at_any_byte_loses_no_line_that_was_whole(tmp_path: Path) -> None:
    lines = PartLines(tmp_path, Part(1, 1))
    with lines.writing() as known:
        assert known == set()
        lines.add(ROWS, [Skipped("bad.png", reason="empty")])
    whole = lines.found.read_bytes()
    for cut in range(len(whole) + 1):
        lines.found.write_bytes(whole[:cut])
        with lines.writing() as known:
            kept = [row["file"] for row in ROWS[: whole[:cut].count(b"\n")]]
            assert known == {*kept, "bad.png"}
            lines.add([row for row in ROWS if row["file"] not in known], [])
        assert sorted(map(json.loads, lines.found.read_text().splitlines()), key=ROWS.index) == ROWS


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    lines = PartLines(tmp_path, Part(2, 3))
    lines.found.write_text('{"file": "a"}\n{"fi\n{"file": "c"}\n')
    with pytest.raises(DataError) as refused, lines.writing():
        pass
    assert str(refused.value) == (
        f"line 2 of {tmp_path}/part-2-of-3.jsonl is damaged: take it out, and its file is looked at again"
    )


def test_one_writer_of_a_part_and_others_beside_it(tmp_path: Path) -> None:
    with PartLines(tmp_path, Part(1, 2)).writing():
        with PartLines(tmp_path, Part(2, 2)).writing():
            pass
        with pytest.raises(RunError, match=r"another prediction \(process \d+\) is writing into"):
            PartLines(tmp_path, Part(1, 2)).writing().__enter__()


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    lines = PartLines(tmp_path, Part(1, 1))
    lines.found.symlink_to(tmp_path / "kept.txt")
    with pytest.raises(RunError) as refused:
        lines.add(ROWS, [])
    assert str(refused.value) == (
        f"could not write {lines.found}: its part-1-of-1.jsonl is a link or no file, which striate never "
        "makes: remove it; what was found before is kept: make room, then give the same command again"
    )
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_other_makers_are_refused(tmp_path: Path) -> None:
    about = {"parts": 2, "network": "sha256 12", "window": None, "top": 3}
    same_makers(tmp_path, about)
    same_makers(tmp_path, dict(about))
    for name, value, told in (
        ("parts", 3, "parts 2, and now it is 3"),
        ("network", "sha256 34", "network sha256 12, and now it is sha256 34"),
        ("window", 2.5, "window none, and now it is 2.5"),
    ):
        with pytest.raises(ArgumentError) as refused:
            same_makers(tmp_path, {**about, name: value})
        assert str(refused.value) == (
            f"{tmp_path} holds what was found with {told}: ask for the same, or name another folder "
            "with --out"
        )
    (tmp_path / "about.json").write_text("[")
    with pytest.raises(DataError, match=r"about.json is damaged: name another folder with --out"):
        same_makers(tmp_path, about)
