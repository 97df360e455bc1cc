"""Files → uint8 images and labels, split, in batches of tensors.

This room exists so that everything after it can rely on four things, whatever the files were: images are
uint8 (N, C, H, W) of one size in [0, 255], labels are int64 from 0 on, splits are the same every time, and
what was left out or decided on the way is said in `notes` and `skipped`.

In: the name or path of a data set. Out: `ImageData`, whose splits are `ImageSet`s. It knows no networks and
no training. Opening and describing data does not import torch, so that the workers which decode files stay
small: tensors begin with `ImageSet.take` and `batches`. Augmentation works on tensors and is therefore
imported from `striate.data.augment.augment`, not from here. Everything else is imported when it is first
used: whoever reads one image need not wait for a video library.

The rooms inside, in the order in which data passes: `images` and `video` read one file each, `flow` computes
motion, `sets` give the items of a split by index, `sources` find files and split them, `packed` and
`builtin` hold sets of other kinds, `augment` varies what is trained on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOMES = {
    "CheckReport": "checking",
    "ClipData": "image_data",
    "ClipSet": "sets.clip_sets",
    "FlowPicture": "flow_picture",
    "IMAGE_SUFFIXES": "suffixes",
    "ImageData": "image_data",
    "ImageSet": "sets.image_sets",
    "MemoryClips": "sets.clip_sets",
    "PUBLISHED": "sources.published",
    "Packed": "packed.packing",
    "Published": "sources.published",
    "Sampling": "video.sampling",
    "Skipped": "unreadable_files",
    "UnreadableError": "unreadable_files",
    "VIDEO_SUFFIXES": "suffixes",
    "check_data": "checking",
    "draw_flow": "flow_picture",
    "get_data": "sources.fetch",
    "open_data": "opening",
    "pack_data": "packed.packing",
    "read_clip": "video.clip_reading",
    "read_image": "images.reading",
}

__all__ = [
    "IMAGE_SUFFIXES",
    "PUBLISHED",
    "VIDEO_SUFFIXES",
    "CheckReport",
    "ClipData",
    "ClipSet",
    "FlowPicture",
    "ImageData",
    "ImageSet",
    "MemoryClips",
    "Packed",
    "Published",
    "Sampling",
    "Skipped",
    "UnreadableError",
    "check_data",
    "draw_flow",
    "get_data",
    "open_data",
    "pack_data",
    "read_clip",
    "read_image",
]

if TYPE_CHECKING:
    from striate.data.checking import CheckReport, check_data
    from striate.data.flow_picture import FlowPicture, draw_flow
    from striate.data.image_data import ClipData, ImageData
    from striate.data.images.reading import read_image
    from striate.data.opening import open_data
    from striate.data.packed.packing import Packed, pack_data
    from striate.data.sets.clip_sets import ClipSet, MemoryClips
    from striate.data.sets.image_sets import ImageSet
    from striate.data.sources.fetch import get_data
    from striate.data.sources.published import PUBLISHED, Published
    from striate.data.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
    from striate.data.unreadable_files import Skipped, UnreadableError
    from striate.data.video.clip_reading import read_clip
    from striate.data.video.sampling import Sampling


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'striate.data' has no attribute {name!r}")
    return getattr(import_module(f"striate.data.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
