"""A pack in an object store: shards are fetched when a clip of theirs is read, checked once, and kept here.

The folder of a set in the cache is named after its `pack.json`, so that another set at the same address
never mixes with what was kept. A shard gets its name when it is whole, so processes share the cache safely.
"""

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from striate.cache import cache_folder
from striate.data.options import Options
from striate.data.packed.frame_file import FrameFile, sums_of, writing
from striate.data.packed.packed_clips import FRAMES, PACK, Pack, contents_of, read_pack
from striate.data.packed.shards import Shards, bytes_of
from striate.data.sources.listing import Contents
from striate.errors import DataError, MissingExtraError, StriateError

CACHE_SIZE = "STRIATE_CACHE_SIZE"
_USUAL = "20GiB"
PAUSES = (0.5, 1.0, 2.0)
"""Seconds before a store is asked again."""
_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""Errors of this machine's disk: asking the store again does not help."""
_DAY = 86400.0
_UNFINISHED = ".fetch-"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://.+", re.DOTALL)


def is_address(source: object) -> bool:
    """Whether a source is in a store, as `s3://bucket/packed` is.

    >>> is_address("s3://bucket/packed"), is_address("clips/packed"), is_address("C:/packed")
    (True, False, False)
    """
    return isinstance(source, str) and _ADDRESS.fullmatch(source) is not None


def remote_contents(address: str, options: Options) -> Contents:
    """The clips of a packed set in a store.

    Raises:
        DataError: the store does not give it, it is not in shards, or the cache is too small for one.
        MissingExtraError: without fsspec, or without what it needs for such a store.
    """
    store, root = Store(address), cache_folder() / "packs"
    folder = _folder_of(store, root)
    pack = read_pack(folder)
    if pack.capacity is None:
        raise DataError(f"{address} is packed in one file: pack it with --shard-size, as 200MiB")
    if options.flow:
        raise DataError(
            f"{address} is in a store, where no flow can be written: copy the set to this machine for flow"
        )
    cache = Cache(store, root, bytes_of(os.environ.get(CACHE_SIZE) or _USUAL, CACHE_SIZE))
    largest = max(pack.capacity, int(pack.sizes.max(initial=0))) * pack.channels
    if largest > cache.limit:
        raise DataError(
            f"a shard of {address} has up to {largest:,} bytes and the cache at most {cache.limit:,}: "
            f"set {CACHE_SIZE} to more"
        )
    most_open = max(1, min(64, cache.limit // (2 * largest)))
    frames = Shards(
        folder / FRAMES, pack.channels, pack.shapes, pack.capacity, pack.seals, cache.opened, most_open
    )
    return contents_of(pack, address, frames, None, options)


def _folder_of(store: "Store", root: Path) -> Path:
    """The set's folder in the cache, with its `pack.json`."""
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root, prefix=_UNFINISHED) as new:
            store.fetch(PACK, Path(new) / PACK)
            _check(Path(new), store.address)
            content = (Path(new) / PACK).read_bytes()
            folder = root / blake2b(content, digest_size=16).hexdigest()
            folder.mkdir(exist_ok=True)
            Path(Path(new) / PACK).replace(folder / PACK)
    return folder


def _check(folder: Path, address: str) -> Pack:
    try:
        return read_pack(folder)
    except DataError as error:
        raise DataError(str(error).replace(str(folder), address)) from None


class Store:
    """A folder that fsspec can read."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def fetch(self, name: str, into: Path) -> None:
        """Copies a file from there.

        Raises:
            DataError: it is missing, or the store keeps failing.
            OSError: there is no room for it here.
        """
        reason = ""
        for pause in (*PAUSES, None):
            try:
                files, root = _file_system(self.address)
                files.get_file(f"{root}/{name}", str(into))
                return
            except FileNotFoundError:
                raise DataError(f"there is no {self.address}/{name}") from None
            except StriateError:
                raise
            except Exception as error:  # each store has errors of its own
                if getattr(error, "errno", None) in _OURS:
                    raise
                reason = " ".join(f"{type(error).__name__}: {error}".split())
            if pause is not None:
                time.sleep(pause)
        raise DataError(f"cannot fetch {self.address}/{name}, tried {len(PAUSES) + 1} times ({reason})")


def _file_system(address: str) -> tuple[Any, str]:
    """What reads the address, made anew where a process is a copy of another, and the path in it."""
    scheme = address.partition("://")[0]
    try:
        import fsspec
    except ImportError:
        raise MissingExtraError("remote", f"reading from {scheme}://") from None
    try:
        return fsspec.url_to_fs(address)  # type: ignore[no-any-return]
    except ImportError as error:
        if scheme in ("http", "https"):
            raise MissingExtraError("remote", f"reading from {scheme}://") from None
        raise DataError(f"reading from {scheme}:// needs a package of its own: {error}") from None
    except ValueError:
        raise DataError(f"no store is known by {scheme}://: give s3://, http:// or file://") from None


class Cache:
    """Shards kept on this machine; those that were opened longest ago go when there is no room."""

    def __init__(self, store: Store, root: Path, limit: int) -> None:
        self._store, self._root, self.limit = store, root, limit

    def opened(self, part: Path, open_it: Callable[[Path], FrameFile]) -> FrameFile:
        """A shard, fetched if need be: another process may remove it before it is open here."""
        for _ in range(10):
            try:
                file = open_it(part)
                os.utime(part)
                return file
            except (DataError, OSError):
                with writing(self._root):
                    self._bring(part, open_it)
        raise DataError(f"{part} is removed as soon as it is fetched: set {CACHE_SIZE} to more")

    def _bring(self, part: Path, open_it: Callable[[Path], FrameFile]) -> None:
        part.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._root, prefix=_UNFINISHED) as new:
            mine = Path(new) / part.name
            for again in (True, False):
                for file in (sums_of(mine), mine):
                    self._store.fetch(file.name, file)
                if _is_whole(mine, open_it):
                    break
                if not again:
                    raise DataError(f"{self._store.address}/{part.name} is damaged or of another packed set")
            self._make_room(mine.stat().st_size)
            Path(sums_of(mine)).replace(sums_of(part))
            Path(mine).replace(part)

    def _make_room(self, needed: int) -> None:
        """Other processes do the same meanwhile: what is gone when it is looked at does not matter."""
        kept = []
        for folder in self._root.iterdir():
            if folder.name.startswith(_UNFINISHED):
                _remove_old(folder)
            else:
                kept += [entry for path in folder.glob("*.u8") if (entry := _entry(path))]
        total = needed + sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self.limit:
                break
            path.unlink(missing_ok=True)
            sums_of(path).unlink(missing_ok=True)
            total -= size


def _entry(path: Path) -> tuple[float, int, Path] | None:
    """When a shard was opened last, its bytes and its path; None if it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime, found.st_size, path


def _remove_old(folder: Path) -> None:
    """What a process has left that was killed."""
    with suppress(FileNotFoundError):
        if time.time() - folder.stat().st_mtime > _DAY:
            shutil.rmtree(folder, ignore_errors=True)


def _is_whole(path: Path, open_it: Callable[[Path], FrameFile]) -> bool:
    """Whether each frame of a shard is what was written."""
    try:
        file = open_it(path)
        for row in range(len(file.shapes)):
            file.read(row)
    except DataError:
        return False
    return True
