"""What is said before the first step: every decision that changes a training, whole sentences."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_clips import write_video
from striate.data import ImageData, open_data
from striate.data.augment.augmentation import Augmentation
from striate.data.sets.image_sets import ImageSet
from striate.training.announcing import announced
from striate.training.plan import Plan, class_weights
from striate.training.recipe import Recipe


class Labels(ImageSet):
    """Images that are all black: their labels count."""

    def __init__(self, labels: list[int]) -> None:
        super().__init__(np.array(labels), [""] * len(labels))

    def _read(self, indices: Any, draws: Any) -> Any:
        return np.zeros((len(indices), 3, 32, 32), np.uint8)

    def keys(self) -> Any:
        """Nobody asks for them."""
        raise NotImplementedError


def data_of(classes: tuple[str, ...], **splits: list[int]) -> ImageData:
    sets: Mapping[str, ImageSet] = {name: Labels(labels) for name, labels in splits.items()}
    return ImageData("name", "source", classes, 3, (32, 32), sets, (), (), 0)


def said(
    data: ImageData, recipe: Recipe | None = None, weights: tuple[float, ...] | None = None
) -> list[str]:
    return list(announced(data, recipe or Recipe(), Plan(4, 2, 1, "fp32", weights), {}))


def test_few_classes_are_named_and_what_is_held_out_is_counted() -> None:
    assert said(data_of(("cat", "dog"), train=[0, 1, 1], test=[0])) == [
        "2 classes: cat, dog",
        "images: 3 to train, 0 held out to validate, 1 held out to test",
        "images not varied",
    ]


def test_how_images_are_varied_is_said_by_the_names_of_the_options() -> None:
    policy = Augmentation(crop_area=(0.7, 1.25), rotate=8, jitter=0.1, flip=True)
    assert said(data_of(("a", "b"), train=[0, 1]), Recipe(augmentation=policy))[2] == (
        "images varied anew in each epoch: crop-area 0.7 to 1.25, rotate 8, jitter 0.1"
    )


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "1 class: c0"),
        (6, "6 classes: c0, c1, c2, c3, c4, c5"),
        (7, "7 classes: c0, c1, c2, c3, …, c5, c6"),
        (1000, "1,000 classes: c0, c1, c2, c3, …, c998, c999"),
    ],
)
def test_the_first_and_last_of_many_classes(number: int, sentence: str) -> None:
    assert said(data_of(tuple(f"c{n}" for n in range(number)), train=[0]))[0] == sentence


@pytest.mark.parametrize(
    ("classes", "why"),
    [
        (("cat", "dog"), "as a mirror is taken not to change a class"),
        (("cat", "turnleft"), "though class 'turnleft' may be told by its handedness"),
    ],
)
def test_mirroring_is_said_where_it_is_on(classes: tuple[str, str], why: str) -> None:
    flipped, data = Recipe(augmentation=Augmentation(flip=True)), data_of(classes, train=[0, 1])
    (sentence,) = set(said(data, flipped)) - set(said(data))
    assert sentence == (
        f"mirrored: the images are, every other time that each is seen, {why} (--no-flip: none is)"
    )


def test_why_nothing_is_mirrored_is_said() -> None:
    assert said(data_of(("cat", "turnleft"), train=[0, 1]))[-1] == (
        "not mirrored: class 'turnleft' may be told by its handedness"
    )


def test_class_weights_are_said_by_the_rarest_and_the_commonest() -> None:
    """By hand: 3 and 12 images weigh 15 / (2 · 3) and 15 / (2 · 12); a class without any counts nothing."""
    weights = class_weights(np.array([12, 0, 3]))
    assert weights == (0.625, 0.0, 2.5)
    data = data_of(("common", "none", "rare"), train=[0] * 12 + [2] * 3)
    assert said(data, weights=weights)[-1] == (
        "class weights: each class counts the same, so one of the images of rare counts 4 times as much as "
        "one of common (--class-weights off: all count the same)"
    )


@pytest.mark.parametrize(
    ("stride", "sentence"),
    [
        (None, "clips of 4 frames, 0.5 s apart: 2 a second, 2 s in all"),
        (1, "clips of 4 frames, every single one, 0.2 s apart (median of some videos)"),
        (2, "clips of 4 frames, every second one, 0.4 s apart (median of some videos)"),
    ],
)
def test_how_far_apart_the_frames_of_a_clip_are(tmp_path: Path, stride: int | None, sentence: str) -> None:
    """Ten frames at five a second take two seconds."""
    for split in ("train", "test"):
        for name in ("one", "two"):
            for number in range(3):
                frames = [np.full((24, 24), 10 * number + n, np.uint8) for n in range(10)]
                write_video(tmp_path / split / name / f"{number}.mp4", frames, rate=5)
    data = open_data(tmp_path, frames=4, stride=stride, size=24, workers=0)
    assert said(data)[2] == sentence


def test_clips_whose_times_nobody_knows(small_clips: Path) -> None:
    data = open_data(small_clips, frames=4)
    assert said(data)[2] == "clips of 4 frames, spread over the whole video"
