"""Files that nobody should read: pipes, links to themselves, names too long; and any damage at all."""

import errno
import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from data_files import write_images, write_mnist
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_files import write_classes, write_video
from striate.data import check_data, draw_flow, open_data, pack_data, read_clip, read_image
from striate.data.sources.idx_folder import read_idx
from striate.data.unreadable_files import UnreadableError, open_regular, saying_os_errors
from striate.data.video.sampling import Sampling
from striate.errors import DataError, StriateError

READERS: list[Callable[[Path], object]] = [
    read_image,
    read_idx,
    open_data,
    check_data,
    lambda path: read_clip(path, sampling=Sampling(2)),
    lambda path: pack_data(path, path.parent / "out", workers=0),
    lambda path: draw_flow(path, path.parent / "a.png"),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ["a.png", "a.mp4", "list.csv", "train-images-idx3-ubyte"])
def test_no_reader_waits_for_a_pipe(tmp_path: Path, read: Callable[[Path], object], name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError):
        read(tmp_path / name)


def test_a_pipe_says_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableError) as raised:
        read_image(tmp_path / "a.png")
    assert raised.value.reason == "not a file, but a folder, a pipe or a device"
    with pytest.raises(OSError, match="not a file") as system:
        open_regular("/dev/zero")
    assert system.value.errno == errno.EINVAL


@pytest.mark.parametrize("read", [reader for reader in READERS if reader is not read_idx])
@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a/" * 3000, "a\0b"])
def test_names_that_no_system_takes(tmp_path: Path, read: Callable[[Path], object], name: str) -> None:
    with pytest.raises(StriateError) as raised:
        read(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_a_name_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(DataError) as raised, saying_os_errors():
        path.stat()
    assert str(raised.value) == f"cannot read {path}: File name too long; give another path"


def test_links_to_themselves_and_pipes_in_class_folders(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / "set" / name, 12)
        os.mkfifo(tmp_path / "set" / name / "pipe.png")
        (tmp_path / "set" / name / "up").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "cat" / "loop.png").symlink_to(tmp_path / "set" / "cat" / "loop.png")
    data = open_data(tmp_path / "set", workers=0)
    assert [Path(file.path).name for file in data.skipped] == ["loop.png"]
    assert data.skipped[0].reason == "Too many levels of symbolic links"


DEPTH = 1100


def test_folders_deeper_than_python_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(tmp_path / "dog", 3)
    (tmp_path / "cat").mkdir()
    monkeypatch.chdir(tmp_path / "cat")
    for _ in range(DEPTH):
        Path("a").mkdir()
        os.chdir("a")
    with pytest.raises(DataError) as raised:
        open_data(tmp_path)
    for _ in range(DEPTH):  # pytest's own clearing away would be too deep as well
        os.chdir("..")
        Path("a").rmdir()
    assert str(raised.value) == (f"class 'cat' has no images in {tmp_path}: add some, or remove the class")


NO_LIST = (
    '{path} is not a list of images or clips: expected {{"a.png": "cat", …}}, Something-Something\'s '
    '[{{"id": …, "template": …}}, …], a table '
    'as [{{"path": …, "start": …, "end": …, "label": …}}, …], or ActivityNet\'s {{"database": {{…}}}}'
)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "l.json",
            "[" * 100_000,
            NO_LIST,
        ),
        (
            "l.json",
            json.dumps([{"id": 1, "template": 7}]),
            NO_LIST,
        ),
        (
            "l.csv",
            "label,youtube_id,time_start,time_end,split\njump,x,nan,3,train",
            "{path} is no table of images or clips: line 2: the time 'nan' is neither seconds nor hh:mm:ss",
        ),
        (
            "l.csv",
            "label,youtube_id,time_start,time_end,split\njump,x,1e999,3,train",
            "{path} is no table of images or clips: line 2: the time '1e999' is neither seconds nor hh:mm:ss",
        ),
        (
            "l.csv",
            "label,youtube_id,time_start,time_end,split\njump,x",
            "{path} has rows of fewer columns than the 5 of its header: expected as many in each",
        ),
        (
            "jump_test_split1.txt",
            "word\n",
            "{path} names no images or clips with labels: expected `path label` on each line",
        ),
    ],
)
def test_lists_that_are_no_lists(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as raised:
        open_data(path)
    assert str(raised.value) == sentence.format(path=path)


def make(kind: str, folder: Path) -> Path:
    """A small set of that kind, and what is to be opened."""
    if kind == "images":
        for number, name in enumerate(("cat", "dog")):
            for suffix in (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp"):
                write_images(folder / name, 1, suffix=suffix, seed=number)
    elif kind == "idx":
        write_mnist(folder, suffix=".gz" if random.random() < 0.5 else "")
    else:
        write_classes(folder, frames=4)
    if kind == "list":
        names = sorted(path.relative_to(folder) for path in folder.rglob("*.mp4"))
        (folder / "l.csv").write_text("".join(f"{name},{name.parent}\n" for name in names))
        return folder / "l.csv"
    return folder


@pytest.mark.parametrize("kind", ["images", "idx", "videos", "list"])
def test_no_damage_ends_in_anything_but_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    folder = tmp_path_factory.mktemp(kind) / "set"
    folder.mkdir()
    source = make(kind, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if kind == "list":
        files = [source]

    @given(
        file=st.sampled_from(files),
        at=st.integers(0, 10**6),
        length=st.integers(1, 64),
        way=st.sampled_from(["flip", "cut", "zeros", "noise", "out", "twice"]),
    )
    @settings(max_examples=15, deadline=None)
    def opens_or_refuses(file: Path, at: int, length: int, way: str) -> None:
        content = file.read_bytes()
        at %= len(content)
        head, part, tail = content[:at], content[at : at + length], content[at + length :]
        damage = {
            "flip": bytes([part[0] ^ 1 << length % 8]) + part[1:] + tail,
            "cut": b"",
            "zeros": bytes(len(part)) + tail,
            "noise": random.Random(at).randbytes(len(part)) + tail,
            "out": tail,
            "twice": part + part + tail,
        }
        file.write_bytes(head + damage[way])
        try:
            options = {} if kind in ("images", "idx") else {"frames": 2}
            for images in open_data(source, workers=0, **options).splits.values():  # type: ignore[arg-type]
                images.take(range(len(images)))
        except StriateError as error:
            sentences.append(str(error))
        finally:
            file.write_bytes(content)

    sentences: list[str] = []
    opens_or_refuses()
    assert not [sentence for sentence in sentences if "\n" in sentence]


def test_gzip_that_holds_gzip(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(gzip.compress(path.read_bytes())))
    with pytest.raises(DataError, match="is not an IDX file"):
        open_data(tmp_path)


def test_a_video_named_as_an_image_and_the_other_way_round(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4").rename(tmp_path / "a.png")
    write_images(tmp_path, 1)[0].rename(tmp_path / "a.mp4")
    with pytest.raises(UnreadableError, match="not an image that Pillow knows"):
        read_image(tmp_path / "a.png")
    with pytest.raises(UnreadableError, match="not a video that FFmpeg knows"):
        read_clip(tmp_path / "a.mp4", sampling=Sampling(2))
