"""Where a data set is looked for, and what is said if it is not there."""

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_files import write_mnist
from PIL import Image

from striate import check_data, open_data
from striate.data.sources import finding
from striate.data.sources.finding import find_folder, is_archive, unpacked
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


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def png(number: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(noise(9, 8, 8)[number]).save(stream, "PNG")
    return stream.getvalue()


FILES = {
    f"pets/{name}/{number}.png": png(number + 4 * k)
    for k, name in enumerate(("cat", "dog"))
    for number in range(4)
}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """As a zip, or as a tar of the kind that the name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(name, content)
        return path
    kind: Any = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz"}[path.suffix]
    with tarfile.open(path, kind) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar", "pets.tar.gz", "pets.tgz", "pets.tar.xz"])
def test_archives_as_they_are(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / name, FILES)
    data = open_data(path)
    assert (data.name, data.classes, data.source) == ("pets", ("cat", "dog"), str(path))
    assert sum(len(part) for part in data.splits.values()) == 8
    assert unpacked(path) == unpacked(path)
    assert check_data(path).counts == {"cat": 4, "dog": 4}
    pack(path, {**FILES, "pets/owl/1.png": png(8)})
    assert check_data(path).counts == {"cat": 4, "dog": 4, "owl": 1}  # a changed archive is unpacked anew


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png", "C:/out.png"]
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_is_written_outside(tmp_path: Path, name: str, kind: str) -> None:
    path = pack(tmp_path / f"bad.{kind}", {**FILES, name: b"x"})
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert str(caught.value) == (
        f"{path} holds {name!r}, which lies outside of it: unpack it by hand and look"
    )
    assert not list(tmp_path.rglob("out.png"))
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_links_are_left_out(tmp_path: Path) -> None:
    path = pack(tmp_path / "pets.tar", FILES)
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("pets/cat/9.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert check_data(path).counts == {"cat": 4, "dog": 4}


def test_bombs_and_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "ALWAYS_TAKEN", 1 << 16)
    bomb = pack(tmp_path / "bomb.zip", {"a/1.png": bytes(1 << 22)})
    with pytest.raises(DataError) as caught:
        open_data(bomb)
    assert str(caught.value) == f"{bomb} grows beyond measure or the disk: unpack it by hand and look"
    content = pack(tmp_path / "pets.tar.gz", FILES).read_bytes()
    for number, damaged in enumerate(
        (content[:200], b"", b"hello", content[:80] + bytes(40) + content[120:])
    ):
        path = tmp_path / f"{number}.tar.gz"
        path.write_bytes(damaged)
        with pytest.raises(
            DataError, match=rf"^cannot unpack {path}: .*; give a whole archive, or a folder$"
        ):
            open_data(path)
    assert not is_archive(tmp_path / "no.zip")


def save(path: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # arrays by their names
    return path


def test_arrays_as_keras_has_them(tmp_path: Path) -> None:
    pixels, labels = noise(20, 6, 6), np.arange(20) % 2
    path = save(tmp_path / "set.npz", x_train=pixels, y_train=labels, x_test=pixels[:4], y_test=labels[:4])
    data = open_data(path)
    assert (data.name, data.classes, data.size, data.channels) == ("set", ("0", "1"), (6, 6), 1)
    np.testing.assert_array_equal(data.splits["test"].take(range(4))[:, 0], pixels[:4])
    assert len(data.splits["train"]) + len(data.splits["val"]) == 20
    assert data.source == str(path)


def test_arrays_as_medmnist_has_them(tmp_path: Path) -> None:
    pixels, labels = noise(20, 6, 6, 3), (np.arange(20) % 2)[:, None]
    arrays = {f"{split}_{what}": value for split in ("train", "val", "test")
              for what, value in (("images", pixels), ("labels", labels))}  # fmt: skip
    data = open_data(save(tmp_path / "set.npz", **arrays, classes=np.array(["sick", "well"])))
    assert data.classes == ("sick", "well")
    assert {name: len(part) for name, part in data.splits.items()} == {"train": 20, "val": 20, "test": 20}
    np.testing.assert_array_equal(data.splits["val"].take([3])[0], pixels[3].transpose(2, 0, 1))


def test_arrays_in_one_piece_with_names(tmp_path: Path) -> None:
    labels = np.array(["cat", "dog"])[np.arange(20) % 2]
    data = open_data(save(tmp_path / "set.npz", images=noise(20, 3, 6, 6), labels=labels), size=4)
    assert (data.classes, data.size, data.channels) == (("cat", "dog"), (4, 4), 3)
    assert set(data.splits) == {"train", "val", "test"}
    assert check_data(tmp_path / "set.npz").counts == {"cat": 10, "dog": 10}


PIXELS = noise(4, 5, 5)
NO_SETS = {
    "SET holds a: expected images and labels, or x_train, y_train, x_test and y_test": {"a": PIXELS},
    "x in SET is float64 of 4×5×5: expected uint8 pixels from 0 to 255, N×H×W, N×H×W×C or N×C×H×W": {
        "x": PIXELS / 255,
        "y": np.arange(4),
    },
    "x in SET is of 4×5×5×2: expected 1 or 3 channels": {"x": noise(4, 5, 5, 2), "y": np.arange(4)},
    "y in SET is int64 of 3: expected a number or name for each of the 4 images": {
        "x": PIXELS,
        "y": np.arange(3),
    },
    "y in SET has a column for each of 4 classes, which may be multi-label: give one class an image, as "
    "labels.argmax(axis=1)": {"x": PIXELS, "y": np.eye(4, dtype=int)},
    "SET names 2 classes, and has labels 0 to 3": {
        "x": PIXELS,
        "y": np.arange(4),
        "classes": np.array(["a", "b"]),
    },
}


@pytest.mark.parametrize("sentence", NO_SETS)
def test_arrays_that_are_no_set(tmp_path: Path, sentence: str) -> None:
    path = save(tmp_path / "set.npz", **NO_SETS[sentence])
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert str(caught.value) == sentence.replace("SET", str(path))


def test_arrays_that_would_run_code(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.array([{}]), y=np.array([0]))
    with pytest.raises(
        DataError, match=r"^cannot read the arrays in .*set\.npz: Object arrays cannot be loaded"
    ):
        open_data(tmp_path / "set.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "set.npz").read_bytes()[:50])
    with pytest.raises(DataError, match=r"^cannot read the arrays in .*cut\.npz: "):
        open_data(tmp_path / "cut.npz")


def test_the_same_picture_in_two_classes_is_named(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "pets" / "dog" / "copy.png").write_bytes(FILES["pets/cat/2.png"])
    (tmp_path / "pets" / "cat" / "again.png").write_bytes(FILES["pets/cat/1.png"])  # of one class: no matter
    assert check_data(tmp_path / "pets").notes == (
        "the same picture in several classes: cat/2.png (cat) = dog/copy.png (dog)",
    )
