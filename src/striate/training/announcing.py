"""What a training says of itself before its first step: everything that was decided and that changes it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from statistics import median

import numpy as np

from striate.algorithms import Table
from striate.data import ClipData, ImageData
from striate.data.augment.augmentation import Augmentation
from striate.data.exchanges import Pairs
from striate.data.sets.file_sets import DiskClips
from striate.data.unreadable_files import UnreadableError
from striate.data.video.clip_reading import seconds_between_frames
from striate.numbers import counted
from striate.training.plan import Plan
from striate.training.recipe import Recipe

LISTED = 6
"""Classes whose names are said; of more, the first four and the last two."""
LOOKED_AT = 9
"""Videos that are asked how long they are."""
_PURPOSES = {"train": "to train", "val": "held out to validate", "test": "held out to test"}


def announced(data: ImageData, recipe: Recipe, plan: Plan, table: Table) -> Iterator[str]:
    """The facts, one sentence each."""
    yield f"{len(data.classes):,} class{'es' * (len(data.classes) != 1)}: {_listed(data.classes)}"
    yield _splits(data)
    if isinstance(data, ClipData):
        yield _spacing(data)
    yield _varied(recipe.augmentation, data.unit)
    yield from _exchanged(data)
    if recipe.augmentation.flip:
        why = "as a mirror is taken not to change a class" if data.handed is None else f"though {data.handed}"
        yield (
            f"mirrored: the {data.unit} are, every other time that each is seen, {why} (--no-flip: none is)"
        )
    elif data.handed is not None:
        yield f"not mirrored: {data.handed}"
    if plan.class_weights is not None:
        yield _weights(data, plan.class_weights)
    others = sum(not choices.plain for choices in table.values())
    if others:
        yield (
            f"{others} of {len(table)} distinct convolutions take faster algorithms than PyTorch's call "
            "(--algorithms plain: none does)"
        )


def _varied(policy: Augmentation, unit: str) -> str:
    """How training samples are varied, by the names of the options; mirroring has a sentence of its own."""
    parts = [
        f"{one.name.replace('_', '-')} {_plain(getattr(policy, one.name))}"
        for one in fields(Augmentation)
        if one.name != "flip" and getattr(policy, one.name) != one.default
    ]
    return f"{unit} varied anew in each epoch: {', '.join(parts)}" if parts else f"{unit} not varied"


def _plain(value: float | tuple[float, ...]) -> str:
    numbers = value if isinstance(value, tuple) else (value,)
    return " to ".join(f"{number:g}" for number in numbers)


def _exchanged(data: ImageData) -> Iterator[str]:
    """What is mirrored or played backwards with another label."""
    if data.mirrored:
        yield (
            f"mirrored with the label swapped: every other of the {data.unit} of {_paired(data.mirrored)}, "
            "on average"
        )
    if isinstance(data, ClipData) and data.reversed:
        yield (
            f"played backwards with the label swapped: every other of the clips of {_paired(data.reversed)}, "
            "on average"
        )


def _paired(pairs: Pairs) -> str:
    return ", ".join(f"{one} and {other}" if one != other else one for one, other in pairs)


def _listed(classes: Sequence[str]) -> str:
    names = classes if len(classes) <= LISTED else (*classes[:4], "…", *classes[-2:])
    return ", ".join(names)


def _splits(data: ImageData) -> str:
    counts = {name: len(data.splits[name]) if name in data.splits else 0 for name in _PURPOSES}
    parts = [f"{counts[name]:,} {purpose}" for name, purpose in _PURPOSES.items()]
    return f"{data.unit}: {', '.join(parts)}"


def _spacing(data: ClipData) -> str:
    """How far apart the frames of a clip are: in frames where that is fixed, in seconds where files tell."""
    sampling = data.sampling
    if sampling.step is not None:
        return (
            f"clips of {counted(sampling.frames, 'frame')}, {sampling.step:.3g} s apart: "
            f"{1 / sampling.step:.3g} a second, {sampling.span:.3g} s in all"
        )
    how = (
        "spread over the whole video" if sampling.stride is None else f"every {_ordinal(sampling.stride)} one"
    )
    seconds = _seconds(data)
    apart = "" if seconds is None else f", {seconds:.2g} s apart (median of some videos)"
    return f"clips of {counted(sampling.frames, 'frame')}, {how}{apart}"


def _ordinal(number: int) -> str:
    names = {1: "single", 2: "second", 3: "third"}
    return names.get(number, f"{number}th")


def _seconds(data: ClipData) -> float | None:
    clips = data.splits["train"]
    if not isinstance(clips, DiskClips):  # drawn, or packed without the times of their frames
        return None
    names, found = clips.names, []
    for index in np.linspace(0, len(names) - 1, min(LOOKED_AT, len(names))).astype(int):
        with suppress(UnreadableError, OSError):
            found.append(seconds_between_frames(names[index], data.sampling))
    known = [seconds for seconds in found if seconds is not None]
    return median(known) if known else None


def _weights(data: ImageData, weights: Sequence[float]) -> str:
    present = [number for number, weight in enumerate(weights) if weight > 0]
    rare, common = (choose(present, key=weights.__getitem__) for choose in (max, min))
    return (
        f"class weights: each class counts the same, so one of the {data.unit} of {data.classes[rare]} "
        f"counts {weights[rare] / weights[common]:.3g} times as much as one of {data.classes[common]} "
        "(--class-weights off: all count the same)"
    )
