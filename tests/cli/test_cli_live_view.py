"""What a stream draws on a terminal."""

from dataclasses import replace

from striate.cli.live_view import LiveView
from striate.streaming import Moment

MOMENT = Moment(
    source="camera", time=12.34, best="clap", probabilities=(("wave", 0.1), ("clap", 0.9)), step_seconds=0.01,
    lag=0.0123, dropped=3,
)  # fmt: skip


def test_the_last_moment_of_every_source() -> None:
    view = LiveView()
    view.take(replace(MOMENT, time=1.0))
    view.take(MOMENT)
    view.take(
        replace(MOMENT, source="a\x1b.mp4", lag=None, dropped=0, probabilities=(("x", 1.0), ("y", 0.0)))
    )
    assert str(view).splitlines() == [
        "camera  12.3 s, 12.3 ms behind, 3 frames dropped",
        "  clap  " + "█" * 27 + "      90 %",
        "  wave  " + "█" * 3 + " " * 27 + "   10 %",
        "a\\x1b.mp4  12.3 s",
        "  x  " + "█" * 30 + "  100 %",
        "  y  " + " " * 30 + "    0 %",
    ]


def test_of_many_classes_the_most_probable() -> None:
    view = LiveView()
    shares = tuple((str(number), number / 66) for number in range(12))
    view.take(replace(MOMENT, probabilities=shares))
    assert [line.split()[0] for line in str(view).splitlines()[1:]] == ["11", "10", "9", "8", "7"]
