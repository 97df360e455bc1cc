"""Whose turn it is: torch's hooks and modes hold for a whole process, so one thread computes at a time.

A training takes its turn for each step and lets questions in between two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from striate.errors import StriateError

WAITING = 64
"""Questions that may wait; more are refused."""


class BusyError(StriateError):
    """Too many questions wait."""


class Turns:
    """A lock that a long work hands over between two of its steps."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self.waiting = 0

    @contextmanager
    def question(self) -> Iterator[None]:
        """The block runs alone. Raises BusyError where too many wait already."""
        with self._changed:
            if self.waiting >= WAITING:
                raise BusyError("too many questions wait for an answer: ask again in a moment")
            self.waiting += 1
            try:
                self._take()
            finally:
                self.waiting -= 1
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def work(self) -> Iterator[None]:
        """The block runs alone but for what `between` lets in."""
        with self._changed:
            self._take()
        try:
            yield
        finally:
            self._give()

    def between(self) -> None:
        """Called by a work between two steps: whoever waits has a turn first."""
        self._give()
        with self._changed:
            self._changed.wait_for(lambda: not self.waiting)
            self._take()

    def aside(self) -> None:
        """Called by a work that pauses: gives its turn away, until `back`."""
        self._give()

    def back(self) -> None:
        """Takes a turn again."""
        with self._changed:
            self._take()

    def _take(self) -> None:
        self._changed.wait_for(lambda: not self._taken)
        self._taken = True

    def _give(self) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify_all()
