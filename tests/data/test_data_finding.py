"""Where a data set is looked for, and what is said if it is not there."""

from pathlib import Path

import pytest
from data_files import write_mnist

from striate.data import open_data
from striate.data.sources import finding
from striate.data.sources.finding import find_folder
from striate.errors import DataError


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without data sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRIATE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(finding, "_SYSTEM", (tmp_path / "share",))


def test_places_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIATE_DATA", str(tmp_path / "named"))
    places = [
        Path("mine"),
        tmp_path / "named" / "mine",
        Path("datasets/mine"),
        tmp_path / "cache/striate/datasets/mine",
        tmp_path / "share/mine",
    ]
    for place in reversed(places):
        place.mkdir(parents=True)
        (place / "file").touch()
        assert find_folder("mine") == place


def test_the_cache_without_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / ".cache/striate/datasets/mine"
    place.mkdir(parents=True)
    (place / "file").touch()
    assert find_folder("mine") == place
    assert find_folder("~/.cache/striate/datasets/mine") == place


def test_what_a_fetch_left_unfinished_does_not_count(tmp_path: Path) -> None:
    place = tmp_path / "cache/striate/datasets/mnist"
    place.mkdir(parents=True)
    (place / "train-images-idx3-ubyte.gz.part").touch()
    with pytest.raises(DataError, match="striate data get mnist"):
        find_folder("mnist")


def refused(source: str | Path, tmp_path: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_data(source)
    return str(caught.value).replace(str(tmp_path), "DIR")


LOOKED = "{0}, datasets/{0}, DIR/cache/striate/datasets/{0}, DIR/share/{0}"


def test_a_known_name_that_is_not_here(tmp_path: Path) -> None:
    assert refused("fashion-mnist", tmp_path) == (
        f"no data set 'fashion-mnist' on this machine (looked for {LOOKED.format('fashion-mnist')}): "
        "fetch it with: striate data get fashion-mnist"
    )


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    assert refused("fashion-minst", tmp_path) == (
        "unknown data set 'fashion-minst': did you mean 'fashion-mnist'? Known: digits, fashion-mnist, "
        f"mnist, or any other folder (looked for {LOOKED.format('fashion-minst')})"
    )


@pytest.mark.parametrize("source", ["photos/cats", Path("photos")])
def test_a_missing_folder(tmp_path: Path, source: str | Path) -> None:
    assert refused(source, tmp_path) == (
        f"no folder {source}: give a folder with one folder per class, a folder of IDX files, a list "
        "(CSV, TSV, JSON), a zip or tar, a .npz, or a name (digits, fashion-mnist, mnist)"
    )


def test_a_file(tmp_path: Path) -> None:
    Path("photo.jpg").touch()
    assert refused("photo.jpg", tmp_path) == (
        "photo.jpg is a file, not a data set: give a folder with one folder per class, a folder of IDX "
        "files, a list (CSV, TSV, JSON), a zip or tar, a .npz, or a name"
    )


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("photos").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert refused("photos", tmp_path) == "cannot list the folder photos: Permission denied"


def test_the_source_that_is_told_finds_the_set_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(Path("datasets/mine"))
    by_name, by_path = open_data("mine"), open_data("datasets/mine")
    assert (by_name.source, by_path.source) == ("mine", str(tmp_path / "datasets/mine"))
    monkeypatch.chdir("/")
    assert open_data(by_path.source).counts == by_name.counts
