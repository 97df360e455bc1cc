"""The verb on tiny trainings: members, resumption, budgets, and what is refused before any training."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_clips import SHIFTING, write_video, write_videos
from small_runs import At, Told, small_recipe, state_of
from striate.comparing import Comparison, compare
from striate.errors import ArgumentError, DataError, RunError, WeightsError
from striate.runs import read_record
from striate.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("quick")

ROW = {
    "time": str,
    "backbone": str,
    "label": str,
    "causal": bool,
    "frames": int,
    "options": dict,
    "runs": list,
    "top1": dict,
    "in_pairs": type(None),
    "right_pair": type(None),
    "parameters": int,
    "macs": int,
    "macs_per_frame": int,
    "step_bytes": int,
    "samples_per_second": float,
    "epochs": float,
    "seconds": float,
    "inference_ms": float,
    "inference_ms_per_frame": float,
    "streams": bool,
    "flow_ms": type(None),
    "on_front": bool,
}


def small(data: Path, out: Path, times: Any = ("2d", "tsm"), **changes: Any) -> Comparison:
    chosen: dict[str, Any] = {
        "seeds": 1,
        "recipe": small_recipe(batch_size=8),
        "options": SHIFTING,
        "frames": 4,
        "num_threads": 1,
        "reporter": Told(),
        **changes,
    }
    return compare(data, times, out=out, **chosen)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Comparison:
    """A comparison that nobody interrupted."""
    return small(small_clips, tmp_path_factory.mktemp("whole") / "ways", seeds=2)


def test_members_and_files(whole: Comparison) -> None:
    assert whole.out is not None
    assert sorted(path.name for path in whole.out.iterdir()) == [
        "comparison.html",
        "comparison.json",
        "pareto.png",
        "plain-2d-seed0",
        "plain-2d-seed1",
        "plain-tsm-seed0",
        "plain-tsm-seed1",
        "plan.json",
    ]
    assert [row.time for row in whole.rows] == ["2d", "tsm"]
    for row in whole.rows:
        records = [read_record(run) for run in row.runs]
        assert [record["seed"] for record in records] == [0, 1]
        assert row.top1.values == tuple(record["results"]["test"]["top1"] for record in records)
        assert row.parameters == records[0]["summary"]["parameters"]
    assert whole.rows[0].macs == whole.rows[1].macs == 4 * (8 * 9 * 144 + 64 * 9 * 36 + 72 * 2)


def test_the_shape_of_the_json(whole: Comparison) -> None:
    assert whole.out is not None
    content = json.loads((whole.out / "comparison.json").read_text())
    assert content == json.loads(json.dumps(whole.to_json()))
    assert set(content) == {
        *(
            "status",
            "data",
            "split",
            "samples",
            "of_images",
            "match",
            "rows",
            "out",
            "files",
            "machine",
            "notes",
        )
    }
    for row in content["rows"]:
        assert {name: type(value) for name, value in row.items()} == ROW
        assert set(row["top1"]) == {"mean", "std", "values"}
        assert 0 <= row["top1"]["mean"] <= 1


def test_asked_again_nothing_is_trained(whole: Comparison, small_clips: Path) -> None:
    assert whole.out is not None
    before = {path: path.stat().st_mtime_ns for path in whole.out.glob("plain-*/*")}
    told = Told()
    again = small(small_clips, whole.out, seeds=2, offline=True, reporter=told)
    assert {path: path.stat().st_mtime_ns for path in whole.out.glob("plain-*/*")} == before
    assert told.lines[:5] == [
        "backbone plain: the usual one for clips (--backbone names another)",
        *(
            f"[{number} of 4] plain, {time}, seed {seed}: finished already"
            for number, (time, seed) in enumerate((("2d", 0), ("tsm", 0), ("2d", 1), ("tsm", 1)), start=1)
        ),
    ]
    assert [row.top1 for row in again.rows] == [row.top1 for row in whole.rows]


def test_interrupted_and_gone_on_with(whole: Comparison, small_clips: Path, tmp_path: Path) -> None:
    """Stopped in the second member: the first is kept, the second goes on, and all is as if uninterrupted."""
    out = tmp_path / "ways"
    first = small(small_clips, out, ("2d",))
    assert first.rows[0].label == "2d"
    stopped = small(small_clips, out, reporter=At(3))
    assert (stopped.status, stopped.rows, stopped.files) == ("stopped", (), ())
    assert read_record(out / "plain-tsm-seed0")["status"] == "stopped"
    told = Told()
    done = small(small_clips, out, reporter=told)
    assert "[2 of 2] plain, tsm, seed 0: going on" in told.lines
    assert whole.out is not None
    assert state_of(out / "plain-tsm-seed0")["kept"] == state_of(whole.out / "plain-tsm-seed0")["kept"]
    assert done.rows[1].top1.values == whole.rows[1].top1.values[:1]


def test_another_question_does_not_fit_the_folder(whole: Comparison, small_clips: Path) -> None:
    assert whole.out is not None
    with pytest.raises(RunError) as problem:
        small(small_clips, whole.out, recipe=small_recipe(batch_size=4), minutes_each=1.0)
    assert str(problem.value) == (
        f"{whole.out} holds a comparison with another minutes_each and recipe: give the same to go on with "
        "it, or choose another --out"
    )


def test_the_same_time_as_the_reference(small_clips: Path, tmp_path: Path) -> None:
    small(small_clips, tmp_path / "ways", match="time")
    first, second = (read_record(tmp_path / "ways" / f"plain-{time}-seed0") for time in ("2d", "tsm"))
    assert first["recipe"]["minutes"] is None
    assert second["recipe"]["minutes"] == first["summary"]["total_seconds"] / 60


def test_the_same_parameters(small_clips: Path, tmp_path: Path) -> None:
    wide = {"widths": (24, 32), "hidden": ()}
    found = small(
        small_clips,
        tmp_path / "ways",
        ("2d", "3d"),
        match="params",
        options=wide,
        recipe=small_recipe(epochs=1),
    )
    reference, other = found.rows
    assert abs(other.parameters - reference.parameters) < 0.05 * reference.parameters
    assert other.options["widths"] != [24, 32]
    assert found.match == "params"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"backbone": ()}, "compare which networks? name a backbone, or several"),
        ({"backbone": ["plain", "plain"]}, "each backbone once, please; got plain plain: --seeds trains it"),
        (
            {"backbone": ["auto", "plain"]},
            "backbone auto may be one of the others: compare it alone, or name the network",
        ),
        ({"times": ("2d", "tms")}, "unknown way through time 'tms': did you mean 'tsm'?"),
        ({"times": ("2d", "2d")}, "each way once, please; got 2d 2d: --seeds trains it again"),
        ({"seeds": 0}, "seeds is how often each is trained, at least once; got 0"),
        ({"minutes_each": 0.0}, "minutes_each must be above 0; got 0"),
        (
            {"match": "flops"},
            "match must be 'params', 'macs', 'time' or None; got 'flops': for example match='macs'",
        ),
        (
            {"match": "time", "minutes_each": 1.0},
            "--minutes-each gives every training its minutes, and --match time those that the first one "
            "took: give one of them",
        ),
        (
            {"minutes_each": 1.0, "recipe": None, "epochs": 3},
            "--minutes-each and --epochs both say how long each training is: give one of them",
        ),
        *(
            (
                {"match": match, "times": ("tsm",)},
                f"--match {match} makes several networks cost alike, and one is trained: name more with "
                "--time or --backbone, or leave --match out",
            )
            for match in ("params", "macs", "time")
        ),
        (
            {"times": ("2d", "tsm"), "flow": "dis"},
            "optical flow is for --time two-stream; got --time 2d, which sees the picture only: leave --flow "
            "out",
        ),
        (
            {"recipe": Recipe(minutes=3)},
            "minutes of a whole comparison cannot be planned: say --minutes-each, for one training",
        ),
        (
            {"times": ("tsm", "two-stream"), "causal": True},
            "two-stream cannot be causal, as flow points from a frame to the next one: leave it or "
            "--causal out",
        ),
    ],
)
def test_refused_before_anything_is_read(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(sentence)):
        small(tmp_path / "nowhere", tmp_path / "ways", **{"times": ("2d", "tsm"), **changes})
    assert not (tmp_path / "ways").exists()


def test_nothing_to_compare() -> None:
    with pytest.raises(ArgumentError, match="compare what\\? give data to train on, or --runs with finished"):
        compare()


def test_flow_is_for_the_one_way_that_takes_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):  # not of the flow
        small(tmp_path / "nowhere", tmp_path / "ways", times=("2d", "two-stream"), flow="dis")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"time": ["tsm"]}, "--time: leave it"),
        ({"seeds": 2, "minutes_each": 3.0}, "--seeds and --minutes-each: leave them"),
        ({"backbone": "fast", "match": "macs"}, "--backbone and --match: leave them"),
        ({"label_smoothing": 0.1, "weights": "x.pth"}, "--weights and --label-smoothing: leave them"),
        ({"size": 8}, "--size: leave it"),
    ],
)
def test_finished_runs_are_not_trained(asked: dict[str, Any], named: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        compare(runs=["runs/none"], **asked)
    said = f"finished runs alone are compared as they are, without {named} out, or give data to train on"
    assert str(caught.value) == said


def test_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ArgumentError, match="compare trains one network after another in one process"):
        compare("motion-digits")


def test_images_have_no_time(tmp_path: Path, small_set: Path) -> None:
    for match in (None, "params"):
        with pytest.raises(DataError) as caught:
            small(small_set, tmp_path / str(match), frames=None, match=match)
        assert str(caught.value) == (
            f"{small_set} holds images, which have no time for --time 2d: leave it out, or give clips (a "
            "folder with one folder of videos per class, a list file, motion-digits)"
        )


def test_networks_on_images(tmp_path: Path, small_set: Path) -> None:
    chosen: dict[str, Any] = {"seeds": 1, "size": 12, "recipe": small_recipe(epochs=1), "num_threads": 1}
    told = Told()
    out = tmp_path / "both"
    found = compare(small_set, backbone=["plain", "fast"], out=out, reporter=told, **chosen)
    assert [row.label for row in found.rows] == ["plain", "fast"]
    assert [(row.time, row.frames) for row in found.rows] == [(None, None)] * 2
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["fast-seed0", "plain-seed0"]
    assert told.lines[0] == "[1 of 2] plain, seed 0"
    again = compare(small_set, backbone=["plain", "fast"], out=out, reporter=told, **chosen)
    assert [row.top1 for row in again.rows] == [row.top1 for row in found.rows]
    assert compare(runs=[out / "plain-seed0", out / "fast-seed0"], reporter=told).title == found.title


def test_the_network_that_suits_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "colours.npz", images=pixels, labels=np.arange(24) % 2)
    told = Told()
    recipe = small_recipe(epochs=1, batch_size=8)
    found = compare("colours.npz", seeds=1, recipe=recipe, num_threads=1, reporter=told)
    assert [(row.label, row.options) for row in found.rows] == [("fast", {"widths": [32, 64, 128]})]
    assert told.lines[:2] == [
        "backbone fast of widths 32 64 128: colour pictures of less than 64 pixels "
        "(--backbone names another)",
        "[1 of 1] fast, seed 0",
    ]
    assert (tmp_path / "runs" / "colours.npz-fast-compared" / "fast-seed0").is_dir()


def test_several_backbones_have_no_options_in_common(small_set: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        compare(small_set, backbone=["plain", "fast"], options={"widths": (8, 8)}, reporter=Told())
    assert str(caught.value) == (
        "options and weights are of one backbone, and plain and fast are compared: leave them out, or train "
        "each with its own and compare the --runs"
    )


@pytest.mark.parametrize("match", [None, "macs"])
def test_data_that_cannot_be_opened_leaves_nothing_behind(away: Path, match: str | None) -> None:
    with pytest.raises(DataError, match=r"^no folder nowhere: "):
        compare("nowhere/", seeds=1, match=match, reporter=Told())
    assert list(away.iterdir()) == []


def test_what_was_there_before_an_error_stays(away: Path, small_clips: Path) -> None:
    out = away / "runs" / "ways"
    (away / "runs").mkdir()
    with pytest.raises(WeightsError):
        small(small_clips, out, weights=away / "none.pth")
    assert list(away.rglob("*")) == [away / "runs"]
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DataError):
        small(away / "nowhere", out)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]


def test_an_interrupted_comparison_keeps_its_plan(tmp_path: Path, small_clips: Path) -> None:
    def fail() -> None:
        raise DataError("the disk has gone")

    with pytest.raises(DataError, match="the disk has gone"):
        small(small_clips, tmp_path / "ways", reporter=At(2, fail))
    assert sorted(path.name for path in (tmp_path / "ways").iterdir()) == ["plain-2d-seed0", "plan.json"]


def test_pairs_that_somebody_knows_are_told_apart_in_real_data(tmp_path: Path) -> None:
    """Videos in a list, of two classes that are each other's played backwards and one that is none's."""
    root = write_videos(tmp_path / "moves", train=8, test=4)
    still = [np.full((24, 24), 200, np.uint8)] * 6
    for split, count in (("train", 8), ("test", 4)):
        for number in range(count):
            write_video(root / split / "still" / f"{number}.mp4", still)
    rows = [
        f"{path.relative_to(tmp_path)},{path.parent.name},{path.parent.parent.name}"
        for path in sorted(root.rglob("*.mp4"))
    ]
    (tmp_path / "clips.csv").write_text("\n".join(["path,label,split", *rows]) + "\n", encoding="utf-8")
    found = small(tmp_path / "clips.csv", tmp_path / "ways", ("2d",), reversed=["left=right"], size=12)
    (row,) = found.rows
    results = read_record(row.runs[0])["results"]["test"]
    (ll, lr, _), (rl, rr, _), _ = results["confusion"]
    both = ll + lr + rl + rr
    assert results["clips"] == 12
    assert row.right_pair is not None
    assert row.right_pair.mean == both / 8
    assert (row.in_pairs and row.in_pairs.mean) == (pytest.approx((ll + rr) / both) if both else None)
