"""Opening a data set, whatever it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.checked import checked
from striate.data.builtin.digits import digits
from striate.data.exchanges import pairs_of
from striate.data.image_data import ImageData
from striate.data.images.framing import DEFAULT, Fit
from striate.data.images.transform import AsTransform, transform_of
from striate.data.options import GIB, Options, span_of
from striate.data.packed.packed_clips import is_packed, packed_contents
from striate.data.packed.remote import is_address, remote_contents
from striate.data.sources.array_file import array_contents, is_array_file
from striate.data.sources.class_folder import list_folder
from striate.data.sources.finding import find_folder, is_archive, unpacked
from striate.data.sources.given import Source, given_contents, is_given, name_of
from striate.data.sources.idx_folder import idx_contents, is_idx_folder
from striate.data.sources.list_files import is_list, list_clips
from striate.data.sources.listed import listed_contents
from striate.data.sources.listing import Contents, assemble
from striate.data.unreadable_files import saying_os_errors
from striate.errors import DataError


@checked
@saying_os_errors()
def open_data(
    source: Source,
    *,
    channels: int | None = None,
    size: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    memory_limit: int = 2 * GIB,
    progress: Callable[[int, int], None] | None = None,
    frames: int | None = None,
    stride: int | None = None,
    flow: str | None = None,
    group_by: str | None = None,
    span: float | str | None = None,
    rate: float | None = None,
    frame_rate: float | None = None,
    fit: Fit | None = None,
    share: float = 1.0,
    transform: AsTransform | Mapping[str, Any] | None = None,
    mirrored: Mapping[str, str] | Sequence[str] = (),
    reversed: Mapping[str, str] | Sequence[str] = (),
) -> ImageData:
    """Opens a data set of images or of clips: splits of uint8 pixels of one size, with labels.

    Args:
        source: "digits" or "motion-digits", the path of a folder of IDX files or of class folders, or the
            name of such a folder, which is looked for in $STRIATE_DATA, ./datasets, the user's cache and the
            system's folders; a list file (see `list_rows`), a zip or tar of any of these, or a `.npz`; for
            clips also a folder that `pack_data` has written, or the address of one in shards (`s3://…`). In
            Python also the data themselves: a data set of PyTorch's, or a list, of (picture, label) or
            (path, label); arrays (pictures, labels); or a dict of these for each split.
        channels: 1 (grey) or 3 (RGB); by default 1 if every image is grey, otherwise 3.
        size: pixels, for square images; by default what all images share, up to 64 (clips: 112), otherwise
            that.
        seed: decides the split where a source has none; another seed, another split.
        workers: processes that decode files; by default one a processor, up to 8; 0 decodes in this process.
        memory_limit: bytes of pixels up to which a set is decoded at once and kept in memory.
        progress: is called with the number of files decoded so far and the number of all.
        frames: of each clip; 8 by default.
        stride: distance of a clip's frames in the video, counted in frames; refused where frame rates differ.
        flow: "dis" or "farneback" adds optical flow in x and y as two more planes of each clip.
        group_by: a regular expression whose first group (or whole match) in a path says which recording a
            clip was cut from, or which person an image is of; these stay on one side of a split.
        span: seconds of a video that a clip stands for, over which its frames are spread evenly; "whole"
            spreads them over all of each video. By default what nine in ten clips are long, 10 at most. At
            most one of span, rate and stride can be given.
        rate: frames a second that a clip takes of a video, whatever the video's own.
        frame_rate: frames a second of clips that tell no times, as folders of frames do.
        fit: how pictures that are not square are brought to the size: "crop" cuts off what stands over at the
            ends of the long side, "pad" puts black around, "squash" resizes each side by itself. By default
            what loses less than half of the typical picture: crop, else squash. Clips are cropped.
        share: of each side of a picture that is looked at, the middle of it; all by default.
        transform: what becomes of each picture before it is brought to the size: a function of a picture of
            Pillow, as it is or by its name, "my.py:function".
        mirrored: pairs of classes that a mirror exchanges, as {"left": "right"} or ["left=right"]: training
            mirrors their samples and swaps the label.
        reversed: pairs of classes that are each other's played backwards, as {"open": "close"}: training
            plays their clips backwards and swaps the label.

    Returns:
        ImageData, or ClipData where the source holds clips.

    Raises:
        DataError: the source is missing or cannot be learnt from.
        ArgumentError: impossible options.

    >>> open_data("digits").counts["test"]["7"]
    36
    """
    options = Options(
        channels=channels,
        size=size,
        seed=seed,
        workers=workers,
        memory_limit=memory_limit,
        progress=progress,
        frames=frames,
        stride=stride,
        flow=flow,
        group_by=group_by,
        span=span_of(span),
        rate=rate,
        frame_rate=frame_rate,
        fit=fit,
        share=share,
        transform=transform_of(transform),
        mirrored=pairs_of("mirrored", mirrored),
        reversed=pairs_of("reversed", reversed),
    )
    source = source if isinstance(source, Path) else name_of(source)
    data = _opened(source, options)
    if data.unit == "clips" and options.framing() != DEFAULT:
        raise DataError(
            f"{source} holds clips, which are cropped to their size: leave fit, share and transform out"
        )
    if options.transform is not None:
        data = replace(data, notes=(*data.notes, f"pictures go through {options.transform.name} first"))
    return data.with_exchanges(options.mirrored, options.reversed)


def _opened(source: str | Path, options: Options) -> ImageData:
    """The set, without what is known of its classes."""
    if isinstance(source, str) and source.startswith("motion-digits"):
        from striate.data.builtin.motion_digits import motion_digits  # it draws: others need not load it

        return motion_digits(source, options)
    if source == "digits":
        refuse_for_images(source, options)
        return assemble(digits(options), options)
    if is_given(source):
        contents = given_contents(str(source), options)
        if contents.items == "images":
            refuse_for_images("the data", options)
        return replace(assemble(contents, options), source=str(source))
    path = Path(source).expanduser()
    if is_packed(path):
        return replace(assemble(packed_contents(path, options), options), source=str(path.absolute()))
    if isinstance(source, str) and is_address(source):
        return replace(assemble(remote_contents(source, options), options), source=source)
    if is_array_file(path):
        refuse_for_images(source, options)
        return replace(assemble(array_contents(path, options), options), source=str(path.absolute()))
    if is_archive(path):
        return replace(_opened(unpacked(path), options), source=str(path.absolute()))
    if is_list(path):
        listing = list_clips(path)
        if listing.kind == "images":
            refuse_for_images(source, options)
        contents = replace(listed_contents(listing, options), name=path.stem)
        return replace(assemble(contents, options), source=str(path.absolute()))
    folder = find_folder(source)
    contents = _contents_of(folder, options)
    by_name = isinstance(source, str) and not path.is_dir()
    return replace(assemble(contents, options), source=str(source) if by_name else str(folder.absolute()))


def is_built_in(source: str | Path) -> bool:
    """Whether a set comes with striate."""
    return isinstance(source, str) and (source == "digits" or source.startswith("motion-digits"))


def _contents_of(folder: Path, options: Options) -> Contents:
    """What a folder holds, not split yet."""
    if is_packed(folder):
        return packed_contents(folder, options)
    if is_idx_folder(folder):
        refuse_for_images(folder, options)
        return idx_contents(folder, options)
    listing = list_folder(folder, clips=options.frames is not None)
    if listing.kind == "images":
        refuse_for_images(folder, options)
    return listed_contents(listing, options)


def refuse_for_images(source: str | Path, options: Options) -> None:
    """Raises DataError if something was asked for that only clips have."""
    if options.for_clips:
        asked = " and ".join(options.for_clips)
        raise DataError(
            f"{source} holds images, which have no {asked}: leave {'it' if ' and ' not in asked else 'them'} "
            "out, or give clips (a folder with one folder of videos per class, a list file, motion-digits)"
        )
