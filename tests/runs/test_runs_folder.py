"""What is said of folders that are no runs, or that nobody may look into."""

from pathlib import Path

import pytest

from striate import runs
from striate.errors import RunError


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run at .*/none: expected a folder made by `striate train`"):
        runs.read_record(tmp_path / "none")


def test_a_missing_file_makes_it_half_written(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is half-written: it holds no model\.safetensors; if its training"):
        runs.require(tmp_path, runs.MODEL)


def test_names_that_are_too_long(tmp_path: Path) -> None:
    for ask in (runs.read_record, runs.holds_run):
        with pytest.raises(RunError) as caught:
            ask(tmp_path / ("x" * 300))
        assert "… cannot be looked at: File name too long" not in str(caught.value)
        assert str(caught.value).endswith(
            " cannot be looked at: File name too long; give a folder that may be read"
        )
        assert len(str(caught.value)) < 220


def test_unused_folders_are_numbered(tmp_path: Path) -> None:
    assert runs.unused_folder(tmp_path, "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert runs.unused_folder(tmp_path, "a") == tmp_path / "a-3"


def test_a_file_is_no_run(tmp_path: Path) -> None:
    """An exported one has no gradients and cannot be gone on with."""
    file = tmp_path / "photos.onnx"
    file.write_bytes(b"")
    with pytest.raises(RunError) as refused:
        runs.read_record(file)
    assert str(refused.value) == (
        f"no run at {file}: that is a file, and this needs the folder that `striate train` made"
    )
