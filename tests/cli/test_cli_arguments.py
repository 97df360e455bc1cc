"""Values on the command line, as `--options` of a network and the options of every kind take them."""

from typing import Any

import pytest
from commands import Command

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
        (
            ["plain", "--unit", "-1,2", "--input", "-1x3"],
            {"network": "plain", "unit": "-1,2", "input": ("-1x3",)},
        ),
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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("inspect a b --", "inspect takes NETWORK; got 'b' besides: leave it out"),
        ("inspect plain --help=yes", "--help takes no value; got '--help=yes': leave =yes out"),
        ("inspect plain --json=", "--json takes no value; got '--json=': leave = out"),
        ("inspect plain --jsn", "inspect has no option --jsn: did you mean --json?"),
        ("inspect plain --cvs", "inspect has no option --cvs: did you mean --csv?"),
        ("train digits --verbose", "train has no option --verbose: `striate train --help` lists what it has"),
        (
            "inspect --model plain",
            "inspect has no option --model: NETWORK stands without one, as in `striate inspect plain`",
        ),
        (
            "evaluate --ckpt runs/a",
            "evaluate has no option --ckpt: RUN stands without one, as in `striate evaluate "
            "runs/digits-plain`",
        ),
        ("stream --ckpt runs/a b.mp4", "stream has no option --ckpt: did you mean --weights?"),
        ("completion", "completion needs SHELL: for example `striate completion bash`"),
        (
            "data pack",
            "data pack needs SOURCE and --out: for example `striate data pack clips/ --out packed/`",
        ),
        ("explain runs/a b.png --at", "--at needs a value: for example --at 4,4"),
        ("inspect plain --input", "--input needs a value: for example --input 3x224x224"),
        ("stream runs/a b.mp4 --out", "--out needs a value: for example --out FILE"),
        ("inspect plain --csv --json", "--csv and --json are two forms of one result: give one of them"),
        ("--hlep", "a verb comes first, its options behind it; got '--hlep': did you mean `striate --help`?"),
        (
            "--json train digits",
            "a verb comes first, its options behind it; got '--json': for example "
            "`striate train digits --json`",
        ),
    ],
)
def test_mistakes_in_one_sentence(run: Command, words: str, told: str) -> None:
    assert run(*words.split()) == (2, "", f"striate: {told}\n")
