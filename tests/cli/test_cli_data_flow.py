"""`striate data flow`: the picture, what is said of it, and one sentence where there is none."""

import sys
from pathlib import Path

import numpy as np
import pytest
from commands import Command
from PIL import Image

CLIP = ("data", "flow", "motion-digits-easy/test/0", "--size", "32", "--frames", "3")


def test_flow_is_drawn(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "a" / "flow.png"
    done = run(*CLIP, "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{out}: full colour is ")
    assert np.asarray(Image.open(out)).shape == (2 * 32 + 4, 4 * 36 - 4, 3)


def test_flow_in_json(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "flow.jpg"
    told = run(*CLIP, "--out", out, "--method", "farneback", "--json").json
    assert told == {"path": str(out), "method": "farneback", "frames": 3, "longest": told["longest"]}
    assert told["longest"] > 1


def test_no_flow_without_the_extra(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    done = run(*CLIP)
    sentence = "striate: optical flow needs the extra 'flow': pip install 'striate[flow]'\n"
    assert done == (2, "", sentence)


def test_no_such_clip(run: Command, away: Path) -> None:
    done = run("data", "flow", "nothing.mp4")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("striate: cannot read the video nothing.mp4: ")
    assert done.err.count("\n") == 1
    assert not list(away.iterdir())
