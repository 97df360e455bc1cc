"""Moments → events, as they end: the same that `find_events` makes of a whole time line, without keeping it.

A moment lasts until the next one, so what it ends is known when the next has come. Of each class only the
sum of its probability over time is kept, and where its events began: memory stays flat, however long a
stream is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from striate.errors import StriateError
from striate.evaluating.events import Event, EventRules, is_background
from striate.streaming.moment import Moment
from striate.streaming.picture import FOLDER_RATE


def with_events(moments: Iterator[Moment | None], finder: "EventFinder") -> Iterator[Moment | None]:
    """The same moments of one source, each with the events that it ends, as soon as the next has come.

    Whatever ends the stream, Ctrl-C too, the last moment still comes, with all events that lasted.

    Args:
        moments: one after the other.
        finder: of their classes.
    """
    held, lasts = None, 1 / FOLDER_RATE
    try:
        for moment in moments:
            if moment is None or held is None:
                held = moment or held
                yield None
                continue
            lasts = moment.time - held.time
            yield _ended(held, lasts, finder, last=moment.anew)
            held = moment
    except (KeyboardInterrupt, StriateError):
        if held is not None:
            yield _ended(held, lasts, finder, last=True)
        raise
    if held is not None:
        yield _ended(held, lasts, finder, last=True)


def _ended(moment: Moment, lasts: float, finder: "EventFinder", last: bool) -> Moment:
    row = np.array([share for _, share in moment.probabilities])
    events = finder.piece(moment.time, moment.time + lasts, row)
    return replace(moment, events=events + (finder.rest() if last else ()))


@dataclass
class _Span:
    """A time in which a class is probable enough; sums are of its probability since the beginning."""

    start: float
    sum_before: float
    peak: float = 0.0
    end: float = 0.0
    sum_after: float = 0.0


class EventFinder:
    """Pieces of time in, one behind the other; events out as soon as nothing that comes can change them."""

    def __init__(self, classes: Sequence[str], rules: EventRules) -> None:
        self.classes, self.rules = classes, rules
        self._now = 0.0
        self._happens = np.array([not is_background(name) for name in classes])
        self._sums = np.zeros(len(classes))
        self._lasting: dict[int, _Span] = {}
        self._ended: dict[int, _Span] = {}  # what follows may still be joined to it

    def piece(self, start: float, end: float, row: np.ndarray) -> tuple[Event, ...]:
        """The events that have ended.

        Args:
            start: seconds.
            end: seconds.
            row: (K,) probabilities in between.
        """
        self._now = start
        lasts = (row >= self.rules.threshold_off) & self._happens
        for number in [one for one in self._lasting if not lasts[one]]:
            self._close(number)
        for number in np.flatnonzero(lasts).tolist():
            span = self._lasting.setdefault(number, _Span(start, float(self._sums[number])))
            span.peak = max(span.peak, float(row[number]))
        self._sums += (end - start) * row
        self._now = end
        return self._told([one for one in self._ended if not self._may_be_joined(one)])

    def rest(self) -> tuple[Event, ...]:
        """Those that the end of the stream ends; what comes is a stream of its own."""
        for number in list(self._lasting):
            self._close(number)
        return self._told(list(self._ended))

    def _close(self, number: int) -> None:
        """What lasted until now: an event, a further part of one, or nothing, as it never was probable."""
        span = self._lasting.pop(number)
        if span.peak < self.rules.threshold_on:
            return
        before = self._ended.get(number)
        if before is None or span.start - before.end >= self.rules.min_gap:
            before = self._ended[number] = span
        before.end, before.sum_after = self._now, float(self._sums[number])

    def _may_be_joined(self, number: int) -> bool:
        following = self._lasting.get(number)
        begins = self._now if following is None else following.start
        return begins - self._ended[number].end < self.rules.min_gap

    def _told(self, numbers: Sequence[int]) -> tuple[Event, ...]:
        spans = [(self.classes[number], self._ended.pop(number)) for number in numbers]
        found = [
            Event(label, one.start, one.end, (one.sum_after - one.sum_before) / (one.end - one.start))
            for label, one in spans
            if one.end - one.start >= self.rules.min_duration
        ]
        return tuple(sorted(found, key=lambda event: (event.start, event.end, event.label)))
