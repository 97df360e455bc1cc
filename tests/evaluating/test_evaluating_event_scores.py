"""Average precision of events: worked out by hand, and against a witness that follows the definition."""

import csv
import io
import json
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from small_clips import clip_run, pictures, write_video, write_videos
from striate import evaluate, predict
from striate.data.segment import Segment
from striate.data.video import clip_reading
from striate.data.video.clip_reading import seconds_of_segments
from striate.errors import ArgumentError
from striate.evaluating.event_scores import OVERLAPS, TrueEvent, average_precision, overlap_of, score_events
from striate.evaluating.events import Event, EventRules, find_events, timeline_of
from striate.training.train import Run

WAVE = [TrueEvent("a.mp4", 0.0, 10.0, "wave"), TrueEvent("a.mp4", 20.0, 30.0, "wave")]


def scored(truth: list[TrueEvent], *events: tuple[str, Event]) -> tuple[float, ...]:
    files = {file: [event for its, event in events if its == file] for file in ("a.mp4", "b.mp4")}
    scores = score_events(truth, files)
    assert scores is not None
    return scores.mean_average_precision


def wave(start: float, end: float, probability: float, file: str = "a.mp4") -> tuple[str, Event]:
    return file, Event("wave", start, end, probability)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap_of(Event("a", 0, 10, 1), Event("a", 5, 15, 1)) == pytest.approx(5 / 15)
    assert overlap_of(Event("a", 0, 10, 1), Event("a", 2, 4, 1)) == pytest.approx(0.2)
    assert overlap_of(Event("a", 0, 1, 1), Event("a", 1, 2, 1)) == 0
    assert overlap_of(Event("a", 1, 1, 1), Event("a", 1, 1, 1)) == 0


def test_all_found_all_missed() -> None:
    assert scored(WAVE, wave(0, 10, 0.9), wave(20, 30, 0.4)) == (1, 1, 1, 1, 1)
    assert scored(WAVE) == (0, 0, 0, 0, 0)
    assert scored(WAVE, wave(0, 10, 0.9, "b.mp4")) == (0, 0, 0, 0, 0)  # in another video
    assert scored(WAVE, ("a.mp4", Event("clap", 0, 10, 0.9))) == (0, 0, 0, 0, 0)


def test_the_overlap_decides() -> None:
    """6 of 10 seconds: an overlap of 0.6, which is enough up to 0.6."""
    assert scored(WAVE[:1], wave(0, 6, 0.9)) == (1, 1, 1, 1, 0)


def test_a_true_event_is_found_once_by_the_most_probable() -> None:
    """Right at 0.9, again at 0.8 (wrong: it is found), right at 0.7: precisions 1, 1/2, 2/3.

    Recall ½ at precision 1, then 1 at 2/3: ½ · 1 + ½ · 2/3.
    """
    expected = pytest.approx([0.5 + 0.5 * 2 / 3] * 5)
    assert scored(WAVE, wave(0, 10, 0.9), wave(0, 9, 0.8), wave(20, 30, 0.7)) == expected
    # less probable and better does not help: the first at 0.5 overlap is enough up to there
    assert scored(WAVE[:1], wave(0, 5, 0.9), wave(0, 10, 0.8)) == (1, 1, 1, 0.5, 0.5)


def test_of_two_it_takes_the_one_that_it_overlaps_most_and_then_the_other() -> None:
    near = [TrueEvent("a.mp4", 0.0, 10.0, "wave"), TrueEvent("a.mp4", 5.0, 15.0, "wave")]
    assert scored(near, wave(3, 13, 0.9), wave(3, 13, 0.8))[:2] == (1, 1)  # 7/13 and 8/12 of both
    assert scored(near, wave(5, 15, 0.9), wave(0, 10, 0.8)) == (1, 1, 1, 1, 1)


def test_the_mean_is_over_classes_that_happen() -> None:
    truth = [*WAVE, TrueEvent("b.mp4", 0.0, 1.0, "clap"), TrueEvent("b.mp4", 2.0, 9.0, "None")]
    found = {"a.mp4": [wave(0, 10, 0.9)[1], Event("jump", 0, 1, 1.0)], "b.mp4": [Event("clap", 0, 1, 0.6)]}
    scores = score_events(truth, found)
    assert scores is not None
    assert [(one.name, one.events, one.predicted) for one in scores.classes] == [
        ("clap", 1, 1),
        ("wave", 2, 1),
    ]
    assert scores.mean_average_precision == (0.75,) * 5
    assert (scores.files, scores.events, scores.predicted, scores.average) == (2, 3, 3, 0.75)
    by_overlap = dict.fromkeys(("0.3", "0.4", "0.5", "0.6", "0.7"), 0.75)
    assert scores.to_json() == {
        "files": 2,
        "events": 3,
        "predicted": 3,
        "mean_average_precision": by_overlap,
        "mean_over_overlaps": 0.75,
        "classes": [
            {
                "name": "clap",
                "events": 1,
                "predicted": 1,
                "average_precision": dict.fromkeys(by_overlap, 1.0),
            },
            {
                "name": "wave",
                "events": 2,
                "predicted": 1,
                "average_precision": dict.fromkeys(by_overlap, 0.5),
            },
        ],
    }


def test_where_nothing_happens_there_is_nothing_to_score() -> None:
    assert score_events([TrueEvent("a.mp4", 0.0, 1.0, "background")], {"a.mp4": []}) is None


def by_definition(truth: list[TrueEvent], told: list[tuple[str, Event]], overlap: float) -> float:
    """The area below the interpolated curve of precision over recall, by the definition, slowly."""
    told = sorted(told, key=lambda pair: pair[1].probability, reverse=True)
    taken: list[TrueEvent] = []
    points = []
    for count, (file, event) in enumerate(told, 1):
        for one in sorted(truth, key=lambda one: -overlap_of(event, one)):
            if (
                one.file == file
                and overlap_of(event, one) >= overlap
                and not any(one is got for got in taken)
            ):
                taken.append(one)
                break
        points.append((len(taken) / len(truth), len(taken) / count))
    area, before = 0.0, 0.0
    for recall, _ in groupby(sorted({recall for recall, _ in points})):
        area += (recall - before) * max(precision for other, precision in points if other >= recall)
        before = recall
    return area


MOMENTS = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
FILES = st.sampled_from(["a.mp4", "b.mp4"])


@given(
    truth=st.lists(st.tuples(FILES, MOMENTS), min_size=1, max_size=8),
    told=st.lists(st.tuples(FILES, MOMENTS, st.integers(1, 1000)), max_size=12, unique_by=lambda one: one[2]),
)
def test_against_the_definition(
    truth: list[tuple[str, tuple[int, int]]], told: list[tuple[str, tuple[int, int], int]]
) -> None:
    events = [TrueEvent(file, *map(float, moments), "wave") for file, moments in truth]
    pairs = [wave(*map(float, moments), probability / 1000, file) for file, moments, probability in told]
    expected = [by_definition(events, pairs, overlap) for overlap in OVERLAPS]
    assert scored(events, *pairs) == pytest.approx(expected)


@given(hits=st.lists(st.booleans(), max_size=10), missed=st.integers(0, 5))
def test_the_average_precision_is_a_share_and_grows_with_what_is_found(hits: list[bool], missed: int) -> None:
    events = max(1, sum(hits) + missed)
    value = average_precision(hits, events)
    assert 0 <= value <= sum(hits) / events
    assert average_precision([True, *hits], events + 1) >= value


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
