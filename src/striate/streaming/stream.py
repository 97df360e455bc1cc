"""The verb `stream`: a run on frames as they come, one answer a frame."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, Literal

from striate.checked import checked, like
from striate.errors import ArgumentError
from striate.evaluating.events import EventRules, event_rules
from striate.evaluating.opening import open_trained
from striate.evaluating.predict import predict
from striate.evaluating.run_model import Trained
from striate.evaluating.run_step import step_of_run
from striate.stepping.readout import Readout
from striate.streaming.drawing import DrawnVideo
from striate.streaming.events import EventFinder, with_events
from striate.streaming.keeping import Frames, at_rate, every_frame, every_so_many, newest_frame
from striate.streaming.line import Line, Turn, in_turn
from striate.streaming.moment import Moment
from striate.streaming.picture import Wanted
from striate.streaming.sources import is_live, pictures
from striate.streaming.writing import VIDEO, check_out, written

THRESHOLDS = ("threshold", "threshold_off", "min_duration", "min_gap")
"""What is asked of events."""


@checked
@like(predict, only="weights classes offline device threshold threshold_off min_duration min_gap")
def stream(
    run: str | Path,
    source: str | Path | Sequence[str | Path],
    *,
    rate: float | None = None,
    readout: Readout | None = None,
    window: int | None = None,
    keep: Literal["auto", "newest", "all"] = "auto",
    lookahead: bool = False,
    seconds: float | None = None,
    events: bool = False,
    out: str | Path | None = None,
    **asked: Any,
) -> Iterator[Moment]:
    """What a run says of frames as they come, one answer after each.

    The run is opened at once; frames are read as answers are asked for.

    Args:
        run: the folder of a run, made by `train`, on clips that are causal, or on images; or a file that
            `export` has written for streams; or the name of a network with published weights.
        source: where frames come from: a video file, a folder of frames, "camera" or "camera:1", an address
            (rtsp://, http://), or "-" for video on standard input. Of several, frames are taken in turn; one
            that is gone is said with the next answer of another.
        rate: frames a second to take. By default as far apart as those of the run's clips.
        readout: how single frames become one answer: the mean of the last ones, the last alone, the mean of
            all since the start, or a mean that forgets. By default window; a file has its own.
        window: frames of the readout. By default as many as see frames of one clip alone, at least half a
            clip of the run; a file has its own.
        keep: "newest" leaves out frames that newer ones have overtaken and never falls behind, "all" takes
            every frame however late. By default newest for cameras and addresses, all for files and standard
            input.
        lookahead: take a run whose frames see later ones: its answers come late.
        seconds: stop after so many seconds of frames.
        events: join answers into events: what happens from when to when. An answer is given when the next
            frame has come.
        out: write every answer into this file as it comes: .csv, .jsonl, or .mp4, the video with the most
            probable classes drawn in.
        asked: what `predict` takes of the network and of events, as weights="imagenet" or threshold=0.9.

    Raises:
        RunError: a folder that is no run.
        WeightsError: weights that are damaged or cannot be had.
        NetworkError: a network that has no step, or sees later frames without lookahead.
        DataError: a source that cannot be read, or is gone.
        ArgumentError: what is no source, rate, readout, window or choice of frames.
    """
    sources = [str(one) for one in ([source] if isinstance(source, str | Path) else source)]
    file = None if out is None else Path(out)
    if file is not None:
        check_out(file, sources)
    for name, value in (("rate", rate), ("seconds", seconds)):
        if value is not None and not value > 0:
            raise ArgumentError(f"{name} is above 0; got {value:g}")
    _check_sources(sources)
    rules = event_rules(events, **{name: value for name, value in asked.items() if name in THRESHOLDS})
    opening = {name: value for name, value in asked.items() if name not in THRESHOLDS}
    trained = open_trained(run, **opening)
    step = step_of_run(trained, readout, window, lookahead=lookahead)
    video = DrawnVideo(file) if file is not None and file.suffix == VIDEO else None
    came, turns = Event(), []
    for one in sources:
        frames = arriving(trained, one, rate, keep, whole=video is not None, came=came)
        moments = Line(trained, step, one, seconds, video).moments(frames)
        turns.append(Turn(frames, _with_events(moments, trained, rules)))
    said = in_turn(turns, came)
    if video is not None:
        return video.closed_after(said)
    return said if file is None else written(said, file)


def _check_sources(sources: list[str]) -> None:
    if not sources:
        raise ArgumentError("source names no source of frames: give a file, a folder of frames, or camera")
    twice = next((one for one in sources if sources.count(one) > 1), None)
    if twice is not None:
        raise ArgumentError(f"source names {twice} {sources.count(twice)} times: name each once")


def _with_events(
    moments: Iterator[Moment | None], trained: Trained, rules: EventRules | None
) -> Iterator[Moment | None]:
    return moments if rules is None else with_events(moments, EventFinder(trained.classes, rules))


def arriving(
    trained: Trained,
    source: str,
    rate: float | None = None,
    keep: str = "auto",
    *,
    whole: bool = False,
    came: Event | None = None,
) -> Frames:
    """The frames of a source that a run is given, as it takes them.

    Args:
        trained: the run.
        source: as for `stream`.
        rate: as for `stream`.
        keep: as for `stream`.
        whole: whether each is also kept as it came, to be shown.
        came: is set whenever one has come, or the end.
    """
    live = is_live(source)
    sampling = trained.sampling
    of_folder = sampling.frame_rate if sampling else None
    wanted = Wanted(trained.channels, trained.size, trained.framing, whole)
    frames = pictures(source, wanted, of_folder or rate)
    if rate is None and sampling and sampling.step is not None:
        rate = 1 / sampling.step
    stride = sampling.stride if sampling else None
    chosen = at_rate(frames, rate) if rate else every_so_many(frames, stride or 1)
    newest = keep == "newest" or (keep == "auto" and live and source != "-")
    return newest_frame(chosen, live, came) if newest else every_frame(chosen, live, came)
