"""`striate stream`."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

from striate.cli.live_view import LiveView
from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json
from striate.errors import StriateError, printable
from striate.numbers import counted, percent
from striate.numbers import seconds as time_text

if TYPE_CHECKING:
    from striate.streaming import Moment


def show(moments: "Iterator[Moment]", asked: Asked, *, json: bool = False) -> None:
    """Answers as they come; Ctrl-C ends it, with a summary, as the last frame does.

    Args:
        json: print JSON, a line an answer, and nothing else on standard output.
    """
    told = _Told(several=len(asked.values["source"]) > 1, events=asked.values.get("events", False))
    view, gone = LiveView(), None
    with view.on_screen() if sys.stdout.isatty() and not json else nullcontext():
        try:
            for moment in moments:
                view.take(moment)
                if json:
                    print_json(moment.to_json(), indent=None)
                else:
                    told.moment(moment)
        except KeyboardInterrupt:
            pass
        except StriateError as problem:  # what was said before stays said
            gone = problem
    if not json and (told.frames or gone is None):
        print("\n".join(told.summary()))
    if gone is not None:
        raise gone


class _Told:
    """What has been said so far."""

    def __init__(self, several: bool, events: bool) -> None:
        self.several, self.events = several, events
        self.frames, self.work, self.lag, self.late = 0, 0.0, 0.0, False
        self.best: dict[str, str] = {}
        self.dropped: dict[str, int] = {}

    def moment(self, moment: "Moment") -> None:
        """A line where the best class changes, or of each event; and where something happened."""
        self.frames += 1
        self.work += moment.step_seconds
        self.late, self.lag = self.late or moment.lag is not None, max(self.lag, moment.lag or 0.0)
        self.dropped[moment.source] = moment.dropped
        where = f"{moment.source}  " if self.several else ""
        if moment.note:
            print(printable(f"{where}{moment.time:9.2f} s  {moment.note}"), flush=True)
        for event in moment.events:
            when = f"{event.start:9.2f} to {event.end:.2f} s"
            print(printable(f"{where}{when}  {event.label}  {percent(event.probability, 0)}"), flush=True)
        if not self.events and self.best.get(moment.source) != moment.best:
            self.best[moment.source] = moment.best
            share = percent(moment.probability, 0)
            print(printable(f"{where}{moment.time:9.2f} s  {moment.best}  {share}"), flush=True)

    def summary(self) -> Iterator[str]:
        """What it came to."""
        if not self.frames:
            yield "no answers"
            return
        yield f"{counted(self.frames, 'answer')}, {time_text(self.work / self.frames)} of work each"
        if self.late:
            dropped = counted(sum(self.dropped.values()), "frame")
            yield f"at most {time_text(self.lag)} behind, {dropped} dropped"


VERB = Verb(
    "stream",
    show,
    positional=("run", "source"),
    groups={
        "events made of answers": "events threshold threshold_off min_duration min_gap",
        "a network by its name": "weights classes offline",
    },
    metavars={"out": "FILE", "window": "N", "weights": "NAME|FILE", "classes": "FILE"},
    examples="""
striate stream runs/clips-resnet18-tsm video.mp4
striate stream runs/clips-resnet18-tsm camera --seconds 60
striate stream mobilenet_v2 camera
striate stream runs/clips-resnet18-tsm rtsp://camera/1 --out said.csv
striate stream runs/clips-resnet18-tsm long.mp4 --events --out shown.mp4""",
)
