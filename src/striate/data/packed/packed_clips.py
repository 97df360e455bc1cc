"""The clips of a packed set: a batch reads the frames that it takes."""

from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from striate.data.flow.optical_flow import from_bytes, to_bytes
from striate.data.options import Options
from striate.data.packed.frame_file import FrameFile
from striate.data.packed.pack import FRAMES, Pack, read_pack
from striate.data.packed.packed_flow import flow_of_pack
from striate.data.sets.clip_sets import DecodedClips, brought_to
from striate.data.sources.contents import Contents
from striate.data.sources.splits import SPLITS, groups_of


def packed_contents(folder: Path, options: Options) -> Contents:
    """The clips of a packed set. Raises DataError unless it is whole."""
    pack = read_pack(folder)
    flow = flow_of_pack(folder, pack, options) if options.flow else None
    split = np.array(pack.split)
    return Contents(
        name=pack.name,
        source=str(folder),
        classes=pack.classes,
        images=PackedClips(pack, FrameFile(folder / FRAMES, pack.channels, pack.shapes), flow, options),
        keys=pack.keys,
        rows={name: np.flatnonzero(split == name) for name in SPLITS if name in pack.split},
        groups=groups_of(pack.keys, options.group_by),
        notes=(f"packed with a short side of {pack.short_side} pixels", *pack.notes),
        skipped=pack.skipped,
    )


class PackedClips(DecodedClips):
    """Clips out of a file of frames, and perhaps their flow out of another."""

    in_memory = False

    def __init__(self, pack: Pack, frames: FrameFile, flow: FrameFile | None, options: Options) -> None:
        super().__init__(np.array(pack.labels, np.int64), pack.keys, options.sampling)
        self.channels = options.channels or pack.channels
        self.size = options.square or (pack.short_side, pack.short_side)
        self.flow = options.flow
        self.planes = self.channels + (0 if flow is None else 2)
        self._frames, self._flow = frames, flow

    def keys(self) -> Sequence[Hashable]:
        return range(len(self))  # copies were looked for when it was packed

    def _fill(self, clip: np.ndarray, row: int, offsets: np.ndarray, crop: float) -> None:
        numbers = self.sampling.numbers(self._frames.shapes[row][0], offsets)
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
