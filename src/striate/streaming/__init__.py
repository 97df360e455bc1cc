"""Frames as they come → what a run says after each of them.

In: a run, and a file, folder, camera or address that gives frames. Out: a `Moment` a frame. The state between
frames is `stepping`'s; here is only where frames come from, which of them are taken, and when.
"""

from striate.streaming.moment import Moment
from striate.streaming.stream import stream

__all__ = ["Moment", "stream"]
