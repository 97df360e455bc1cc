"""Average precision of events: worked out by hand, and against a witness that follows the definition."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.evaluating.event_scores import OVERLAPS, TrueEvent, average_precision, overlap_of, score_events
from striate.evaluating.events import Event

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
