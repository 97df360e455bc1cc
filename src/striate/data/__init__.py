"""Files → uint8 images and labels, split, in batches of tensors.

This room exists so that everything after it can rely on four things, whatever the files were: images are
uint8 (N, C, H, W) of one size in [0, 255], labels are int64 from 0 on, splits are the same every time, and
what was left out or decided on the way is said in `notes` and `skipped`.

In: the name or path of a data set. Out: `ImageData`, whose splits are `ImageSet`s. It knows no networks and
no training. Opening and describing data does not import torch, so that the workers which decode files stay
small: tensors begin with `ImageSet.take` and `batches`. Augmentation works on tensors and is therefore
imported from `striate.data.augment.augment`, not from here.
"""

from striate.data.augment.mirror import mirror_safe
from striate.data.checking import CheckReport, check_data
from striate.data.image_data import ClipData, ImageData
from striate.data.images.reading import IMAGE_SUFFIXES, read_image
from striate.data.opening import open_data
from striate.data.packed.packing import Packed, pack_data
from striate.data.sets.clip_sets import ClipSet, MemoryClips
from striate.data.sets.image_sets import ImageSet
from striate.data.sources.fetch import get_data
from striate.data.sources.published import PUBLISHED, Published
from striate.data.unreadable_files import Skipped
from striate.data.video.sampling import Sampling

__all__ = [
    "IMAGE_SUFFIXES",
    "PUBLISHED",
    "CheckReport",
    "ClipData",
    "ClipSet",
    "ImageData",
    "ImageSet",
    "MemoryClips",
    "Packed",
    "Published",
    "Sampling",
    "Skipped",
    "check_data",
    "get_data",
    "mirror_safe",
    "open_data",
    "pack_data",
    "read_image",
]
