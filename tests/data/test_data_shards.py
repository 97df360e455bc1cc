"""Packs in shards: the same clips as in one file; a shard that is not whole is named in a sentence."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from data_files import noise
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_files import write_video
from striate.data import open_data, pack_data
from striate.data.packed.frame_file import Shape, sums_of
from striate.data.packed.packed_clips import PACK, read_pack
from striate.data.packed.shards import Shards, ShardWriter, bytes_of, clips_of_shards, shard_of
from striate.errors import ArgumentError, DataError

SHAPES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=8)

FOUR = str(4 * 3 * 16 * 24 * 3)
"""Bytes of four clips."""


def drawn(shapes: list[Shape]) -> list[np.ndarray]:
    return [noise(T, 2, H, W, seed=row) for row, (T, H, W) in enumerate(shapes)]


@given(shapes=SHAPES, capacity=st.integers(1, 60), stops=st.lists(st.integers(0, 8), max_size=3))
@settings(max_examples=30, deadline=None)
def test_clips_come_back_wherever_writing_stopped(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[Shape], capacity: int, stops: list[int]
) -> None:
    path, clips, said = tmp_path_factory.mktemp("s") / "a.u8", drawn(shapes), 0
    for stop in [*sorted(stops), len(clips)]:
        with ShardWriter(path, 2, capacity) as writer:
            said = writer.cut(shapes[: max(said - 1, 0)])  # as if the last line had not reached the disk
            for clip in clips[said:stop]:
                writer.append(clip)
            said = max(said, min(stop, len(clips)))
    shards = Shards(path, 2, shapes, capacity)
    for row, clip in enumerate(clips):
        np.testing.assert_array_equal(shards.read(row), clip)
    counts = clips_of_shards(shapes, capacity)
    assert sum(counts) == len(shapes)
    assert sorted(path.parent.glob("*.u8")) == [shard_of(path, number) for number in range(len(counts))]


def test_a_shard_that_is_not_whole_is_written_again_from_there(tmp_path: Path) -> None:
    path, shapes = tmp_path / "a.u8", [(1, 2, 2)] * 4
    with ShardWriter(path, 2, 4) as writer:
        for clip in drawn(shapes):
            writer.append(clip)
    second = shard_of(path, 1)
    second.write_bytes(b"\0" + second.read_bytes()[1:])
    with ShardWriter(path, 2, 4) as writer:
        assert writer.cut(shapes) == 1
    assert list(tmp_path.glob("*.u8")) == [shard_of(path, 0)]


def test_sizes_in_words() -> None:
    assert [bytes_of(text) for text in ("1GiB", "3 MiB", "2TiB", "7KiB", "12", "5B")] == [
        2**30,
        3 * 2**20,
        2**41,
        7 * 2**10,
        12,
        5,
    ]


@pytest.mark.parametrize("text", ["", "0", "1GB", "-1GiB", "1.5GiB", "GiB", "1gib", "nan", "9" * 20])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        bytes_of(text)
    assert str(raised.value) == f"shard_size must be a size such as 1GiB, 200MiB or 5000000; got {text!r}"


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clips in one file and in shards of four clips, and others like them in shards."""
    root = tmp_path_factory.mktemp("packs")
    for number in range(20):
        pictures = [np.full((32, 48, 3), 10 * number + frame, np.uint8) for frame in range(3)]
        path = root / "set" / ("jump", "run")[number % 2] / f"{number}.mp4"
        write_video(path, 3, pictures=pictures)
    pack_data(root / "set", root / "one", short_side=16, workers=0)
    pack_data(root / "set", root / "shards", short_side=16, workers=0, shard_size=FOUR)
    return root


def test_the_same_clips_as_in_one_file(packs: Path) -> None:
    one, shards = (open_data(packs / name, frames=2).splits for name in ("one", "shards"))
    assert len(list((packs / "shards").glob("frames-*.u8"))) == 5
    assert len(read_pack(packs / "shards").seals) == 5
    for split, images in one.items():
        rows = range(len(images))
        np.testing.assert_array_equal(shards[split].take(rows), images.take(rows))


def test_flow_lies_in_shards_too(packs: Path, tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    one, shards = (
        open_data(shutil.copytree(packs / name, tmp_path / name), frames=2, flow="farneback", workers=0)
        for name in ("one", "shards")
    )
    assert len(list((tmp_path / "shards").glob("flow-farneback-*.u8"))) == 5
    rows = range(len(one.splits["train"]))
    np.testing.assert_array_equal(shards.splits["train"].take(rows), one.splits["train"].take(rows))


@pytest.mark.parametrize("file", ["frames-00002.u8", "frames-00002.crc32"])
def test_a_missing_or_cut_shard_is_named_when_the_set_is_opened(
    packs: Path, tmp_path: Path, file: str
) -> None:
    folder = Path(shutil.copytree(packs / "shards", tmp_path / "p"))
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[:-1])
    for size in (len(whole) - 1, 0):
        with pytest.raises(DataError) as raised:
            open_data(folder, frames=2)
        assert str(raised.value) == (
            f"{folder / file} should have {len(whole):,} bytes and has {size:,}: pack it again"
        )
        (folder / file).unlink(missing_ok=True)


def read_all(folder: Path) -> None:
    for images in open_data(folder, frames=2).splits.values():
        images.take(range(len(images)))


def test_exchanged_shards_are_named(packs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(packs / "shards", tmp_path / "p"))
    first, second = (shard_of(folder / "frames.u8", number) for number in (0, 1))
    for one, other in ((first, second), (sums_of(first), sums_of(second))):
        one.rename(folder / "kept")
        other.rename(one)
        (folder / "kept").rename(other)
    with pytest.raises(DataError) as raised:
        read_all(folder)
    assert str(raised.value) in [
        f"{sums_of(shard)} is damaged or of another packed set: pack it again" for shard in (first, second)
    ]


def test_a_damaged_shard_is_named(packs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(packs / "shards", tmp_path / "p"))
    shard = shard_of(folder / "frames.u8", 3)
    shard.write_bytes(bytes(len(shard.read_bytes())))
    with pytest.raises(DataError, match="is damaged") as raised:
        read_all(folder)
    assert str(raised.value).startswith(f"{shard} is damaged (clip ")


def test_goes_on_with_the_same_size_only(packs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(packs / "shards", tmp_path / "p"))
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    (folder / PACK).unlink()
    shard_of(folder / "frames.u8", 4).unlink()
    with pytest.raises(DataError) as raised:
        pack_data(packs / "set", folder, short_side=16, workers=0)
    assert str(raised.value) == (
        f"{folder} holds a set packed from other clips or with other options: give another folder, or "
        "remove that one"
    )
    pack_data(packs / "set", folder, short_side=16, workers=0, shard_size=FOUR)
    after = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    assert after == before
