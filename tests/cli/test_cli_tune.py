"""`striate tune`: a table, JSON, and one sentence where something does not fit."""

import json
from collections import OrderedDict
from pathlib import Path

import pytest
from torch import nn

from striate.cli import main


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


WORDS = ["tune", "plain", "--input", "1x8x8", "--batch", "2", "--number-format", "fp32"]


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WORDS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["layer", "weight", "input", "operation"]
    assert [line.split()[0] for line in lines if "×" in line] == ["conv1", "conv2"]
    assert lines[-1].startswith("all convolutions of a step in fp32: ")


def test_every_algorithm_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "--all"]) == 0
    text = capsys.readouterr().out
    assert text.count("→") == 5  # two operations of the first layer, three of the second
    assert "flipped kernel" in text


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in found["layers"]] == ["conv1", "conv2"]
    tried = found["layers"][1]["operations"]["output"]["tried"]
    assert tried[0]["algorithm"] == "plain"
    assert all(one["error"] < 1e-4 for one in tried)
    assert 0 < found["milliseconds"] <= found["milliseconds_plain"]


def short_clips() -> nn.Module:
    """Two frames under a kernel of three, which bf16 on CPUs gets wrong."""
    return nn.Sequential(OrderedDict(conv=nn.Conv3d(4, 8, 3, padding=1)))


def test_kernels_known_to_be_wrong_are_named_and_not_timed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    words = ["tune", "test_cli_tune:short_clips", "--input", "4x2x5x5", "--batch", "2"]
    assert main([*words, "--number-format", "bf16", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == (
        "wrong on this machine: the plain weight gradient of conv in bf16 is known to be wrong, "
        "and was not run"
    )
    assert "inf" not in " ".join(lines)
    assert main([*words, "--number-format", "bf16", "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    weight = found["layers"][0]["operations"]["weight gradient"]
    assert weight["algorithm"] != "plain"
    assert weight["tried"][0] == {
        "algorithm": "plain",
        "number_format": "bf16",
        "milliseconds": None,
        "error": None,
        "right": False,
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plain", "--batch", "0"], "a batch is one or more inputs; got 0"),
        (
            ["resnet18", "--input", "ab"],
            "an input is channels, frames if any, height and width, as in 3x224x224; got 'ab'",
        ),
    ],
)
def test_what_does_not_fit(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", *words]) == 2
    assert capsys.readouterr().err == f"striate: {says}\n"
