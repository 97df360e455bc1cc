"""The clips of a packed set: a batch reads the frames that it takes.

Their optical flow is computed once, kept beside the frames, and gone on with after an interruption.
"""

from collections.abc import Hashable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from striate.data.optical_flow import flow_planes, from_bytes, to_bytes
from striate.data.options import Options
from striate.data.packed.frame_file import check_lengths, writing
from striate.data.packed.pack import FRAMES, Pack, read_pack
from striate.data.packed.shards import Frames, add_frames, open_frames, parts_of
from striate.data.sets.clip_sets import DecodedClips, brought_to
from striate.data.sources.listed import check_flow
from striate.data.sources.listing import Contents
from striate.data.sources.spacing import Length, choose_sampling
from striate.data.sources.split_names import SPLITS
from striate.data.sources.splits import groups_of
from striate.data.video.sampling import Sampling
from striate.data.workers import ordered_map
from striate.errors import DataError
from striate.runs import lock


def packed_contents(folder: Path, options: Options) -> Contents:
    """The clips of a packed set. Raises DataError unless it is whole."""
    pack = read_pack(folder)
    flow = flow_of_pack(folder, pack, options) if options.flow else None
    frames = open_frames(folder / FRAMES, pack.channels, pack.shapes, pack.capacity, pack.seals)
    return contents_of(pack, str(folder), frames, flow, options)


def contents_of(pack: Pack, source: str, frames: Frames, flow: Frames | None, options: Options) -> Contents:
    """The clips of a packed set whose frames, and perhaps flow, are open."""
    split = np.array(pack.split)
    lengths = [Length(shape[0], seconds) for shape, seconds in zip(pack.shapes, pack.seconds, strict=True)]
    sampling, notes = choose_sampling(lengths, options)
    return Contents(
        name=pack.name,
        source=source,
        classes=pack.classes,
        images=PackedClips(pack, frames, flow, sampling, options),
        keys=pack.keys,
        rows={name: np.flatnonzero(split == name) for name in SPLITS if name in pack.split},
        groups=groups_of(pack.keys, options.group_by),
        notes=(f"packed with a short side of {pack.short_side} pixels", *notes, *pack.notes),
        skipped=pack.skipped,
    )


class PackedClips(DecodedClips):
    """Clips out of a file of frames, and perhaps their flow out of another."""

    in_memory = False

    def __init__(
        self, pack: Pack, frames: Frames, flow: Frames | None, sampling: Sampling, options: Options
    ) -> None:
        super().__init__(np.array(pack.labels, np.int64), pack.keys, sampling)
        self.channels = options.channels or pack.channels
        self.size = options.square or (pack.short_side, pack.short_side)
        self.flow = options.flow
        self.planes = self.channels + (0 if flow is None else 2)
        self._frames, self._flow, self._seconds = frames, flow, pack.seconds

    def keys(self) -> Sequence[Hashable]:
        return range(len(self))  # copies were looked for when it was packed

    def _fill(self, clip: np.ndarray, row: int, offsets: np.ndarray, crop: float) -> None:
        numbers = self.sampling.numbers(self._frames.shapes[row][0], offsets, self._seconds[row])
        pictures = brought_to(self._frames.read(row, numbers), self.channels, self.size, crop)
        clip[: self.channels] = np.moveaxis(pictures, 0, 1)
        if self._flow is not None:
            flow = _flow_brought_to(self._flow.read(row, numbers), self.size, crop)
            clip[self.channels :] = np.moveaxis(flow, 0, 1)


def _flow_brought_to(planes: np.ndarray, size: tuple[int, int], crop: float) -> np.ndarray:
    """Flow (T, 2, H, W) uint8 of a picture that is brought to `size`: a smaller picture moves by less."""
    T, _, H, W = planes.shape
    scale = max(size[0] / H, size[1] / W)
    if scale != 1:
        planes = to_bytes(from_bytes(planes) * scale)
    return brought_to(planes.reshape(2 * T, 1, H, W), 1, size, crop).reshape(T, 2, *size)


def flow_of_pack(folder: Path, pack: Pack, options: Options) -> Frames:
    """The flow (T, 2, H, W) of each clip.

    Raises MissingExtraError without OpenCV, DataError for frames too small.
    """
    check_flow(options.flow, (pack.short_side, pack.short_side))
    path = folder / f"flow-{options.flow}.u8"
    if not _is_complete(path, pack):
        with writing(folder), lock(folder, "packing"):
            _compute(path, folder / FRAMES, pack, options)
    return open_frames(path, 2, pack.shapes, pack.capacity)


def _is_complete(path: Path, pack: Pack) -> bool:
    """By their lengths; each frame is looked at when it is read."""
    try:
        for part, shapes in parts_of(path, pack.shapes, pack.capacity):
            check_lengths(part, 2, shapes)
    except DataError:
        return False
    return True


def _compute(path: Path, frames: Path, pack: Pack, options: Options) -> None:
    pictures = open_frames(frames, pack.channels, pack.shapes, pack.capacity, pack.seals)
    with add_frames(path, 2, pack.capacity) as flow:
        done = flow.cut(pack.shapes)
        clips = (pictures.read(row) for row in range(done, len(pack.shapes)))
        estimate = partial(flow_planes, method=options.flow or "")
        with closing(ordered_map(estimate, clips, options.num_workers)) as results:
            for planes in results:
                flow.append(planes)
                done += 1
                if options.progress:
                    options.progress(done, len(pack.shapes))
