"""Optical flow of a packed set: computed once, kept beside the frames, gone on with after an interruption."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from striate.data.flow.optical_flow import flow_planes
from striate.data.options import Options
from striate.data.packed.pack import FRAMES, Pack
from striate.data.workers import ordered_map


class _Clip(NamedTuple):
    """A clip in the file of frames: where it begins, in bytes, and (T, C, H, W)."""

    start: int
    shape: tuple[int, int, int, int]


def flow_of_pack(folder: Path, pack: Pack, options: Options) -> np.ndarray:
    """(bytes,) uint8 mapped into memory: the flow (T, 2, H, W) of one clip after the other.

    Raises MissingExtraError without OpenCV, DataError for frames too small.
    """
    assert options.flow
    flow_planes(np.zeros((1, 1, pack.short_side, pack.short_side), np.uint8), options.flow)  # or says why not
    path = folder / f"flow-{options.flow}.u8"
    ends = np.cumsum(pack.sizes) * 2
    if not path.is_file() or path.stat().st_size != ends[-1]:
        _compute(path, folder / FRAMES, pack, ends, options)
    return np.memmap(path, np.uint8, "r")


def _compute(path: Path, frames: Path, pack: Pack, ends: np.ndarray, options: Options) -> None:
    with path.open("ab") as file:
        done = int(np.searchsorted(ends, file.tell(), side="right"))
        file.truncate(int(ends[done - 1]) if done else 0)
        flow = partial(_flow, path=str(frames), method=options.flow or "")
        with closing(ordered_map(flow, _clips(pack, done), options.num_workers)) as results:
            for planes in results:
                file.write(planes.tobytes())
                done += 1
                if options.progress:
                    options.progress(done, len(ends))


def _clips(pack: Pack, done: int) -> Iterator[_Clip]:
    starts = pack.starts * pack.channels
    for row in range(done, len(pack.shapes)):
        T, H, W = pack.shapes[row]
        yield _Clip(int(starts[row]), (T, pack.channels, H, W))


def _flow(clip: _Clip, path: str, method: str) -> np.ndarray:
    frames = np.memmap(path, np.uint8, "r", offset=clip.start, shape=clip.shape)
    return flow_planes(np.asarray(frames), method)
