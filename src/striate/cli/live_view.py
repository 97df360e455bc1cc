"""What a stream says now, on a terminal: of each source the most probable classes, as bars that move."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from striate.errors import printable
from striate.numbers import counted, percent, seconds

if TYPE_CHECKING:
    from striate.streaming import Moment

SHOWN, BAR = 5, 30
"""Classes, and characters of a bar."""


class LiveView:
    """The last moment of every source."""

    def __init__(self) -> None:
        self._moments: dict[str, Moment] = {}

    def __str__(self) -> str:
        return "\n".join(line for moment in self._moments.values() for line in self._lines(moment))

    def take(self, moment: "Moment") -> None:
        """What is shown of its source from now on."""
        self._moments[moment.source] = moment

    def _lines(self, moment: "Moment") -> Iterator[str]:
        lag = "" if moment.lag is None else f", {seconds(moment.lag)} behind"
        dropped = f", {counted(moment.dropped, 'frame')} dropped" if moment.dropped else ""
        yield f"{printable(moment.source)}  {moment.time:.1f} s{lag}{dropped}"
        best = sorted(moment.probabilities, key=lambda one: -one[1])[:SHOWN]
        width = max(len(printable(name)) for name, _ in best)
        for name, share in best:
            yield f"  {printable(name):<{width}}  {'█' * round(share * BAR):<{BAR}}  {percent(share, 0):>5}"

    @contextmanager
    def on_screen(self) -> Iterator[None]:
        """Drawn while the block runs; lines printed meanwhile stand above it, and stay."""
        from rich.live import Live
        from rich.text import Text

        from striate.cli.printing import screen

        with Live(console=screen(), get_renderable=lambda: Text(str(self)), transient=True):
            yield
