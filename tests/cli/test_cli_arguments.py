"""Values on the command line, as `--options` of a network and the options of every kind take them."""

from typing import Any

import pytest

from striate.cli.arguments import read
from striate.cli.inspect import VERB as INSPECT
from striate.cli.train import VERB as TRAIN
from striate.cli.tune import VERB as TUNE
from striate.errors import ArgumentError


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (["widths=32,64", "dropout=0.2"], {"widths": (32, 64), "dropout": 0.2}),
        (["hidden=()", "widths=16,"], {"hidden": (), "widths": (16,)}),
        (["norm=True", "name=basic", "path=a=b"], {"norm": True, "name": "basic", "path": "a=b"}),
        (["x=__import__('os').getcwd()"], {"x": "__import__('os').getcwd()"}),  # read, not run
    ],
)
def test_options_of_a_network(pairs: list[str], found: dict[str, Any]) -> None:
    assert read(TRAIN, "train", ["digits", "--options", *pairs]).values["options"] == found
    one_by_one = [word for pair in pairs for word in ("--options", pair)]
    assert read(TRAIN, "train", ["digits", *one_by_one]).values["options"] == found


@pytest.mark.parametrize("pair", ["widths", "=3", "a b=3", "__import__('os')=1"])
def test_what_is_no_pair(pair: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read(TRAIN, "train", ["digits", "--options", pair])
    assert (
        str(caught.value) == f"--options takes NAME=VALUE; got {pair!r}: for example --options widths=32,64"
    )


def test_only_what_was_given_is_asked_for() -> None:
    asked = read(TRAIN, "train", ["digits", "--epochs", "3", "--no-flip", "--crop-area", "0.5", "1"])
    assert asked.words == (
        *("striate", "train", "digits", "--epochs", "3", "--no-flip", "--crop-area", "0.5", "1"),
    )
    assert asked.values == {"data": "digits", "epochs": 3, "flip": False, "crop_area": (0.5, 1.0)}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["plain"], {"network": "plain"}),
        (["plain", "--input=3x8x8", "--batch=2"], {"network": "plain", "input": ("3x8x8",), "batch": 2}),
        (["--measure", "plain"], {"network": "plain", "measure": True}),
        (["--input", "3x8x8", "--", "plain"], {"network": "plain", "input": ("3x8x8",)}),
    ],
)
def test_words_in_any_order(words: list[str], values: dict[str, Any]) -> None:
    assert read(INSPECT, "inspect", words).values == values


@pytest.mark.parametrize("text", ["x", "1.5", "", "1e3", "99999999999999999999"])
def test_a_whole_number_is_one(text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read(TUNE, "tune", ["plain", "--batch", text])
    assert str(caught.value).startswith("--batch must be a whole number; got")
    assert "\n" not in str(caught.value)
