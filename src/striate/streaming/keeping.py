"""Which frames are taken when more come than can be worked on."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from threading import Event

from striate.streaming.picture import Picture, Pictures

ROOM = 100
"""Frames that wait at most; then a source is read no further, and what pipes into us waits too."""


@dataclass(frozen=True, eq=False)
class Arrived:
    """A frame, when it was there to be had, and how many before it were dropped since the last."""

    picture: Picture
    at: float | None
    """By the monotonic clock; None where frames are made when they are asked for."""
    dropped: int = 0


def at_rate(pictures: Pictures, rate: float) -> Pictures:
    """So many frames a second; all of them where fewer come."""
    due = 0.0

    def takes(picture: Picture) -> bool:
        nonlocal due
        if picture.time + 1e-6 < due:
            return False
        due = max(due, picture.time - 1 / rate) + 1 / rate
        return True

    return _thinned(pictures, takes)


def every_so_many(pictures: Pictures, stride: int) -> Pictures:
    """One frame in so many."""
    numbers = count()
    return _thinned(pictures, lambda _: next(numbers) % stride == 0)


def _thinned(pictures: Pictures, takes: Callable[[Picture], bool]) -> Pictures:
    """Some frames; what happened before one that is left out is said of the next that is taken."""
    left_out: Picture | None = None
    for picture in pictures:
        picture = picture if left_out is None else after(left_out, picture)
        left_out = None if takes(picture) else picture
        if left_out is None:
            yield picture


def after(left_out: Picture, picture: Picture) -> Picture:
    """A frame, with what happened before the one that it takes the place of."""
    return replace(picture, note=picture.note or left_out.note, anew=picture.anew or left_out.anew)


class Frames(Iterator[Arrived]):
    """Frames to be had one after the other."""

    def __init__(
        self,
        arrived: Iterator[Arrived],
        ready: Callable[[], bool] = lambda: True,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Frames.

        Args:
            arrived: one after the other.
            ready: says whether the next, or the end, is there without a wait for it.
            close: lets go of the source.
        """
        self._arrived, self.ready, self.close = arrived, ready, close

    def __next__(self) -> Arrived:
        return next(self._arrived)


def every_frame(pictures: Pictures, live: bool, came: Event | None = None) -> Frames:
    """All, in order, however late.

    Args:
        pictures: of the source.
        live: whether they come when they come.
        came: is set whenever one has come, or the end.
    """
    if not live:
        return Frames(Arrived(picture, None) for picture in pictures)
    return _Reader(pictures, paced=False, room=ROOM, drops=False, came=came).frames()


def newest_frame(pictures: Pictures, live: bool, came: Event | None = None) -> Frames:
    """The newest whenever one is asked for, so that nothing falls behind; files play at their own speed.

    Args:
        pictures: as for `every_frame`.
        live: as for `every_frame`.
        came: as for `every_frame`.
    """
    return _Reader(pictures, paced=not live, room=1, drops=True, came=came).frames()


class _Reader:
    """Reads in a thread of its own, up to `room` frames ahead; then drops the oldest, or waits."""

    def __init__(
        self, pictures: Pictures, *, paced: bool, room: int, drops: bool, came: Event | None
    ) -> None:
        self._pictures, self._paced, self._room, self._drops = pictures, paced, room, drops
        self._came = came or Event()
        self._waiting: deque[Arrived] = deque()
        self._changed = threading.Condition()
        self._ended, self._stop = False, False
        self._problem: BaseException | None = None
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def frames(self) -> Frames:
        """What it reads, from the first time that somebody asks for it."""
        return Frames(self._arrived(), self._ready, self._close)

    def _ready(self) -> bool:
        self._begin()
        with self._changed:
            return bool(self._waiting) or self._ended

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def _arrived(self) -> Iterator[Arrived]:
        self._begin()
        try:
            while True:
                with self._changed:
                    while not self._waiting and not self._ended:
                        self._changed.wait()
                    if not self._waiting:
                        break
                    arrived = self._waiting.popleft()
                    dropped, self._dropped = self._dropped, 0
                    self._changed.notify()
                yield Arrived(arrived.picture, arrived.at, dropped)
            if self._problem is not None:
                raise self._problem
        finally:
            self._close()

    def _close(self) -> None:
        with self._changed:
            self._stop = True
            self._changed.notify()

    def _read(self) -> None:
        started = time.monotonic()
        try:
            for picture in self._pictures:
                if self._paced:
                    time.sleep(max(0.0, started + picture.time - time.monotonic()))
                at = started + picture.time if self._paced else time.monotonic()
                with self._changed:
                    while len(self._waiting) >= self._room and not self._drops and not self._stop:
                        self._changed.wait()
                    if self._stop:
                        return
                    self._put(picture, at)
                    self._changed.notify()
                self._came.set()
        except BaseException as problem:
            self._problem = problem
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
            self._came.set()

    def _put(self, picture: Picture, at: float) -> None:
        if len(self._waiting) >= self._room:
            self._dropped += 1
            picture = after(self._waiting.popleft().picture, picture)
        self._waiting.append(Arrived(picture, at))
