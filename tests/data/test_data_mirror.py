"""Which classes may be mirrored."""

import pytest

from striate.data import PUBLISHED, mirror_safe


@pytest.mark.parametrize(
    "classes",
    [
        ["cat", "dog"],
        ["T-shirt/top", "Ankle boot"],
        ["bright", "dark"],  # "right" is no word here
        ["copyright", "leftover"],
        ["2012 BMW M3", "1998 Audi 100"],
        ["letter", "parcel"],
        PUBLISHED["fashion-mnist"].classes,
        [],
    ],
)
def test_safe(classes: list[str]) -> None:
    assert mirror_safe(classes)


@pytest.mark.parametrize(
    "name",
    [
        *("0", "42", "A", "b", "é", "<", "seven", "Twenty", "digit 7", "letter_b", "twenty-one"),
        *("left", "Right", "turn_left", "TurnRight", "arrow-left-3", "left hand", "counterclockwise"),
    ],
)
def test_one_handed_class_is_enough(name: str) -> None:
    assert not mirror_safe(["cat", name, "dog"])
