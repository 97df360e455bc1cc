"""Which frames are taken: what waits, what is dropped, what is read no further."""

import threading
import time
from collections.abc import Iterator

import numpy as np

from striate.streaming import keeping
from striate.streaming.keeping import every_frame, newest_frame
from striate.streaming.picture import Picture


def endless(read: list[int]) -> Iterator[Picture]:
    """Frames as fast as they are asked for; what was read is noted."""
    for number in range(1_000_000):
        read.append(number)
        yield Picture(number / 25, np.zeros((1, 1, 1), np.uint8))


def settled(read: list[int]) -> int:
    """How many were read when no more are."""
    before = -1
    while before != len(read):
        before = len(read)
        time.sleep(0.05)
    return before


def test_of_every_frame_so_many_wait_and_the_source_waits_too() -> None:
    read: list[int] = []
    arrived = every_frame(endless(read), live=True)
    taken = [next(arrived) for _ in range(5)]
    assert settled(read) <= keeping.ROOM + 5 + 1
    taken += [next(arrived) for _ in range(2 * keeping.ROOM)]
    assert [round(one.picture.time * 25) for one in taken] == list(range(len(taken)))
    assert all(one.dropped == 0 and one.at is not None for one in taken)
    arrived.close()  # type: ignore[attr-defined]
    settled(read)
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(_read)")]


def test_of_the_newest_one_waits_and_the_others_are_counted() -> None:
    shown = (Picture(number / 25, np.zeros((1, 1, 1), np.uint8)) for number in range(100))
    arrived = list(newest_frame(shown, live=True))
    assert sum(one.dropped for one in arrived) + len(arrived) == 100
    assert round(arrived[-1].picture.time * 25) == 99
