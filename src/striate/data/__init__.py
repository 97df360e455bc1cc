"""Files → uint8 images and labels, split, in batches of tensors.

This room exists so that everything after it can rely on four things, whatever the files were: images are
uint8 (N, C, H, W) of one size in [0, 255], labels are int64 from 0 on, splits are the same every time, and
what was left out or decided on the way is said in `notes` and `skipped`.

In: the name or path of a data set. Out: `ImageData`, whose splits are `ImageSet`s. It knows no networks and
no training. Opening and describing data does not import torch, so that the workers which decode files stay
small: tensors begin with `ImageSet.take` and `batches`. Augmentation works on tensors and is therefore
imported from `striate.data.augment.augment`, not from here. Everything else is imported when it is first
used: whoever reads one image need not wait for a video library.

The rooms inside, in the order in which data passes: `images` and `video` read one file each, `sets` give the
items of a split by index, `sources` find files and split them, `packed` and `builtin` hold sets of other
kinds, `augment` varies what is trained on.
"""

from typing import TYPE_CHECKING, Any

from striate.lazily import homes_in, imported

if TYPE_CHECKING:
    from striate.data.checking import CheckReport as CheckReport
    from striate.data.checking import check_data as check_data
    from striate.data.flow_picture import FlowPicture as FlowPicture
    from striate.data.flow_picture import draw_flow as draw_flow
    from striate.data.image_data import ClipData as ClipData
    from striate.data.image_data import ImageData as ImageData
    from striate.data.images.reading import read_image as read_image
    from striate.data.opening import open_data as open_data
    from striate.data.packed.packing import Packed as Packed
    from striate.data.packed.packing import pack_data as pack_data
    from striate.data.sets.clip_sets import ClipSet as ClipSet
    from striate.data.sets.clip_sets import MemoryClips as MemoryClips
    from striate.data.sets.image_sets import ImageSet as ImageSet
    from striate.data.sources.fetch import get_data as get_data
    from striate.data.sources.finding import PUBLISHED as PUBLISHED
    from striate.data.sources.finding import Published as Published
    from striate.data.suffixes import IMAGE_SUFFIXES as IMAGE_SUFFIXES
    from striate.data.suffixes import VIDEO_SUFFIXES as VIDEO_SUFFIXES
    from striate.data.unreadable_files import Skipped as Skipped
    from striate.data.unreadable_files import UnreadableError as UnreadableError
    from striate.data.video.clip_reading import read_clip as read_clip
    from striate.data.video.sampling import Sampling as Sampling

_HOMES = homes_in(__file__)
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    return imported(name, _HOMES, "striate.data")


def __dir__() -> list[str]:
    return __all__
