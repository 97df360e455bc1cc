"""Several sources side by side: each has its turn when it has something to say."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Event

from striate.errors import DataError
from striate.streaming.keeping import Frames
from striate.streaming.moment import Moment


@dataclass(frozen=True, eq=False)
class Turn:
    """A source, and what is said of it."""

    frames: Frames
    moments: Iterator[Moment | None]
    """None where a frame has come that nothing can be said after yet."""


def in_turn(turns: list[Turn], came: Event) -> Iterator[Moment]:
    """One moment of each source after the other.

    A source that has nothing yet does not hold up the others. One that has ended is left out; so is one that
    is gone, which the next moment of another says, and which is raised when the others have ended too.

    Args:
        turns: of the sources.
        came: is set whenever a frame of one has come, or its end.
    """
    lasting, gone, said = list(turns), None, ""
    try:
        while lasting:
            came.clear()
            ready = [turn for turn in lasting if len(lasting) == 1 or turn.frames.ready()]
            if not ready:
                came.wait()
            for turn in ready:
                try:
                    moment = next(turn.moments)
                except StopIteration:
                    lasting.remove(turn)
                except DataError as problem:
                    lasting.remove(turn)
                    gone, said = problem, str(problem)
                else:
                    if moment is not None:
                        yield replace(moment, note="; ".join(filter(None, (said, moment.note))))
                        said = ""
        if gone is not None:
            raise gone
    finally:
        for turn in turns:
            turn.frames.close()
