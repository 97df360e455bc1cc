"""The built-in data set of clips: real digits that move, in pairs of classes that only order tells apart.

Every clip is there twice, as it was drawn and played backwards under its partner's label, in the same split:
left is right backwards, up is down, and so on. Both hold the same frames, so whatever is blind to order
answers both alike and is right about one of them at most: it cannot pass 50 %.
The digits of train, val and test are different ones (scikit-learn's, see `digits`).
"""

from typing import cast

import numpy as np

from striate.data.builtin.digits import digit_splits, load_digits
from striate.data.builtin.moving import DIFFICULTIES, MOTIONS
from striate.data.builtin.scenes import BothWays, draw_scenes
from striate.data.image_data import ClipData
from striate.data.options import WHOLE, Options
from striate.data.sets.clip_sets import MemoryClips
from striate.errors import DataError, unknown

CLASSES = ("left", "right", "up", "down", "counterclockwise", "clockwise", "shrinking", "growing")
"""2 m is motion m of MOTIONS played backwards, 2 m + 1 as drawn: the partner of a class is `label ^ 1`."""
CLIPS = {"train": 2400, "val": 480, "test": 1200}
SIDE = 24
"""Pixels, where no size is asked for."""


class DrawnClips(MemoryClips):
    """Clips that are drawn when they are asked for."""

    in_memory = False


def motion_digits(name: str, options: Options) -> ClipData:
    """Clips of moving digits: uint8 (1 or 3, T, H, W), drawn on the spot, the same for the same options.

    Clips that do not fit into the memory limit are drawn when they are asked for.

    Args:
        name: "motion-digits", or with "-easy" or "-hard" at its end.
        options: channels are 1, digits on grey, the default, or 3, coloured digits on photographs; size is 24
            by default; frames are 8 by default, and the motion is the same, however many show it.

    Raises:
        DataError: an unknown name, or options that mean nothing here.
    """
    if name not in DIFFICULTIES:
        raise DataError(unknown("data set", name, DIFFICULTIES))
    for option in ("span", "rate", "stride", "frame_rate", "group_by"):
        if getattr(options, option) not in (None, WHOLE):
            raise DataError(
                f"{name} makes clips of just the frames asked for, so {option} means nothing: leave it out"
            )
    channels = options.channels or 1
    return ClipData(
        name=name,
        source=name,
        classes=CLASSES,
        channels=channels,
        size=options.square or (SIDE, SIDE),
        splits=_splits(name, channels, options),
        notes=(
            "each clip is there forwards and, under its partner's label, backwards: a network that is blind "
            "to the order of frames cannot pass 50 %",
        ),
        skipped=(),
        duplicates=0,
        sampling=options.sampling,
        flow=options.flow,
        pairs=tuple(zip(CLASSES[::2], CLASSES[1::2], strict=True)),
    )


def _splits(name: str, channels: int, options: Options) -> dict[str, MemoryClips]:
    images, labels = load_digits()
    rows = digit_splits(labels)
    return {split: _split(name, split, images[rows[split], 0], channels, options) for split in CLIPS}


def _split(name: str, split: str, digits: np.ndarray, channels: int, options: Options) -> MemoryClips:
    count, sampling = CLIPS[split], options.sampling
    motions = np.arange(count // 2) % len(MOTIONS)
    scenes = draw_scenes(
        digits,
        motions,
        DIFFICULTIES[name],
        (options.seed, list(CLIPS).index(split)),
        frames=sampling.frames,
        channels=channels,
        size=options.square or (SIDE, SIDE),
    )
    clips = BothWays(scenes, options.flow)
    fits = clips.nbytes * sum(CLIPS.values()) <= count * options.memory_limit
    labels = np.repeat(2 * motions, 2) + np.tile([1, 0], count // 2)
    names = [f"{name}/{split}/{item}" for item in range(count)]
    if fits:
        return MemoryClips(clips.all(), labels, names, sampling=sampling)
    return DrawnClips(cast(np.ndarray, clips), labels, names, sampling=sampling)
