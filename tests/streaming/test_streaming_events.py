"""Events as they end, against those of the whole time line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.evaluating.events import Event, EventRules, Timeline, find_events
from striate.streaming.events import EventFinder

CLASSES = ("wave", "background", "clap")
SHARES = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9])
ROWS = st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=1, max_size=25)
TIMES = st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=25, max_size=25)
SECONDS = st.sampled_from([0.0, 0.25, 0.75, 1.0, 2.0])


def placed(event: Event) -> tuple[float, float, str]:
    """When, and of which class."""
    return event.start, event.end, event.label


@given(ROWS, TIMES, SECONDS, SECONDS)
def test_they_are_the_events_of_the_whole(
    rows: list[tuple[float, ...]], lengths: list[float], min_duration: float, min_gap: float
) -> None:
    rules = EventRules(0.5, 0.3, min_duration, min_gap)
    cuts = np.concatenate([[0.0], np.cumsum(lengths[: len(rows)])])
    finder = EventFinder(CLASSES, rules)
    pieces = zip(cuts.tolist(), cuts[1:].tolist(), rows, strict=False)
    found = [event for start, end, row in pieces for event in finder.piece(start, end, np.array(row))]
    found = sorted([*found, *finder.rest()], key=placed)
    wanted = find_events(Timeline(cuts, np.array(rows)), CLASSES, rules)
    assert [placed(one) for one in found] == [placed(one) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one.probability == pytest.approx(other.probability)


def test_an_event_is_told_with_the_piece_after_it() -> None:
    finder = EventFinder(("wave",), EventRules())
    rows = [0.2, 0.4, 0.8, 0.1, 0.1]
    told = [finder.piece(float(t), t + 1.0, np.array([p])) for t, p in enumerate(rows)]
    assert [[(one.start, one.end, round(one.probability, 6)) for one in now] for now in told] == [
        [], [], [], [(1.0, 3.0, 0.6)], [],
    ]  # fmt: skip
    assert finder.rest() == ()


def test_the_end_ends_what_lasts_and_memory_stays() -> None:
    finder = EventFinder(CLASSES, EventRules())
    for t in range(1000):
        assert finder.piece(float(t), t + 1.0, np.array([0.6, 0.6, 0.1])) == ()
    assert len(finder._lasting) == 1
    (event,) = finder.rest()
    assert (event.label, event.start, event.end) == ("wave", 0.0, 1000.0)
    assert event.probability == pytest.approx(0.6)
    assert finder.rest() == ()
