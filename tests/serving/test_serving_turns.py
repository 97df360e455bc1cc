"""While a process does nothing but serve, its threads take turns often; before and after, as usual."""

import sys
from types import SimpleNamespace

from striate.serving.serve import SWITCHING, Serving


class Closing:
    """A server that is closed as soon as somebody looks."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    @property
    def is_open(self) -> bool:
        self.seen.append(sys.getswitchinterval())
        return False

    def close(self) -> None:
        self.seen.append(sys.getswitchinterval())


def test_threads_take_turns_often_while_it_waits() -> None:
    usual, server = sys.getswitchinterval(), Closing()
    Serving(SimpleNamespace(stopping=False), server, "http://here", "images").wait()  # type: ignore[arg-type]
    assert [round(one, 6) for one in server.seen] == [SWITCHING, round(usual, 6)]
    assert sys.getswitchinterval() == usual
