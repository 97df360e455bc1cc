"""Files whole or not at all, whatever stands in their way."""

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from striate.errors import RunError
from striate.models import save_weights
from striate.runs import write, write_text
from striate.training.checkpoint import Position, save_checkpoint


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path, lambda beside: beside.write_text("old"))

    def half(beside: Path) -> None:
        beside.write_text("ne", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RunError) as caught:
        write(path, half)
    assert str(caught.value) == (
        f"could not save {path}: the disk is full; what was saved before is intact: "
        "make room or choose another folder with --out, then try again (a training goes on with --resume)"
    )
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("text", ["I/O error: No space left on device (os error 28)", "file write failed"])
def test_a_full_disk_is_recognised_in_the_words_of_other_writers(tmp_path: Path, text: str) -> None:
    def fail(beside: Path) -> None:
        raise RuntimeError(text)

    with pytest.raises(RunError, match="the disk is full"):
        write(tmp_path / "file", fail)


def test_a_full_disk_is_recognised_behind_another_error(tmp_path: Path) -> None:
    def fail(beside: Path) -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        finally:
            raise RuntimeError("unexpected pos 64 vs 0")

    with pytest.raises(RunError, match="the disk is full"):
        write(tmp_path / "file", fail)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """A limit on the size of files ends a write as a full disk does, with another number."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_really_full_disk_for_every_writer(tmp_path: Path) -> None:
    state = {"weight": torch.zeros(100_000)}
    writers = {
        "checkpoint.pt": lambda path: save_checkpoint(path.parent, Position(), {"network": state}),
        "model.safetensors": lambda path: write(path, lambda beside: save_weights(state, beside)),
        "text": lambda path: write(path, lambda beside: beside.write_text("x" * 200_000)),
    }
    for name, save in writers.items():
        with pytest.raises(RunError) as refused, files_up_to(100_000):
            save(tmp_path / name)
        assert str(refused.value).startswith(f"could not save {tmp_path / name}: the disk is full; ")
    assert not list(tmp_path.iterdir())


def test_mistakes_of_ours_are_not_called_a_full_disk(tmp_path: Path) -> None:
    def fail(beside: Path) -> None:
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake of ours"):
        write(tmp_path / "file", fail)


def test_links_in_the_folder_are_replaced_and_never_followed(tmp_path: Path) -> None:
    mine, run = tmp_path / "mine", tmp_path / "run"
    mine.write_text("mine")
    run.mkdir()
    for name in ("file", ".file.part", "before", ".before.part"):
        (run / name).symlink_to(mine)
    for text in ("one", "two"):
        write(run / "file", lambda path, text=text: path.write_text(text), before=run / "before")
    assert mine.read_text() == "mine"
    assert (run / "file").read_text() == "two"
    assert (run / "before").read_text() == "one"
    assert not any(path.is_symlink() for path in run.iterdir())


def test_links_to_folders_are_replaced_too(tmp_path: Path) -> None:
    mine, run = tmp_path / "mine", tmp_path / "run"
    mine.mkdir()
    run.mkdir()
    for name in ("file", ".file.part", "before", ".before.part"):
        (run / name).symlink_to(mine)
    for text in ("one", "two"):
        write(run / "file", lambda path, text=text: path.write_text(text), before=run / "before")
    assert list(mine.iterdir()) == []
    assert [(run / name).read_text() for name in ("file", "before")] == ["two", "one"]
    assert not any(path.is_symlink() for path in run.iterdir())


def test_files_may_be_read_by_whom_the_system_lets(tmp_path: Path) -> None:
    """Also those of writers that make a private file of their own and rename it."""

    def private(path: Path) -> None:
        own = path.with_name("own")
        own.touch(0o600)
        own.replace(path)

    before = os.umask(0o022)
    try:
        write(tmp_path / "file", private)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_the_file_before_is_kept_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*arguments: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    for text in ("one", "two", "three"):
        write(tmp_path / "file", lambda path, text=text: path.write_text(text), before=tmp_path / "before")
    assert (tmp_path / "before").read_text() == "two"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "before"}


@pytest.mark.parametrize("name", ["x" * 300, "folder/is/a/file/no"])
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(
        RunError,
        match=r"could not save .*: (File name too long; what|a file stands where a folder is to be; name)",
    ):
        write_text(tmp_path / name, "text")


@pytest.mark.parametrize("folder", [".", "/"])
def test_a_folder_without_a_name_is_no_file_to_write(folder: str) -> None:
    with pytest.raises(RunError) as told:
        write_text(Path(folder), "text")
    assert str(told.value) == f"could not save {folder}: it is a folder; name a file in it"
