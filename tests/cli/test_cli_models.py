"""`striate models`, and networks by their names on the command line."""

import json
from pathlib import Path

import pytest
from PIL import Image

from striate.cli import main
from weight_server import NETWORK, out_of_reach


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return out_of_reach(tmp_path, monkeypatch)


def test_the_list(weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from striate.models import CATALOGUE

    names = ["plain", NETWORK]
    monkeypatch.setattr("striate.inspecting.list_models.CATALOGUE", {name: CATALOGUE[name] for name in names})
    monkeypatch.setenv("COLUMNS", "90")
    assert main(["models"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "network        takes   parameters  products  weights      trained on   accuracy  here",
        "plain          images  25,710,922   300.3 M",
        "squeezenet1_1  images   1,235,496   349.2 M  imagenet-v1  ImageNet-1K    58.2 %  no",
        "weights: BSD-3-Clause, their training data have terms of their own; accuracy is that published",
    ]
    assert main(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["networks"]
    assert [one["network"] for one in found] == names
    assert found[1]["weights"] == [
        {
            "name": "imagenet-v1",
            "top1": 0.58178,
            "data": "ImageNet-1K",
            "classes": 1000,
            "size": 224,
            "licence": "BSD-3-Clause",
            "address": f"http://127.0.0.1:9/{weights.name}",
            "here": False,
        }
    ]


def test_a_network_by_its_name(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (300, 260), "red").save(tmp_path / "a.png")
    assert main(["predict", NETWORK, str(tmp_path / "a.png"), "--offline"]) == 2
    kept = tmp_path / "cache" / "striate" / "weights"
    assert capsys.readouterr().err == (
        f"striate: {weights.name} is not here, and nothing is fetched offline: put it into {kept} by hand "
        f"(http://127.0.0.1:9/{weights.name}), or name a file with --weights\n"
    )
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"thing {number}" for number in range(1000)))
    words = ["predict", NETWORK, str(tmp_path / "a.png"), "--weights", str(weights), "--classes", str(names)]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"][0]["class"].startswith("thing ")
    assert found["notes"] == [f"weights {weights}"]
