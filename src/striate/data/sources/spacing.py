"""How far apart the frames of a set's clips are: as asked, or a time that nearly all of the clips are long.

A network learns motion at a speed, so frames are taken at a fixed distance in seconds unless somebody asks
otherwise. By default a clip spans what nine in ten of the set's clips are long, 10 seconds at most: of short
clips all is seen, and of a long recording a part that still shows motion.
"""

from collections.abc import Sequence
from typing import NamedTuple

from striate.data.options import WHOLE, Options
from striate.data.video.sampling import Sampling
from striate.errors import DataError

MOST_SECONDS = 10.0
"""Of a clip's span, where none is asked for."""
_SHARE = 0.1  # of the clips that may be shorter than it
_ALIKE = 1.1  # largest frame rate over smallest, up to which a stride means the same time


class Length(NamedTuple):
    """Of a clip: its frames, and the seconds that they take; None where nothing tells it."""

    frames: int
    seconds: float | None


def choose_sampling(lengths: Sequence[Length], options: Options) -> tuple[Sampling, tuple[str, ...]]:
    """Which frames of such clips are taken, and what is to be said about it.

    Raises:
        DataError: a step in seconds where clips tell no times, or a stride where their rates differ.
    """
    sampling = options.sampling
    seconds = [sampling.duration(*length) for length in lengths]
    known = [each for each in seconds if each is not None]
    if options.stride is not None:
        _refuse_mixed(lengths)
    elif options.spacing_asked:
        if sampling.step is not None and len(known) < len(lengths):
            raise DataError(_no_times(len(lengths) - len(known), len(lengths)))
    elif known and len(known) == len(lengths):
        sampling, note = _by_default(known, options)
        return sampling, (note, *_too_short(lengths, sampling), *_unused(lengths, sampling))
    elif known:
        raise DataError(_no_times(len(lengths) - len(known), len(lengths)))
    return sampling, (*_too_short(lengths, sampling), *_unused(lengths, sampling))


def _unused(lengths: Sequence[Length], sampling: Sampling) -> tuple[str, ...]:
    """About a frame rate that was said of clips which tell it themselves."""
    if sampling.frame_rate is None or any(length.seconds is None for length in lengths):
        return ()
    return (f"every clip tells its times itself: the frame rate of {sampling.frame_rate:g} is not used",)


def _by_default(seconds: Sequence[float], options: Options) -> tuple[Sampling, str]:
    reached = sorted(seconds)[int(_SHARE * len(seconds))]
    span = float(f"{min(reached, MOST_SECONDS):.3g}")
    why = "as nine in ten are at least that long" if reached <= MOST_SECONDS else "the most by default"
    return (
        options.with_span(span).sampling,
        f"clips span {span:g} s, {why} (--span SECONDS or --rate asks for another speed, --span whole "
        "spreads the frames over each file)",
    )


def _refuse_mixed(lengths: Sequence[Length]) -> None:
    rates = [length.frames / length.seconds for length in lengths if length.seconds]
    if rates and max(rates) > _ALIKE * min(rates):
        raise DataError(
            f"a stride counts frames, and these clips have {min(rates):.3g} to {max(rates):.3g} of them a "
            "second: say --rate or --span, which count in seconds"
        )


def _no_times(count: int, total: int) -> str:
    return (
        f"{count} of {total} clips tell no times, as folders of frames do: say how many frames a second they "
        f"have, with --frame-rate, or --span {WHOLE}, which spreads the frames over each clip"
    )


def _too_short(lengths: Sequence[Length], sampling: Sampling) -> tuple[str, ...]:
    """About clips that cannot fill what is asked for, and the rule that fills them."""
    short = [length for length in lengths if length.frames < sampling.needed(*length)]
    if not short:
        return _repeated(lengths, sampling)
    span, stride = sampling.span, sampling.stride
    what = f"{sampling.frames} frames" + (f" at a distance of {stride}" if (stride or 1) > 1 else "")
    least = f"has {min(length.frames for length in short)}"
    if span is not None:
        what += f" over {span:.3g} s"
        least = f"takes {min(sampling.duration(*length) or 0 for length in short):.3g} s"
    return (
        f"{len(short)} of {len(lengths)} clips are too short for {what} (the shortest {least}): the nearest "
        "frame is repeated",
        *_repeated(lengths, sampling),
    )


def _repeated(lengths: Sequence[Length], sampling: Sampling) -> tuple[str, ...]:
    """About clips that have fewer frames a second than are taken."""
    if sampling.step is None:
        return ()
    slow = [length for length in lengths if sampling.spacing(*length) < 1 - 1e-6]
    if not slow:
        return ()
    fewest = min(sampling.spacing(*length) for length in slow) / sampling.step
    return (
        f"{len(slow)} of {len(lengths)} clips have fewer frames a second than the {1 / sampling.step:.3g} "
        f"that are taken (the fewest {fewest:.3g}): frames are repeated",
    )
