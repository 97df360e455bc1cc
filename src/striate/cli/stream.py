"""`striate stream`."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import striate
from striate.cli.arguments import read
from striate.cli.options import File, Flag, Name, Positional
from striate.errors import ArgumentError, printable
from striate.numbers import counted, percent
from striate.numbers import seconds as time_text

if TYPE_CHECKING:
    from striate.streaming import Moment

TABLES = (".csv", ".jsonl")


@dataclass(frozen=True)
class Stream:
    """What a trained network says of frames as they come, one answer a frame.

    examples:
      striate stream runs/clips-resnet18-tsm video.mp4
      striate stream runs/clips-resnet18-tsm camera --seconds 60
      striate stream runs/clips-resnet18-tsm rtsp://camera/1 --out said.csv
    """

    run: Annotated[Path, Positional("RUN")]
    """The folder of a run, made by `striate train`, on clips with --causal or on images."""
    source: Annotated[tuple[str, ...], Positional("SOURCE")]
    """Where frames come from: a video file, a folder of frames, camera or camera:1, an address (rtsp://,
    http://), or - for video on standard input. Of several, frames are taken in turn."""
    rate: float | None = None
    """Frames a second to take. By default as far apart as those of the run's clips."""
    readout: Literal["window", "frame", "since-start", "exponential"] | None = None
    """How single frames become one answer: the mean of the last ones (window, the default), the last alone,
    the mean of all since the start, or a mean that forgets."""
    window: int | None = None
    """Frames of the readout. By default as many as a clip of the run has."""
    keep: Literal["auto", "newest", "all"] = "auto"
    """newest leaves out frames that newer ones have overtaken, all takes every frame however late. By default
    newest for cameras and addresses, all for files."""
    lookahead: Flag = False
    """Take a run whose frames see later ones: its answers come late."""
    seconds: float | None = None
    """Stop after so many seconds of frames."""
    out: File | None = None
    """Write every answer into this file, .csv or .jsonl."""
    device: Name = "auto"
    """auto, cpu, cuda or cuda:1."""
    json: Flag = False
    """Print JSON, a line an answer, and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Prints answers as they come; Ctrl-C ends it, with a summary, as the last frame does."""
    command = read(Stream, "stream", words)
    if command.out is not None and command.out.suffix not in TABLES:
        raise ArgumentError(f"--out writes .csv or .jsonl; got {command.out.name}: try --out said.csv")
    moments = striate.stream(
        command.run,
        list(command.source),
        rate=command.rate,
        readout=command.readout,
        window=command.window,
        keep=command.keep,
        lookahead=command.lookahead,
        seconds=command.seconds,
        device=command.device,
    )
    told = _Told(command)
    with ExitStack() as stack:
        if command.out is not None:
            told.file = stack.enter_context(command.out.open("w", encoding="utf-8", newline=""))
        try:
            for moment in moments:
                told.moment(moment)
        except KeyboardInterrupt:
            pass
    if not command.json:
        print("\n".join(told.summary()))
    return 0


class _Told:
    """What has been said so far."""

    def __init__(self, command: Stream) -> None:
        self.json, self.several = command.json, len(command.source) > 1
        self.table = command.out is not None and command.out.suffix == ".csv"
        self.file: Any = None
        self.frames, self.work, self.lag, self.late = 0, 0.0, 0.0, False
        self.best: dict[str, str] = {}
        self.dropped: dict[str, int] = {}

    def moment(self, moment: "Moment") -> None:
        """A line of JSON; else a line where the best class changes, or something happened."""
        self._write(moment)
        self.frames += 1
        self.work += moment.step_seconds
        self.late, self.lag = self.late or moment.lag is not None, max(self.lag, moment.lag or 0.0)
        self.dropped[moment.source] = moment.dropped
        if self.json:
            print(json.dumps(moment.to_json(), ensure_ascii=False), flush=True)
            return
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

    def _write(self, moment: "Moment") -> None:
        if self.file is None:
            return
        if not self.table:
            self.file.write(json.dumps(moment.to_json(), ensure_ascii=False) + "\n")
            return
        from striate.pages.comma_separated import csv_text

        head = ("source", "seconds", "class", "probability", "dropped", "note")
        row = (
            moment.source,
            f"{moment.time:.3f}",
            moment.best,
            f"{moment.probability:.6f}",
            str(moment.dropped),
            moment.note,
        )
        text = csv_text(head, [row])
        self.file.write(text if not self.frames else text.split("\n", 1)[1])
