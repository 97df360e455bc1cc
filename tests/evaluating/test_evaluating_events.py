"""Windows → time line → events: by hand, and against a witness that asks every moment."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError
from striate.evaluating.events import (
    Event,
    EventRules,
    Timeline,
    event_rules,
    find_events,
    is_background,
    timeline_of,
)

Spans = list[tuple[float, float]]


def line(*scores: float) -> Timeline:
    """One class, a second a piece."""
    return Timeline(np.arange(len(scores) + 1.0), np.array(scores)[:, None])


def spans(scores: list[float], **rules: float) -> Spans:
    found = find_events(line(*scores), ["wave"], EventRules(**rules))
    return [(event.start, event.end) for event in found]


@pytest.mark.parametrize(
    ("name", "background"),
    [
        ("background", True),
        ("None", True),
        ("_", True),
        ("BACKGROUND", True),
        ("backhand", False),
        ("", False),
    ],
)
def test_names_of_background(name: str, background: bool) -> None:
    assert is_background(name) is background


def test_a_window_tells_most_in_its_middle() -> None:
    """Windows of 4 s every 1 s: at 2.5 s the weights are 1 − |2 · 2.5 − (2k + 4)| / 4 for k = 0, 1, 2."""
    starts = np.arange(4.0)
    rows = np.array([[1.0], [0.0], [0.0], [0.0]])
    found = timeline_of(starts, starts + 4, rows)
    assert found.cuts.tolist() == list(range(8))
    weights = [0.75, 0.75, 0.25]
    assert found.probabilities[2, 0] == pytest.approx(weights[0] / sum(weights))
    assert found.probabilities[:, 0].tolist() == pytest.approx([1, 0.75, 0.75 / 1.75, 0.125, 0, 0, 0])


def test_windows_that_do_not_overlap_stay_as_they_are() -> None:
    found = timeline_of(np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([[0.2, 0.8], [0.9, 0.1]]))
    assert found.probabilities.tolist() == [[0.2, 0.8], [0.9, 0.1]]


def test_an_event_reaches_one_threshold_and_lasts_above_the_other() -> None:
    assert spans([0.1, 0.3, 0.5, 0.3, 0.29]) == [(1, 4)]
    assert spans([0.4, 0.49, 0.1, 0.5]) == [(3, 4)]
    assert spans([0.4, 0.6, 0.35, 0.7], threshold_off=0.4) == [(0, 2), (3, 4)]
    assert spans([0.1, 0.2]) == []
    assert spans([0.9, 0.9]) == [(0, 2)]


def test_its_probability_is_the_mean_over_its_time() -> None:
    uneven = Timeline(np.array([0.0, 1.0, 4.0]), np.array([[0.8], [0.4]]))
    (event,) = find_events(uneven, ["wave"], EventRules())
    assert event == Event("wave", 0.0, 4.0, pytest.approx((0.8 + 3 * 0.4) / 4))
    assert event.to_json() == {
        "class": "wave", "start_seconds": 0.0, "end_seconds": 4.0, "probability": pytest.approx(0.5)
    }  # fmt: skip


def test_near_ones_are_joined_before_short_ones_are_left_out() -> None:
    scores = [0.9, 0.1, 0.9, 0.1, 0.1, 0.9]
    assert spans(scores) == [(0, 1), (2, 3), (5, 6)]
    assert spans(scores, min_gap=1.5) == [(0, 3), (5, 6)]
    assert spans(scores, min_gap=1.0) == [(0, 1), (2, 3), (5, 6)]  # less than a gap, not as much
    assert spans(scores, min_gap=1.5, min_duration=2.0) == [(0, 3)]
    assert spans(scores, min_duration=2.0) == []


def test_classes_go_by_themselves_and_background_is_none_of_them() -> None:
    rows = np.array([[0.5, 0.1, 0.4], [0.1, 0.1, 0.8], [0.1, 0.6, 0.3]])
    found = find_events(Timeline(np.arange(4.0), rows), ["a", "None", "b"], EventRules())
    assert [(event.label, event.start, event.end) for event in found] == [("a", 0, 1), ("b", 0, 3)]


HUNDREDTHS = st.integers(1, 300).map(lambda number: number / 100)
SCORES = st.lists(st.sampled_from([0.1, 0.3, 0.4, 0.5, 0.9]), min_size=1, max_size=12)


@given(scores=SCORES, on=st.sampled_from([0.4, 0.5, 0.9]), off=st.sampled_from([0.2, 0.3, 0.4]))
def test_every_second_is_in_an_event_if_and_only_if_a_path_above_leads_to_the_threshold(
    scores: list[float], on: float, off: float
) -> None:
    """A witness that walks from each second to both sides."""

    def reached(second: int) -> bool:
        seen, todo = set(), [second]
        while todo:
            at = todo.pop()
            if at not in seen and 0 <= at < len(scores) and scores[at] >= off:
                seen.add(at)
                todo += [at - 1, at + 1]
        return any(scores[at] >= on for at in seen)

    found = spans(scores, threshold_on=on, threshold_off=off)
    inside = [any(start <= second < end for start, end in found) for second in range(len(scores))]
    assert inside == [reached(second) for second in range(len(scores))]
    assert all(one[1] < other[0] for one, other in pairwise(found))


@given(hop=HUNDREDTHS, count=st.integers(1, 12), more=st.just(0.0) | HUNDREDTHS)
def test_smoothing_is_a_weighted_mean_at_every_moment(hop: float, count: int, more: float) -> None:
    starts = np.arange(count) * hop
    ends = starts + hop + more
    rows = np.random.default_rng(count).dirichlet(np.ones(3), count)
    cuts, scores = timeline_of(starts, ends, rows)
    assert (cuts[0], cuts[-1]) == (starts[0], ends[-1])
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    for begin, end, row in zip(cuts[:-1], cuts[1:], scores, strict=True):
        middle = (begin + end) / 2
        over = [k for k in range(count) if starts[k] < middle < ends[k]]
        weights = [1 - abs(middle - (starts[k] + ends[k]) / 2) / ((ends[k] - starts[k]) / 2) for k in over]
        np.testing.assert_allclose(row, np.average(rows[over], axis=0, weights=weights), atol=1e-9)


REFUSED = [
    (
        {"threshold_on": 0.2},
        "an event begins at a probability up to 1 and ends at one that is not above it; got threshold 0.2 "
        "and threshold_off 0.3: try 0.5 and 0.3",
    ),
    (
        {"threshold_off": 0.0},
        "an event begins at a probability up to 1 and ends at one that is not above it; got threshold 0.5 "
        "and threshold_off 0: try 0.5 and 0.3",
    ),
    (
        {"threshold_on": 1.5},
        "an event begins at a probability up to 1 and ends at one that is not above it; got threshold 1.5 "
        "and threshold_off 0.3: try 0.5 and 0.3",
    ),
    ({"min_duration": -1.0}, "min_duration is in seconds, 0 or more; got -1"),
    ({"min_gap": float("inf")}, "min_gap must be a finite number; got inf"),
]


@pytest.mark.parametrize(("rules", "sentence"), REFUSED)
def test_rules_that_make_no_sense(rules: dict[str, float], sentence: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        EventRules(**rules)
    assert str(refused.value) == sentence


def test_rules_are_asked_for_with_events() -> None:
    assert event_rules(False) is None
    assert event_rules(True) == EventRules(0.5, 0.3, 0.0, 0.0)
    assert event_rules(True, threshold=0.7, min_gap=2.0) == EventRules(0.7, 0.3, 0.0, 2.0)
    with pytest.raises(ArgumentError) as refused:
        event_rules(False, threshold=0.7, min_gap=2.0)
    assert str(refused.value) == "--threshold and --min-gap: events were not asked for; add --events"


def test_a_low_threshold_ends_events_too() -> None:
    assert event_rules(True, 0.2) == EventRules(0.2, 0.2)
    assert event_rules(True, 0.9) == EventRules(0.9, 0.3)
    assert event_rules(True, 0.9, 0.8) == EventRules(0.9, 0.8)
