"""Training on clips: what is recorded, what is said, what is refused, and that it goes on as it began."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from small_clips import CLIP_STEPS, SHIFTING, SIDE, clip_run, write_frame_folders, write_video, write_videos
from small_runs import EVERYTHING_RANDOM, At, Told, assert_equal, go_on, small_recipe, small_run, state_of
from striate import evaluate, inspect, load, runs
from striate.data import check_data, open_data
from striate.errors import ArgumentError, DataError, MissingExtraError, NetworkError
from striate.models import build
from striate.training.presets import Facts
from striate.training.recipe import Recipe
from striate.training.train import Run, train

quick = pytest.mark.usefixtures("quick")
LEARNING = small_recipe(epochs=16, batch_size=8, learning_rate=0.01, label_smoothing=0.0, ema=0.9)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Run:
    """A network that has learnt which way the square goes."""
    return clip_run(tmp_path_factory.mktemp("moving") / "run", LEARNING, data=small_clips)


def test_the_record_of_a_training_on_clips(moving: Run, small_clips: Path) -> None:
    record = json.loads((moving.path / "run.json").read_text())
    assert {name: record["network"][name] for name in ("time", "frames", "causal")} == {
        "time": "tsm",
        "frames": 4,
        "causal": False,
    }
    assert record["data"]["options"] == {"channels": None, "size": None, "frames": 4, "span": "whole"}
    assert (record["data"]["frames"], record["data"]["stride"], record["data"]["flow"]) == (4, None, None)
    assert record["results"]["test"]["clips"] == 14
    assert record["results"]["test"]["top1"] == 1.0
    summary = record["summary"]
    assert summary["clips_per_second"] == moving.per_second > 0
    assert "images_per_second" not in summary
    assert summary["step_bytes"] == moving.step_bytes
    assert moving.to_json()["clips_per_second"] == moving.per_second
    rows = runs.read_history(moving.path)
    assert all(row["clips_per_second"] > 0 and "images_per_second" not in row for row in rows)
    clips = torch.zeros(2, 1, 4, SIDE, SIDE)
    assert load(moving.path)(clips).shape == (2, 2)


def test_blind_to_order_it_cannot_be_learnt(tmp_path: Path, small_clips: Path, moving: Run) -> None:
    blind = clip_run(tmp_path / "run", LEARNING, data=small_clips, time="2d")
    assert blind.test is not None
    assert moving.test is not None
    assert blind.test.top1 < 0.8 < moving.test.top1


@quick
@pytest.mark.parametrize("time", ["2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru", "two-stream"])
def test_every_way_trains_and_comes_back(tmp_path: Path, small_clips: Path, time: str) -> None:
    run = clip_run(tmp_path / "run", data=small_clips, time=time, options=SHIFTING)
    assert run.test is not None
    again = evaluate(run.path)
    assert again.scores.top1 == run.test.top1
    assert again.scores.loss == pytest.approx(run.test.loss)
    record = runs.read_record(run.path)
    assert record["data"]["flow"] == ("dis" if time == "two-stream" else None)
    planes = 3 if time == "two-stream" else 1
    normalisation = record["data"]["normalisation"]
    assert len(normalisation["mean"]) == len(normalisation["std"]) == planes
    assert normalisation["mean"][1:] == [128.0] * (planes - 1)


@quick
@pytest.mark.parametrize("causal", [False, True])
def test_causal_is_built_and_recorded(tmp_path: Path, small_clips: Path, causal: bool) -> None:
    run = clip_run(tmp_path / "run", small_recipe(epochs=1, batch_size=8), data=small_clips, causal=causal)
    assert runs.read_record(run.path)["network"]["causal"] is causal


@quick
def test_the_default_way_is_said_aloud(tmp_path: Path, small_clips: Path) -> None:
    told = Told()
    run = clip_run(tmp_path / "run", data=small_clips, time=None, reporter=told)
    assert "way through time: tsm, as --time names none" in told.lines
    assert runs.read_record(run.path)["network"]["time"] == "tsm"


@quick
def test_the_frames_that_were_taken_are_kept_for_those_who_come_back(
    tmp_path: Path, small_clips: Path
) -> None:
    run = clip_run(tmp_path / "run", data=small_clips, frames=None, stride=1)
    options = runs.read_record(run.path)["data"]["options"]
    assert options == {"channels": None, "size": None, "frames": 8, "stride": 1}


@quick
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stride": 1},
        {"time": "gru"},
        {"time": "two-stream"},
        {"reversed": {"left": "right"}, "frame_rate": 5.0, "rate": 2.5},
        {"mirrored": {"left": "right"}},
    ],
)
def test_stopped_it_goes_on_to_the_same_numbers(
    tmp_path: Path, small_clips: Path, changes: dict[str, Any]
) -> None:
    recipe = small_recipe(epochs=3, batch_size=8, augmentation=EVERYTHING_RANDOM, ema=0.9)
    whole = clip_run(tmp_path / "whole", recipe, data=small_clips, **changes)
    clip_run(tmp_path / "run", recipe, data=small_clips, reporter=At(CLIP_STEPS + 2), **changes)
    go_on(tmp_path / "run")
    assert_equal(state_of(tmp_path / "run"), state_of(whole.path))


@quick
def test_frames_are_drawn_anew_in_each_epoch(
    tmp_path: Path, small_clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from striate.data.packed.packed_clips import PackedClips

    asked = []
    real = PackedClips.batches

    def watched(self: PackedClips, batches: Any, draws: Any = None) -> Any:
        asked.append(draws)
        return real(self, batches, draws)

    monkeypatch.setattr(PackedClips, "batches", watched)
    clip_run(tmp_path / "run", small_recipe(batch_size=8, seed=3), data=small_clips)
    assert [draws for draws in asked if draws] == [(3, 0), (3, 1)]
    assert None in asked  # validation and test look at fixed places


@quick
def test_weights_of_a_network_of_images(tmp_path: Path, small_clips: Path) -> None:
    """Published weights: ImageNet's normalisation for the picture, the flow as it is here."""
    network = build("plain", classes=5, channels=1, size=SIDE, **SHIFTING)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    told = Told()
    run = clip_run(
        tmp_path / "run", data=small_clips, time="3d", weights=tmp_path / "weights.pth", reporter=told
    )
    assert "dropout 0.5: pretrained weights on few clips" in told.lines
    record = runs.read_record(run.path)
    assert record["network"]["options"]["dropout"] == 0.5
    assert record["data"]["normalisation"]["mean"] == [pytest.approx(114.495)]


def test_a_preset_knows_of_clips(tmp_path: Path, small_clips: Path) -> None:
    asked: list[Facts] = []

    def preset(facts: Facts) -> Recipe:
        asked.append(facts)
        return small_recipe(epochs=1, batch_size=8)

    train(small_clips, recipe=preset, frames=4, options=SHIFTING, out=tmp_path / "run", reporter=Told())
    assert asked == [Facts(images=41, channels=1, size=SIDE, mirror_safe=False, clips=True, backbone="plain")]


@quick
def test_a_published_clip_network_trains_as_it_is(tmp_path: Path, small_clips: Path) -> None:
    run = clip_run(
        tmp_path / "run", small_recipe(epochs=1), data=small_clips, backbone="x3d_xs", time=None, options={}
    )
    record = json.loads((run.path / "run.json").read_text())
    kept = ("backbone", "time", "frames", "causal")
    assert [record["network"][name] for name in kept] == ["x3d_xs", None, 4, False]
    assert evaluate(run.path).split == "test"
    assert inspect(run.path).input_shape == (1, 1, 4, SIDE, SIDE)


# What is refused.


def refused(kind: type[Exception], tmp_path: Path, data: Any, **words: Any) -> str:
    with pytest.raises(kind) as caught:
        small_run(tmp_path / "run", **{"data": data, "options": {}, **words})
    assert not (tmp_path / "run").exists()
    return str(caught.value)


def test_time_for_images(tmp_path: Path, small_set: Path) -> None:
    assert refused(DataError, tmp_path, small_set, time="tsm") == (
        f"{small_set} holds images, which have no time for --time tsm: leave it out, or give clips (a folder "
        "with one folder of videos per class, a list file, motion-digits)"
    )
    assert "--time gru and --causal: leave them out" in refused(
        DataError, tmp_path, small_set, time="gru", causal=True
    )
    assert "no time for --causal: leave it out" in refused(DataError, tmp_path, small_set, causal=True)
    assert "holds images, which have no frames" in refused(DataError, tmp_path, small_set, frames=8)


def test_clip_networks_and_what_they_do_not_take(tmp_path: Path, small_set: Path, small_clips: Path) -> None:
    assert refused(DataError, tmp_path, small_set, backbone="x3d_xs") == (
        f"{small_set} holds images, and x3d_xs takes clips: give clips (a folder with one folder of videos "
        "per class, a list file, motion-digits), or a backbone for images such as resnet18"
    )
    assert "x3d_xs takes clips by itself: leave --time tsm out" in refused(
        NetworkError, tmp_path, small_clips, backbone="x3d_xs", time="tsm"
    )


@pytest.mark.parametrize("time", ["tsm", "3d", "2plus1d", "rnn", "lstm", "gru", "two-stream"])
def test_one_frame_for_a_temporal_way(tmp_path: Path, small_clips: Path, time: str) -> None:
    sentence = refused(NetworkError, tmp_path, small_clips, time=time, frames=1)
    assert sentence.startswith(f"{time} compares frames")
    assert "\n" not in sentence


def test_one_frame_and_no_way_named(tmp_path: Path, small_clips: Path) -> None:
    assert refused(NetworkError, tmp_path, small_clips, frames=1).startswith("tsm compares frames")


def test_an_unknown_way(tmp_path: Path) -> None:
    """Seen before the data are looked at."""
    sentence = refused(NetworkError, tmp_path, tmp_path / "nothing", time="tms")
    assert "'tms': did you mean 'tsm'?" in sentence


def test_flow_for_another_way(tmp_path: Path, small_clips: Path) -> None:
    assert refused(ArgumentError, tmp_path, small_clips, flow="dis") == (
        "optical flow is for --time two-stream; got --time tsm, which sees the picture only: leave --flow out"
    )


def test_flow_without_the_extra(tmp_path: Path, small_clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingExtraError("flow", "optical flow")

    monkeypatch.setattr("striate.training.request.require_flow", missing)
    assert refused(MissingExtraError, tmp_path, small_clips, time="two-stream") == (
        "optical flow needs the extra 'flow': pip install 'striate[flow]'"
    )


@quick
def test_a_resumed_training_takes_no_other_way(tmp_path: Path, small_clips: Path) -> None:
    run = clip_run(tmp_path / "run", data=small_clips)
    with pytest.raises(ArgumentError, match="--resume takes no time or frames"):
        train(resume=run.path, time="gru", frames=3)


@quick
def test_clips_that_have_changed(tmp_path: Path) -> None:
    folder = write_frame_folders(tmp_path / "clips", train=4, test=1)
    recipe = small_recipe(batch_size=2, epochs=2)
    clip_run(tmp_path / "run", recipe, data=folder, reporter=At(2))
    (folder / "train" / "left" / "0").rename(folder / "train" / "right" / "new")
    with pytest.raises(DataError, match="other clips of each class"):
        go_on(tmp_path / "run")


@pytest.fixture(scope="module")
def damaged_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip to train, and one to test, in which a frame is damaged."""
    root = write_videos(tmp_path_factory.mktemp("damaged") / "moves", train=12, test=11)
    noise = list(np.random.default_rng(0).integers(0, 256, (6, 24, 24), np.uint8))
    for path in (root / "train/left/3.mp4", root / "test/right/5.mp4"):
        content = bytearray(write_video(path, noise).read_bytes())
        late = len(content) * 4 // 5
        content[late : late + 8] = bytes(8)
        path.write_bytes(content)
    return root


def test_clips_of_damaged_frames_are_left_out_and_named(damaged_clips: Path, tmp_path: Path) -> None:
    whole = clip_run(tmp_path / "run", small_recipe(epochs=1, batch_size=8), data=damaged_clips, size=12)
    left, right = damaged_clips / "train/left/3.mp4", damaged_clips / "test/right/5.mp4"
    why = "1 of the frames that it is decoded from is damaged"
    assert whole.notes[-1] == (
        "files that could not be read, replaced by others of their class: 2, as "
        f"{left} ({why}), {right} ({why})"
    )
    assert whole.test is not None
    assert whole.test.images == 21
    found = evaluate(whole.path)
    assert found.notes[-1] == f"1 unreadable file skipped: {right} ({why})"
    assert found.scores == replace(whole.test, unit="videos")
    assert {one.path for one in check_data(damaged_clips, workers=0).broken} == {str(left), str(right)}


def test_a_stand_in_depends_on_nothing_that_was_read_before(damaged_clips: Path) -> None:
    def epochs(first: int) -> list[torch.Tensor]:
        clips = open_data(damaged_clips, frames=2, size=12, span="whole", workers=0).splits["train"]
        indices = [range(start, start + 4) for start in range(0, len(clips) - 3, 4)]
        return [
            torch.cat([pixels for pixels, _, _ in clips.batches(indices, (0, epoch))])
            for epoch in range(first, 3)
        ]

    each = epochs(0)  # in some of which the damaged frame is not taken
    assert all(map(torch.equal, epochs(1), each[1:]))
    assert torch.equal(epochs(2)[0], each[2])
