"""Families of layers: every kind has one, and each has a colour and a whole name."""

import doctest

import pytest

from striate.inspecting import families
from striate.inspecting.families import COLOURS, NAMES, family


def test_the_examples() -> None:
    assert doctest.testmod(families) == (0, 1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("conv_transpose3d", "convolution"),
        ("max_pool2d", "pooling"),
        ("mean", "pooling"),
        ("linear", "fully connected"),
        ("matmul", "fully connected"),
        ("rnn_tanh", "recurrent"),
        ("multihead_attention", "attention"),
        ("concatenate", "branches joined"),
        ("batch_norm", "other"),
    ],
)
def test_a_kind_has_a_family(kind: str, name: str) -> None:
    assert NAMES[family(kind)] == name


def test_no_two_families_look_alike() -> None:
    assert COLOURS.keys() == NAMES.keys()
    assert len(set(COLOURS.values())) == len(set(NAMES.values())) == len(COLOURS)
