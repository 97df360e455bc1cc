"""Networks of one's own that take clips by themselves: `--time own`, through every verb that takes a run."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import torch

from small_clips import SIDE, clip_run, write_video
from small_runs import go_on, small_recipe
from striate import build, compare, evaluate, explain, export, inspect, load, predict
from striate.errors import NetworkError
from striate.runs import read_record
from striate.streaming import stream

FILE = """
    import torch
    from torch import nn

    class Clip(nn.Module):
        def __init__(self, classes, channels=3, width=4):
            super().__init__()
            self.first = nn.Conv3d(channels, width, 3, padding=1)
            self.second = nn.Conv3d(width, width, 3, stride=2, padding=1)
            self.fc = nn.Linear(width, classes)

        def forward(self, clips):
            return self.fc(self.second(self.first(clips).relu()).relu().mean((2, 3, 4)))

    def fixed():
        return Clip(5, 1)

    class Sixteen(Clip):
        def forward(self, clips):
            if clips.shape[2] != 16:
                raise ValueError("of 16 frames")
            return super().forward(clips)

    class FramesFirst(Clip):
        # Of clips (N, T, C, H, W), and says it of itself unless it is told not to.

        def __init__(self, classes, channels=3, order="NTCHW"):
            super().__init__(classes, channels)
            if order:
                self.clip_order = order

        def forward(self, clips):
            return super().forward(clips.transpose(1, 2))
"""
FIRST = '; it takes clips as (N, T, C, H, W): say so where it is made, with network.clip_order = "NTCHW"'
RECIPE = small_recipe(epochs=2, batch_size=8)


@pytest.fixture
def here(away: Path) -> Path:
    """A current folder with my.py in it."""
    (away / "my.py").write_text(dedent(FILE))
    return away


def test_it_is_built_and_counted_as_it_is(here: Path) -> None:
    network = build("my.py:Clip", classes=2, channels=1, size=8, time="own", frames=4, width=3)
    clips = torch.rand(2, 1, 4, 8, 8)
    assert network(clips).shape == (2, 2)
    assert torch.equal(network(clips), network.backbone(clips))  # type: ignore[operator]
    alone, named = inspect("my.py:Clip", (3, 8, 16, 16)), inspect("my.py:Clip", (3, 16, 16), time="own")
    assert [row.macs for row in named.layers[:-1]] == [row.macs for row in alone.layers[:-1]]
    assert [row.receptive_field for row in named.layers] == [row.receptive_field for row in alone.layers]


def test_it_is_trained_resumed_scored_explained_exported_and_compared(here: Path, small_clips: Path) -> None:
    options = {"data": small_clips, "backbone": "my.py:Clip", "time": "own", "options": {"width": 4}}
    stopped = clip_run(here / "stopped", RECIPE, on_epoch_end=lambda row: False, **options)
    assert stopped.status == "stopped"
    run = go_on(stopped.path)
    assert run.status == "finished"
    assert read_record(run.path)["network"]["time"] == "own"
    whole = clip_run(here / "whole", RECIPE, **options)
    clips = torch.rand(2, 1, 4, SIDE, SIDE)
    assert torch.equal(load(run.path)(clips), load(whole.path)(clips))
    assert run.test is not None
    assert evaluate(run.path).scores.top1 == run.test.top1
    layer = "backbone.second"
    found = explain(run.path, f"{small_clips}/test/0", layer=layer, weight=(1, 2, 0, 1, 1))
    assert "the updated kernel [1, 2]" in [check.what for check in found.checks()]
    video = write_video(here / "video.mp4", [np.full((24, 24), 20 * n, np.uint8) for n in range(8)])
    assert predict(run.path, [video]).videos[0].whole.best in read_record(run.path)["classes"]
    other = clip_run(here / "other", RECIPE, data=small_clips)
    assert {row.time for row in compare(runs=[run.path, other.path]).rows} == {"own", "tsm"}
    with pytest.raises(NetworkError) as refused:
        next(iter(stream(run.path, str(video))))
    assert str(refused.value) == (
        "backbone.first (Conv3d) sees later frames, so it cannot answer at once: give --lookahead for "
        "answers that come late, or train with --causal"
    )
    assert export(run.path, here / "clip.onnx").path.is_file()


def test_one_whose_frames_stand_first_is_given_them_so(here: Path, small_clips: Path) -> None:
    run = clip_run(
        here / "run", RECIPE, data=small_clips, backbone="my.py:FramesFirst", time="own", options={}
    )
    network, clips = load(run.path), torch.rand(2, 1, 4, SIDE, SIDE)
    turned = build("my.py:Clip", classes=2, channels=1, size=SIDE, time="own", frames=4)
    turned.load_state_dict(network.state_dict(), strict=True)
    ratio = network(clips) / turned.eval()(clips)  # the run's temperature
    torch.testing.assert_close(ratio, ratio[0, 0].expand_as(ratio))
    assert evaluate(run.path).scores.top1 == run.test.top1  # type: ignore[union-attr]


@pytest.mark.parametrize("channels", [1, 3])
def test_one_that_takes_frames_for_channels_is_told(here: Path, channels: int) -> None:
    """Three frames of three channels would pass unnoticed."""
    asked = {"classes": 2, "channels": channels, "size": 8, "time": "own", "frames": 3}
    with pytest.raises(NetworkError) as refused:
        build("my.py:FramesFirst", order="", **asked)  # type: ignore[arg-type]
    assert str(refused.value).endswith(FIRST)
    assert build("my.py:FramesFirst", **asked)(torch.rand(1, channels, 3, 8, 8)).shape == (1, 2)  # type: ignore[arg-type]
    assert build("my.py:Clip", **asked)(torch.rand(1, channels, 3, 8, 8)).shape == (1, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("backbone", "asked", "told"),
    [
        (
            "plain",
            {"time": "own"},
            "--time own is for a network of your own that takes clips by itself, as my.py:make; plain takes "
            "pictures: name a way through time, such as --time tsm",
        ),
        (
            "my.py:Clip",
            {"time": "own", "causal": True},
            "which frames a network with --time own sees is its own affair: leave --causal out",
        ),
        (
            "my.py:fixed",
            {"time": "own"},
            "my.py:fixed gives 1×5 for a clip of 1×1×8×8×8, where a score for each of 2 classes is needed, "
            "1×2: let it take their number, as in def fixed(classes)",
        ),
        (
            "my.py:Clip",
            {"time": None},
            "my.py:Clip fails on a picture of 1×1×8×8: IndexError: Dimension out of range (expected to be in "
            "range of [-4, 3], but got 4); it takes clips by itself: say so with --time own",
        ),
        (
            "my.py:Sixteen",
            {"time": "own", "frames": 4},
            "my.py:Sixteen fails on a clip of 1×1×4×8×8: ValueError: of 16 frames; it takes clips of 16 "
            "frames: give --frames 16",
        ),
        (
            "my.py:Sixteen",
            {"time": None},
            "my.py:Sixteen fails on a picture of 1×1×8×8: ValueError: of 16 frames; it takes clips by itself"
            ": say so with --time own",
        ),
        (
            "my.py:FramesFirst",
            {"time": "own", "frames": 4, "order": "TCHW"},
            "clip_order of FramesFirst must be 'NCTHW' or 'NTCHW'; got 'TCHW'",
        ),
        (
            "my.py:FramesFirst",
            {"time": "own", "frames": 3, "channels": 3, "order": ""},
            "my.py:FramesFirst takes frames for channels" + FIRST,
        ),
        (
            "my.py:FramesFirst",
            {"time": "own", "frames": 4, "order": ""},
            "my.py:FramesFirst fails on a clip of 1×1×4×8×8: RuntimeError: Given groups=1, weight of size "
            "[4, 1, 3, 3, 3], expected input[1, 4, 1, 8, 8] to have 1 channels, but got 4 channels instead"
            + FIRST,
        ),
    ],
)
def test_what_cannot_be_is_refused(here: Path, backbone: str, asked: dict[str, object], told: str) -> None:
    with pytest.raises(NetworkError) as refused:
        build(backbone, **{"classes": 2, "channels": 1, "size": 8, **asked})  # type: ignore[arg-type]
    assert str(refused.value) == told
