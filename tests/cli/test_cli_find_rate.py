"""`striate find-rate`: a line to copy, JSON, a picture."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from striate.cli import main


def test_what_it_prints(small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["find-rate", str(small_set), *["--batch-size", "32", "--steps", "40", "--lowest", "1e-5"]]
    words += ["--number-format", "fp32", "--options", "widths=4,8", "hidden=16"]
    picture = tmp_path / "rates.png"
    assert main([*words, "--picture", str(picture)]) == 0
    text = capsys.readouterr().out
    rate = r"\d\.\de-\d\d"
    assert re.fullmatch(
        rf"--learning-rate {rate}  where the loss falls fastest\n"
        rf"lowest loss at {rate}; adamw, batches of 32\nwritten: {re.escape(str(picture))}\n",
        text,
    )
    with Image.open(picture) as drawn:
        assert drawn.size == (840, 480)
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"--learning-rate {found['suggested']:.1e} " in text
    assert found["points"][0]["rate"] == 1e-5
