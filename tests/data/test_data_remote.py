"""Packs in a store: the same clips as from the folder, whatever fails on the way."""

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from clip_files import write_video
from striate.data import ImageData, check_data, open_data, pack_data
from striate.data.packed import remote
from striate.data.packed.packed_clips import PACK
from striate.data.packed.shards import shard_of, sums_of
from striate.errors import DataError, StriateError

fsspec = pytest.importorskip("fsspec")
TWO = 2 * 3 * 16 * 24 * 3
"""Bytes of two clips."""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve clips in six shards."""
    root = tmp_path_factory.mktemp("packed")
    for number in range(12):
        pictures = [np.full((32, 48, 3), 20 * number + frame, np.uint8) for frame in range(3)]
        write_video(root / "set" / ("jump", "run")[number % 2] / f"{number}.mp4", 3, pictures=pictures)
    pack_data(root / "set", root / "p", short_side=16, workers=0, shard_size=str(TWO))
    return root / "p"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "PAUSES", (0.0, 0.0))
    return tmp_path / "cache" / "striate" / "packs"


@pytest.fixture
def store(packed: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage, read by its `file://` address."""
    return Path(shutil.copytree(packed, tmp_path / "store"))


def clips_of(data: ImageData) -> list[np.ndarray]:
    return [images.take(range(len(images))).numpy() for _, images in sorted(data.splits.items())]


def read_all(source: str | Path) -> list[np.ndarray]:
    return clips_of(open_data(source, frames=2, workers=0))


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/frames-*.u8"))


def message(source: str) -> str:
    with pytest.raises(StriateError) as raised:
        read_all(source)
    return str(raised.value)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def addresses(packed: Path) -> Iterator[list[str]]:
    files = fsspec.filesystem("memory")
    files.put(str(packed), "/kept", recursive=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(packed))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield [f"file://{packed}", "memory://kept", f"http://127.0.0.1:{server.server_port}/"]
        server.shutdown()
    files.rm("/kept", recursive=True)


def test_the_same_clips_from_every_kind_of_store(packed: Path, addresses: list[str], cache: Path) -> None:
    pytest.importorskip("aiohttp")
    for address in addresses:
        shutil.rmtree(cache, ignore_errors=True)
        data = open_data(address, frames=2, workers=0)
        assert data.source == address
        assert kept(cache) == []  # nothing is fetched before a clip is read
        for ours, theirs in zip(clips_of(data), read_all(packed), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert len(kept(cache)) == 6
    assert check_data(addresses[0]).ok


def test_only_what_is_read_is_fetched_and_only_once(store: Path, cache: Path) -> None:
    data = open_data(f"file://{store}", frames=2, workers=0)
    data.splits["train"].take([0])
    assert len(kept(cache)) == 1
    read_all(f"file://{store}")
    for path in store.glob("frames-*"):
        path.unlink()
    assert len(read_all(f"file://{store}")) == len(data.splits)


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_the_cache_keeps_to_its_size(
    store: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    monkeypatch.setenv(remote.CACHE_SIZE, str(shards * TWO + 1))
    data = open_data(f"file://{store}", frames=2, workers=0)
    for row in range(len(data.splits["train"])):
        data.splits["train"].take([row])
        assert sum(path.stat().st_size for path in kept(cache)) <= shards * TWO
    for ours, theirs in zip(clips_of(data), read_all(store), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_cache_too_small_for_a_shard(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.CACHE_SIZE, str(TWO - 1))
    assert message(f"file://{store}") == (
        f"a shard of file://{store} has up to {TWO:,} bytes and the cache at most {TWO - 1:,}: "
        "set STRIATE_CACHE_SIZE to more"
    )
    monkeypatch.setenv(remote.CACHE_SIZE, "much")
    assert message(f"file://{store}") == (
        "STRIATE_CACHE_SIZE must be a size such as 1GiB, 200MiB or 5000000; got 'much'"
    )


def test_what_the_cache_has_lost_or_that_was_cut_there_is_fetched_again(store: Path, cache: Path) -> None:
    whole = read_all(f"file://{store}")
    first, second, *_ = kept(cache)
    first.write_bytes(b"x")
    sums_of(second).unlink()
    for ours, theirs in zip(read_all(f"file://{store}"), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_damaged_in_the_cache_while_it_is_used_is_fetched_again(store: Path, cache: Path) -> None:
    """Also where this process has it open."""
    data = open_data(f"file://{store}", frames=2, workers=0)
    whole = clips_of(data)
    for path in kept(cache):
        with path.open("r+b") as file:
            file.write(bytes(TWO))
    for opened in (data, open_data(f"file://{store}", frames=2, workers=0)):
        for ours, theirs in zip(clips_of(opened), whole, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("number", remote._OURS)
def test_a_disk_without_room_is_told_at_once(
    store: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object) -> None:
        calls.append(1)
        raise OSError(number, os.strerror(number))

    calls: list[int] = []
    monkeypatch.setattr(fsspec.filesystem("file"), "get_file", full)
    assert message(f"file://{store}") == (
        f"cannot write into {cache}: {os.strerror(number)}; make room, then run the same again to go on"
    )
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("http", "reading from http:// needs the extra 'remote': pip install 'striate[remote]'"),
        ("s3", "reading from s3:// needs a package of its own: Install x to read"),
    ],
)
def test_what_a_kind_of_store_needs(monkeypatch: pytest.MonkeyPatch, scheme: str, said: str) -> None:
    """fsspec knows which package; our extra holds that of web servers."""

    def missing(_: str) -> None:
        raise ImportError("Install x to read")

    monkeypatch.setattr(fsspec, "url_to_fs", missing)
    assert message(f"{scheme}://a/b") == said


@pytest.mark.parametrize("what", ["damaged", "cut", "exchanged", "missing"])
def test_a_shard_that_is_not_whole_is_named(store: Path, cache: Path, what: str) -> None:
    first, second = (shard_of(store / "frames.u8", number) for number in (0, 1))
    if what == "missing":
        first.unlink()
        assert message(f"file://{store}") == f"there is no file://{store}/{first.name}"
        return
    if what == "exchanged":
        for file in (first, sums_of(first)):
            shutil.copy(second.with_suffix(file.suffix), file)
    else:
        first.write_bytes(bytes(TWO) if what == "damaged" else first.read_bytes()[:-1])
    assert message(f"file://{store}") == f"file://{store}/{first.name} is damaged or of another packed set"
    assert first.name not in [path.name for path in kept(cache)]


def test_a_store_that_fails_for_a_moment_and_for_good(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fsspec.filesystem("file")
    get_file, calls = files.get_file, []

    def failing(*args: object, often: int) -> None:
        calls.append(args)
        if len(calls) % (often + 1):
            raise TimeoutError("no answer")
        get_file(*args)

    monkeypatch.setattr(files, "get_file", partial(failing, often=2))
    assert len(read_all(f"file://{store}")[0])
    monkeypatch.setattr(files, "get_file", partial(failing, often=10**9))
    assert message(f"file://{store}") == (
        f"cannot fetch file://{store}/{PACK}, tried 3 times (TimeoutError: no answer)"
    )


def test_processes_share_a_cache(store: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(remote.CACHE_SIZE, str(2 * TWO))  # so that each takes away what others fetch
    whole = read_all(store)
    with ThreadPoolExecutor(3) as threads:
        for ours in threads.map(read_all, [f"file://{store}"] * 6):
            for one, other in zip(ours, whole, strict=True):
                np.testing.assert_array_equal(one, other)
    assert not list(cache.glob(".fetch-*"))


def test_another_set_at_the_same_address_is_another_set(store: Path, packed: Path, cache: Path) -> None:
    before = read_all(f"file://{store}")
    shutil.rmtree(store)
    pack_data(packed.parent / "set", store, short_side=20, workers=0, shard_size=str(2 * TWO))
    assert read_all(f"file://{store}")[0].shape != before[0].shape
    assert len({path.parent for path in kept(cache)}) == 2


def test_what_cannot_be_read_from_a_store(packed: Path, store: Path, tmp_path: Path) -> None:
    assert message("nosuch://a/b") == "no store is known by nosuch://: give s3://, http:// or file://"
    assert message(f"file://{tmp_path}/none") == f"there is no file://{tmp_path}/none/pack.json"
    pack_data(packed.parent / "set", tmp_path / "one", short_side=16, workers=0)
    assert message(f"file://{tmp_path}/one") == (
        f"file://{tmp_path}/one is packed in one file: pack it with --shard-size, as 200MiB"
    )
    (store / PACK).write_text("{")
    assert message(f"file://{store}").startswith(f"file://{store}/pack.json is damaged (")
    with pytest.raises(DataError) as raised:
        open_data(f"file://{packed}", frames=2, flow="dis")
    assert str(raised.value) == (
        f"file://{packed} is in a store, where no flow can be written: copy the set to this machine for flow"
    )


def test_what_a_killed_process_left_goes_after_a_day(store: Path, cache: Path) -> None:
    old, new = cache / ".fetch-old", cache / ".fetch-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    read_all(f"file://{store}")
    assert (old.exists(), new.exists()) == (False, True)
