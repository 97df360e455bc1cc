"""`striate stream`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json
from striate.errors import printable
from striate.numbers import counted, percent
from striate.numbers import seconds as time_text

if TYPE_CHECKING:
    from striate.streaming import Moment


def show(moments: "Iterator[Moment]", asked: Asked, *, json: bool = False) -> None:
    """Answers as they come; Ctrl-C ends it, with a summary, as the last frame does.

    Args:
        json: print JSON, a line an answer, and nothing else on standard output.
    """
    told = _Told(several=len(asked.values["source"]) > 1)
    try:
        for moment in moments:
            if json:
                print_json(moment.to_json(), indent=None)
            else:
                told.moment(moment)
    except KeyboardInterrupt:
        pass
    if not json:
        print("\n".join(told.summary()))


class _Told:
    """What has been said so far."""

    def __init__(self, several: bool) -> None:
        self.several = several
        self.frames, self.work, self.lag, self.late = 0, 0.0, 0.0, False
        self.best: dict[str, str] = {}
        self.dropped: dict[str, int] = {}

    def moment(self, moment: "Moment") -> None:
        """A line where the best class changes, or something happened."""
        self.frames += 1
        self.work += moment.step_seconds
        self.late, self.lag = self.late or moment.lag is not None, max(self.lag, moment.lag or 0.0)
        self.dropped[moment.source] = moment.dropped
        where = f"{moment.source}  " if self.several else ""
        if moment.note:
            print(printable(f"{where}{moment.time:9.2f} s  {moment.note}"), flush=True)
        if self.best.get(moment.source) != moment.best:
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
    metavars={"out": "FILE", "window": "N"},
    examples="""
striate stream runs/clips-resnet18-tsm video.mp4
striate stream runs/clips-resnet18-tsm camera --seconds 60
striate stream runs/clips-resnet18-tsm rtsp://camera/1 --out said.csv""",
)
