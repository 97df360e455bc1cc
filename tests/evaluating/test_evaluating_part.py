"""A part of many files: every file is in one, and a line is whole or is not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_files import write_classes
from small_clips import clip_run
from striate import open_data, predict
from striate.data import Skipped
from striate.errors import ArgumentError, DataError, RunError
from striate.evaluating.part import Part, PartLines, of_part, same_makers
from striate.exporting import Export
from striate.training.train import Run

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


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eleven digits and one file that is none, and a list of them and one that is not there."""
    folder = tmp_path_factory.mktemp("digits")
    (folder / "in").mkdir()
    for number, pixels in enumerate(open_data("digits").splits["test"].take(range(11)).numpy()[:, 0]):
        Image.fromarray(pixels).save(folder / "in" / f"{number}.png")
    (folder / "in" / "bad.png").write_bytes(b"bad")
    names = [str(path.relative_to(folder)) for path in sorted((folder / "in").iterdir())]
    (folder / "list.txt").write_text("\n".join([*names, "in/gone.png"]))
    return folder


def rows(out: Path, suffix: str = "") -> list[dict[str, Any]]:
    files = [file for file in out.glob(f"part-*{suffix}.jsonl") if suffix or "skipped" not in file.name]
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return sorted(found, key=lambda row: str(row["file"]))


@pytest.mark.parametrize("files", ["in", "list.txt"])
def test_images(digits_run: Run, images: Path, tmp_path: Path, files: str) -> None:
    for part in ("1/3", "2/3", "3/3"):
        predict(digits_run.path, images / files, part=part, out=tmp_path)
    whole = predict(digits_run.path, images / files)
    wanted = [one.to_json() for one in sorted(whole.images, key=lambda one: one.file)]
    for one, other in zip(rows(tmp_path), wanted, strict=True):
        told = one.pop("classes"), other.pop("classes")
        assert told[0] == pytest.approx(told[1], abs=1e-6)  # other batches round otherwise
        assert one == {**other, "probability": one["probability"]}
        assert one["probability"] == told[0][one["class"]]
    lost = [(one["file"], one["reason"]) for one in rows(tmp_path, ".skipped")]
    assert lost == sorted((one.path, one.reason) for one in whole.skipped)
    assert len(lost) == (2 if files == "list.txt" else 1)


def test_what_has_a_line_is_not_looked_at_again(digits_run: Run, images: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"part": "1/1", "out": tmp_path}
    first = predict(digits_run.path, images / "in", **asked).part
    assert first is not None
    assert (first.files, first.before, first.predicted, first.unreadable) == (12, 0, 11, 1)
    before = rows(tmp_path)
    file = Path(first.file)
    kept = file.read_text("utf-8").splitlines(keepends=True)[:4]
    file.write_text("".join(kept) + '{"file": "to', "utf-8")
    again = predict(digits_run.path, images / "in", **asked).part
    assert again is not None
    assert (again.files, again.before, again.predicted, again.unreadable) == (12, 5, 7, 0)
    for one, other in zip(rows(tmp_path), before, strict=True):
        assert one["file"] == other["file"]
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-6)  # in other batches
    Path(first.skipped_file).unlink()  # and the unreadable is tried again
    third = predict(digits_run.path, images / "in", **asked).part
    assert third is not None
    assert (third.before, third.predicted, third.unreadable) == (11, 0, 1)


def test_a_stop_keeps_what_was_found(
    digits_run: Run, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("striate.evaluating.asking.batch_of", lambda numbers: 2)

    def stop(done: int, every: int) -> None:
        assert every == 12
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(digits_run.path, images / "in", part="1/1", out=tmp_path, progress=stop)
    done = predict(digits_run.path, images / "in", part="1/1", out=tmp_path).part
    assert done is not None
    assert (done.before, done.predicted + done.unreadable) == (6, 6)


def test_videos_and_their_events(small_clips: Path, tmp_path: Path) -> None:
    run = clip_run(tmp_path / "run", data=small_clips).path
    write_classes(tmp_path / "videos", count=2, frames=8)
    (tmp_path / "videos" / "jump" / "bad.mp4").write_bytes(b"bad")
    for part in ("1/2", "2/2"):
        predict(run, tmp_path / "videos", part=part, out=tmp_path / "out", events=True)
    whole = predict(run, tmp_path / "videos", events=True)
    assert whole.videos is not None
    assert rows(tmp_path / "out") == [
        json.loads(json.dumps(one.to_json())) for one in sorted(whole.videos, key=lambda one: one.whole.file)
    ]
    assert [one["file"] for one in rows(tmp_path / "out", ".skipped")] == [whole.skipped[0].path]


def test_another_network_and_other_questions_are_refused(
    digits_run: Run, images: Path, tmp_path: Path
) -> None:
    predict(digits_run.path, images / "in" / "1.png", part="1/2", out=tmp_path)
    with pytest.raises(ArgumentError, match="holds what was found with top none, and now it is 2: ask for"):
        predict(digits_run.path, images / "in" / "1.png", part="1/2", out=tmp_path, top=2)
    with pytest.raises(ArgumentError) as refused:
        predict(digits_run.path, images / "in", part="1/2", out=tmp_path, embed="x")
    assert str(refused.value) == "what a layer gives is not kept of parts: leave --embed out, or --part"
    with pytest.raises(ArgumentError) as refused:
        predict(digits_run.path, images / "in", part="1/2")
    assert str(refused.value) == "a part of the files needs a folder for its lines: name it with --out"


def test_an_exported_file_in_parts(
    digits_run: Run, digits_file: Export, images: Path, tmp_path: Path
) -> None:
    """Its parts are of one network among themselves, and of another than its run's."""
    file, out = digits_file.path, tmp_path / "found"
    for part in ("2/2", "1/2"):
        predict(file, images / "list.txt", part=part, out=out)
    wanted = sorted(predict(digits_run.path, images / "list.txt").images, key=lambda one: one.file)
    assert [row["file"] for row in rows(out)] == [one.file for one in wanted]
    for row, one in zip(rows(out), wanted, strict=True):
        assert (row["class"], row["probability"]) == (one.best, pytest.approx(one.probabilities[0], abs=1e-5))
    with pytest.raises(ArgumentError) as refused:
        predict(digits_run.path, images / "list.txt", part="1/2", out=out)
    assert str(refused.value).startswith(f"{out} holds what was found with network sha256 ")
