"""The check beforehand: everything that is broken, at once."""

import json
from pathlib import Path

import pytest
from data_files import write_images, write_mnist

from striate.data import check_data
from striate.errors import DataError


@pytest.mark.parametrize("workers", [0, 2])
def test_a_folder_with_more_than_enough_wrong(tmp_path: Path, workers: int) -> None:
    for name in ("cat", "dog", "fox"):
        write_images(tmp_path / name, 30)
    broken = [tmp_path / name / f"{number}.png" for name in ("cat", "dog") for number in range(5)]
    for path in broken:
        path.write_bytes(path.read_bytes()[:90])
    (tmp_path / "fox" / "3.png").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    seen = []
    report = check_data(tmp_path, workers=workers, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(64, 90), (90, 90)]
    assert [one.path for one in report.broken] == [*map(str, broken), str(tmp_path / "fox" / "3.png")]
    assert [one.label for one in report.broken] == ["cat"] * 5 + ["dog"] * 5 + ["fox"]
    assert report.counts == {"cat": 25, "dog": 25, "empty": 0, "fox": 29}
    assert not report.ok
    starts = ["class 'empty' has no images", "5 of 30 images of class 'cat'", "5 of 30 images of class 'dog'"]
    assert len(report.problems) == 3
    assert all(problem.startswith(start) for problem, start in zip(report.problems, starts, strict=True))
    assert json.loads(json.dumps(report.to_json()))["broken"][0]["label"] == "cat"


def test_a_few_broken_files_are_no_problem(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 12)
    (tmp_path / "dog" / "3.png").write_bytes(b"")
    report = check_data(tmp_path)
    assert report.ok
    assert [one.reason for one in report.broken] == ["the file is empty"]


def test_a_folder_that_is_no_data_set(tmp_path: Path) -> None:
    report = check_data(tmp_path)
    assert (report.ok, report.problems) == (
        False,
        (f"{tmp_path} is empty: expected one folder per class, train/ val/ test/ above them, or IDX files",),
    )
    with pytest.raises(DataError, match="no folder"):
        check_data(tmp_path / "not-there")


def test_idx_folders_and_digits(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    assert check_data(tmp_path).counts == {str(digit): 8 for digit in range(10)}
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"")
    report = check_data(tmp_path)
    assert report.problems[0].startswith(f"{tmp_path / 't10k-labels-idx1-ubyte'} is not an IDX file")
    assert sum(check_data("digits").counts.values()) == 1797
