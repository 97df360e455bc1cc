"""The main job on photographs made on the spot: train on a folder, evaluate, predict."""

from pathlib import Path

import numpy as np
import pytest
from commands import Command
from PIL import Image

from small_photographs import COLOURS, photograph, write_photographs
from striate.runs import read_record


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photographs(tmp_path_factory.mktemp("photos") / "my photos", each=30)


@pytest.mark.usefixtures("quick")
def test_train_evaluate_predict(run: Command, tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "run"
    words = "--size 24 --epochs 12 --batch-size 16 --learning-rate 0.01 --num-threads 1 --number-format fp32"
    done = run("train", photos, *words.split(), "--out", out, "--options", "widths=8,16")
    assert done.code == 0
    broken = photos / "blue bar" / "001.jpg"
    assert "3 channels: every image is in colour" in done.err
    assert "resized to 24 × 24 pixels from" in done.err
    assert f"1 unreadable file skipped: {broken} (" in done.err
    assert "ignored, no images or in no class folder: 1 .txt" in done.err
    record = read_record(out)
    assert record["classes"] == sorted(COLOURS)
    assert record["results"]["test"]["top1"] > 0.9
    assert [one["path"] for one in record["data"]["skipped"]] == [str(broken)]

    again = run("evaluate", out, "--json").json
    assert {name: again[name] for name in record["results"]["test"]} == record["results"]["test"]
    others = write_photographs(tmp_path / "others", each=12, seed=9, broken=False)
    scores = run("evaluate", out, others, "--split", "all", "--json").json
    assert (scores["images"], scores["top1"] > 0.9) == (36, True)

    random = np.random.default_rng(77)
    files = []
    for number, kind in enumerate([*COLOURS] * 4):
        files.append(tmp_path / f"{number} {kind}.{'jpg' if number % 2 else 'png'}")
        photograph(kind, random).save(files[-1])
    photograph("blue bar", random).convert("L").save(tmp_path / "grey.png")
    Image.new("RGBA", (500, 20), (200, 40, 40, 128)).save(tmp_path / "flat.png")
    content = run("predict", out, *files, tmp_path / "grey.png", tmp_path / "flat.png", broken, "--json").json
    assert [Path(one["file"]).name for one in content["skipped"]] == ["001.jpg"]
    named = [image["class"] in Path(image["file"]).stem for image in content["images"][:12]]
    assert sum(named) >= 11
