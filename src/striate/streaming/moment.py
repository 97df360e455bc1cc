"""What a run says after one frame."""

from dataclasses import dataclass
from typing import Any

from striate.evaluating.events import Event
from striate.pages import Shown


@dataclass(frozen=True)
class Moment(Shown):
    """What a run says after one frame."""

    in_json = """source seconds=time class=best probability classes=probabilities step_seconds
        lag_seconds=lag dropped note anew events"""

    source: str
    time: float
    """Seconds of the frame from the first one."""
    best: str
    """The most probable class."""
    probabilities: tuple[tuple[str, float], ...]
    """Of every class, in the run's order."""
    step_seconds: float
    """What the frame took to be worked on."""
    lag: float | None
    """Seconds from the frame's being there to its answer; None where frames wait to be asked for."""
    dropped: int
    """Frames left out so far, as newer ones had come."""
    note: str = ""
    """What happened before the frame: a clock that jumped, a source that broke off and came back."""
    anew: bool = False
    """Whether nothing is known of the frames before it, as the note says why."""
    events: tuple[Event, ...] = ()
    """Those that are over, where events were asked for; with the last moment, all that lasted until then."""

    @property
    def probability(self) -> float:
        """Of the most probable class."""
        return dict(self.probabilities)[self.best]

    def to_json(self) -> dict[str, Any]:
        """Plain values, one line of a stream's record."""
        return super().to_json() | {"seconds": round(self.time, 6), "classes": dict(self.probabilities)}
