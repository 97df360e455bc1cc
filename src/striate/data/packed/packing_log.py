"""What a packing has written so far, line by line, so that one that was stopped goes on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from striate.data.options import Options
from striate.data.packed.frame_file import FrameWriter, Shape, open_to_add, writing
from striate.data.packed.packed_clips import (
    FRAMES,
    LOG,
    capacity_of,
    sealed,
    unsealed,
)
from striate.data.packed.shards import ShardWriter, add_frames
from striate.data.sources.listed import left_out
from striate.data.sources.listing import Listing
from striate.data.unreadable_files import Broken, Skipped
from striate.data.workers import ordered_map
from striate.errors import ArgumentError, DataError
from striate.plain_values import JsonValue
from striate.runs import lock
from striate.runs.folder import LOCK
from striate.runs.json_files import parse_json


@dataclass(frozen=True)
class _Line(JsonValue):
    """What the log says of a clip: its shape (T, H, W) or why it could not be read."""

    clip: int
    shape: Shape | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.shape is None) == (self.reason is None) or min(self.shape or (1,)) < 1:
            raise ArgumentError("a line of the log has either a shape or a reason")


@contextmanager
def opened(out: Path, asked: dict[str, Any]) -> "Iterator[_Log]":
    """The folder's log and frames, cut to what is whole. Raises DataError if they are of something else."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file: give a folder for the packed set")
    capacity = capacity_of(asked.get("shard_size"), asked["channels"])
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        if not (out / LOG).is_file() and any(path.name != LOCK for path in out.iterdir()):
            raise DataError(f"{out} holds other things: give an empty folder for the packed set")
        with lock(out, "packing"), open_to_add(out / LOG) as lines:
            _check_asked(lines, asked, out)
            with add_frames(out / FRAMES, asked["channels"], capacity) as frames:
                yield _Log(lines, frames, asked)


def _check_asked(lines: BinaryIO, asked: dict[str, Any], out: Path) -> None:
    """Raises DataError where a log is of something else; nothing has been written then."""
    lines.seek(0)
    if _values(lines.readline()) not in (None, asked):
        raise DataError(
            f"{out} holds a set packed from other clips or with other options: give another folder, or "
            "remove that one"
        )


class _Log:
    """What has been packed so far: a line for each clip, written when its frames are on the disk."""

    def __init__(self, lines: BinaryIO, frames: FrameWriter | ShardWriter, asked: dict[str, Any]) -> None:
        self._lines, self._frames = lines, frames
        self.shapes: dict[int, Shape] = {}
        self._broken: dict[int, str] = {}
        lines.seek(0)
        texts = lines.read().splitlines(keepends=True)
        if not texts or _values(texts[0]) is None:
            texts = [self._write(asked)]
        said = list(takewhile(bool, map(partial(_line, clips=asked["clips"]), texts[1:])))
        self._keep(texts, [line for line in said if line])

    def _keep(self, texts: list[bytes], said: list[_Line]) -> None:
        """Takes over what the lines say, up to the first clip whose frames are not whole."""
        whole = self._frames.cut([line.shape for line in said if line.shape])
        ends = [number for number, line in enumerate(said) if line.shape]
        kept = said[: ends[whole]] if whole < len(ends) else said
        for line in kept:
            self._remember(line)
        self._lines.truncate(sum(map(len, texts[: 1 + len(kept)])))

    def go_on(
        self,
        listing: Listing,
        read: Callable[[Sequence[str]], tuple[list[np.ndarray], Broken]],
        options: Options,
    ) -> list[Skipped]:
        """Packs the clips that are missing; returns those that cannot be read."""
        rows = [row for row in range(len(listing.paths)) if row not in self.shapes | self._broken]
        num_workers = options.num_workers if len(rows) > 1 else 0
        with closing(ordered_map(read, ([listing.paths[row]] for row in rows), num_workers)) as results:
            for row, (clips, broken) in zip(rows, results, strict=True):
                self._add(row, clips, broken)
                if options.progress:
                    options.progress(len(self.shapes) + len(self._broken), len(listing.paths))
        return left_out(listing, list(self._broken.items()))

    def _add(self, row: int, clips: list[np.ndarray], broken: Broken) -> None:
        if broken:
            line = _Line(row, reason=broken[0][1])
        else:
            self._frames.append(clips[0])
            T, _, H, W = clips[0].shape
            line = _Line(row, shape=(T, H, W))
        self._write(line.to_json())
        self._remember(line)

    def _write(self, values: dict[str, Any]) -> bytes:
        text = sealed(values).encode() + b"\n"
        self._lines.write(text)
        self._lines.flush()
        return text

    def _remember(self, line: _Line) -> None:
        if line.shape:
            self.shapes[line.clip] = line.shape
        else:
            self._broken[line.clip] = line.reason or ""


def _values(text: bytes) -> dict[str, Any] | None:
    """What a line of the log holds; None if it is not as it was written."""
    try:
        return unsealed(parse_json(text, LOG)) if text.endswith(b"\n") else None
    except ArgumentError:
        return None


def _line(text: bytes, clips: int) -> _Line | None:
    """The line of a clip; None if there is no such clip, or the line is not as it was written."""
    try:
        line = _Line.from_json(_values(text) or {})
        return line if 0 <= line.clip < clips else None
    except ArgumentError:
        return None
