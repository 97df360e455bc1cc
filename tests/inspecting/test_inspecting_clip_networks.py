"""Clip networks by name: `inspect` knows the clips they were published for."""

import pytest

import striate
from striate.errors import ArgumentError, NetworkError


def test_a_clip_network_brings_its_clip() -> None:
    seen = striate.inspect("x3d_xs")
    assert seen.input_shape == (1, 3, 4, 160, 160)
    assert seen.to_json()["totals"]["parameters"]["value"] == 3_794_322


def test_another_clip() -> None:
    seen = striate.inspect("mc2_18", "1x5x40x48")
    assert seen.input_shape == (1, 1, 5, 40, 48)
    assert seen.layers[0].formula == "3·7·7·1·64 = 9,408"


def test_what_is_no_clip() -> None:
    with pytest.raises(ArgumentError) as raised:
        striate.inspect("r3d_18", (3, 224, 224))
    assert str(raised.value) == (
        "r3d_18 takes clips, channels x frames x height x width such as 3x16x112x112; got 3x224x224"
    )


def test_a_clip_that_is_too_short() -> None:
    with pytest.raises(NetworkError, match="i3d_resnet50 needs clips of at least 2 frames; got 1"):
        striate.inspect("i3d_resnet50", (3, 1, 64, 64))
