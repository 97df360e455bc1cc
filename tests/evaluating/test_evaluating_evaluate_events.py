"""Events through the verbs: predicted with their picture, scored against a list of segments, refused."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from small_clips import clip_run, pictures, write_video, write_videos
from striate import evaluate, predict
from striate.data.segment import Segment
from striate.data.video import clip_reading
from striate.data.video.clip_reading import seconds_of_segments
from striate.errors import ArgumentError
from striate.evaluating.event_scores import TrueEvent, score_events
from striate.evaluating.events import EventRules, find_events, timeline_of
from striate.training.train import Run


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose clips are 0.8 s long: four frames, five a second."""
    folder = tmp_path_factory.mktemp("moving")
    return clip_run(folder / "run", data=write_videos(folder / "moves"), size=12, rate=5.0)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds: thirty frames, to the right and to the left in turn."""
    frames = [
        np.kron(one, np.ones((2, 2), np.uint8)) for turn in range(5) for one in pictures(turn % 2 == 0, 3)
    ]
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", frames)


@pytest.fixture(scope="module")
def segments(long: Path) -> Path:
    """What happens in it, as a list."""
    rows = [f"long.mp4,{start},{start + 1.2:.1f},{'right' if turn % 2 == 0 else 'left'}"
            for turn, start in enumerate((0.0, 1.2, 2.4, 3.6, 4.8))]  # fmt: skip
    table = long.parent / "segments.csv"
    table.write_text("\n".join(["path,start,end,label", *rows]) + "\n")
    return table


def test_events_are_the_smoothed_windows_above_the_thresholds(moving: Run, long: Path) -> None:
    found = predict(moving.path, [long], hop=0.2, events=True, threshold=0.5, threshold_off=0.5)
    [video] = found.videos or ()
    starts = np.array([span.start for span in video.spans])
    assert starts.tolist() == pytest.approx([0.2 * k for k in range(27)])
    rows = [[one.to_json()["classes"][name] for name in ("left", "right")] for one in video.windows]
    line = timeline_of(starts, starts + 0.8, np.array(rows))
    expected = find_events(line, ["left", "right"], EventRules(0.5, 0.5))
    assert video.events is not None
    assert [event.label for event in video.events] == [event.label for event in expected]
    assert sum(event.end - event.start for event in video.events) == pytest.approx(6.0, abs=1e-3)
    by_default = predict(moving.path, [long], events=True).videos or ()
    assert [span.start for span in by_default[0].spans] == pytest.approx(starts)  # a quarter of a window


def test_events_as_json_table_and_picture(moving: Run, long: Path, tmp_path: Path) -> None:
    found = predict(moving.path, [long], events=True, threshold=0.5, min_duration=0.1)
    [video] = found.videos or ()
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["event_rules"] == {
        "threshold_on": 0.5, "threshold_off": 0.3, "min_duration": 0.1, "min_gap": 0.0
    }  # fmt: skip
    assert content["videos"][0]["events"] == [event.to_json() for event in video.events or ()]
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    told = [(row["class"], float(row["start_seconds"])) for row in rows if row["part"] == "event"]
    assert told == [(event.label, pytest.approx(event.start, abs=1e-3)) for event in video.events or ()]
    paths = found.save(tmp_path)
    assert [path.name for path in paths] == ["predictions.json", "predictions.csv", "timeline-1.png"]
    with Image.open(paths[-1]) as picture:
        assert picture.width == 1680
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 50


def test_predictions_and_scores_in_a_notebook(moving: Run, long: Path, segments: Path) -> None:
    shown = predict(moving.path, [long], events=True)._repr_html_()
    assert shown.count("<img") == 1  # the time line
    assert f"What {moving.path} says" in shown
    assert str(long) in shown
    plain = predict(moving.path, [long])._repr_html_()
    assert ("<img" in plain, "0.00–6.00 s" in plain) == (False, True)
    scored = evaluate(moving.path, segments, split="all", events=True)._repr_html_()
    assert "most often taken for" in scored
    assert "AP at 0.5" in scored


def test_without_being_asked_for_there_are_none(moving: Run, long: Path) -> None:
    found = predict(moving.path, [long])
    assert "events" not in found.to_json()["videos"][0]
    assert "event_rules" not in found.to_json()


def test_evaluate_scores_them_beside_the_segments(moving: Run, long: Path, segments: Path) -> None:
    found = evaluate(moving.path, segments, split="all", events=True, threshold=0.5)
    assert found.scores.images == 5
    [video] = predict(moving.path, [long], events=True, threshold=0.5).videos or ()
    truth = [
        TrueEvent(str(long), 1.2 * turn, 1.2 * turn + 1.2, "right" if turn % 2 == 0 else "left")
        for turn in range(5)
    ]
    expected = score_events(truth, {str(long): video.events or ()})
    assert found.events == expected
    assert found.to_json()["events"]["events"] == 5
    assert "events" not in evaluate(moving.path, segments, split="all").to_json()


def test_what_has_no_events_is_refused(moving: Run, long: Path, segments: Path, tmp_path: Path) -> None:
    def sentence(*words: object, **named: object) -> str:
        with pytest.raises(ArgumentError) as refused:
            evaluate(*words, **named)  # type: ignore[arg-type]
        return str(refused.value)

    assert sentence(moving.path, events=True) == (
        "events are scored against segments of longer files, and none of these clips is one: give a list "
        "with the columns path, start, end, label"
    )
    assert sentence(moving.path, segments, split="all", hop=0.2) == (
        "--window and --hop are of events, which were not asked for; add --events"
    )
    assert sentence(moving.path, segments, split="all", threshold_off=0.9) == (
        "--threshold-off: events were not asked for; add --events"
    )


def test_hundreds_of_segments_open_their_file_once(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    whole = clip_reading.opened
    monkeypatch.setattr(clip_reading, "opened", lambda path: opened.append(str(path)) or whole(path))
    asked = [Segment(k / 100, k / 100 + 1) for k in range(300)]
    assert seconds_of_segments(str(long), asked) == [segment[:2] for segment in asked]
    assert opened == []
    asked += [Segment(5, None), Segment(None, 2), Segment(10, 20, "frames")]
    assert seconds_of_segments(str(long), asked)[300:] == [(5, 6), (0, 2), (2, 4)]
    assert opened == [str(long)]


def test_a_damaged_frame_is_told(moving: Run, tmp_path: Path) -> None:
    noise = list(np.random.default_rng(0).integers(0, 256, (12, 24, 24), np.uint8))
    path = write_video(tmp_path / "a.mp4", noise)
    assert predict(moving.path, [path]).notes == ()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    path.write_bytes(content)
    found = predict(moving.path, [path])
    assert found.notes == (f"{path} holds 1 damaged frame: what is seen there may be wrong",)
    plain = found.to_json()
    assert (plain["notes"], plain["videos"][0]["damaged_frames"]) == ([*found.notes], 1)
