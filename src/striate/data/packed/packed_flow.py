"""Optical flow of a packed set: computed once, kept beside the frames, gone on with after an interruption."""

from contextlib import closing
from functools import partial
from pathlib import Path

from striate.data.flow.optical_flow import flow_planes
from striate.data.options import Options
from striate.data.packed.frame_file import FrameFile, FrameWriter, sums_of, writing
from striate.data.packed.pack import FRAMES, Pack, folder_lock
from striate.data.sources.listed import check_flow
from striate.data.workers import ordered_map


def flow_of_pack(folder: Path, pack: Pack, options: Options) -> FrameFile:
    """The flow (T, 2, H, W) of each clip.

    Raises MissingExtraError without OpenCV, DataError for frames too small.
    """
    check_flow(options.flow, (pack.short_side, pack.short_side))
    path = folder / f"flow-{options.flow}.u8"
    if not _is_complete(path, pack):
        with writing(folder), folder_lock(folder):
            _compute(path, folder / FRAMES, pack, options)
    return FrameFile(path, 2, pack.shapes)


def _is_complete(path: Path, pack: Pack) -> bool:
    """By their lengths; each frame is looked at when it is read."""
    frames = sum(T for T, _, _ in pack.shapes)
    sizes = {path: 2 * int(pack.sizes.sum()), sums_of(path): 4 * frames}
    return all(file.is_file() and file.stat().st_size == size for file, size in sizes.items())


def _compute(path: Path, frames: Path, pack: Pack, options: Options) -> None:
    pictures = FrameFile(frames, pack.channels, pack.shapes)
    with FrameWriter(path, 2) as flow:
        done = flow.cut(pack.shapes)
        clips = (pictures.read(row) for row in range(done, len(pack.shapes)))
        estimate = partial(flow_planes, method=options.flow or "")
        with closing(ordered_map(estimate, clips, options.num_workers)) as results:
            for planes in results:
                flow.append(planes)
                done += 1
                if options.progress:
                    options.progress(done, len(pack.shapes))
