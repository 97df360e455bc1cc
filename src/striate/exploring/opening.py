"""What a lab is until torch stands: the page is there before the network is.

Torch takes seconds to load, in which the page would wait for the interpreter: these imports give way to it.
"""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread, get_ident
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError, StriateError
from striate.exploring.news import News
from striate.exploring.turns import Turns
from striate.pages.languages import refusals

if TYPE_CHECKING:
    from striate.exploring.session import Session


SWITCHING = 0.0005
"""Seconds after which what is imported lets the server have a turn."""
QUIET, LONGEST = 0.05, 1.0
"""Seconds without a request after which a page has come; and that imports wait in all, whoever asks."""


class GivingWay:
    """Knows when the page was last asked for; imports in its block wait until it has come."""

    def __init__(self) -> None:
        self._asked, self._waited, self._thread = float("-inf"), 0.0, 0

    def asked(self) -> None:
        """A part of the page is being fetched."""
        self._asked = time.monotonic()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Finds nothing; waits before a module is looked for, as the import system's first finder."""
        if get_ident() != self._thread:
            return
        while time.monotonic() - self._asked < QUIET and self._waited < LONGEST:
            time.sleep(QUIET / 10)
            self._waited += QUIET / 10

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Imports here give way, without garbage collection. In a process that had no torch yet, collections
        skip what they leave from then on, so that no click waits for one of everything.
        """
        usual, collects, fresh = sys.getswitchinterval(), gc.isenabled(), "torch" not in sys.modules
        self._thread = get_ident()
        sys.setswitchinterval(SWITCHING)
        sys.meta_path.insert(0, self)
        gc.disable()
        try:
            yield
        finally:
            if fresh:
                gc.freeze()
            if collects:
                gc.enable()
            sys.meta_path.remove(self)
            sys.setswitchinterval(usual)


PATIENCE = 120.0
"""Seconds that a question waits for the session."""


class Opening:
    """The lab as the server sees it."""

    def __init__(
        self, networks: Sequence[Any], inputs: Any, language: str = "en", source: str | None = None
    ) -> None:
        """networks: what was opened, none to train a small one; inputs, source: as for `lab`."""
        self.networks, self.inputs, self.language, self.source = networks, inputs, language, source
        self.news, self.turns, self.giving_way = News(), Turns(), GivingWay()
        self.problem: str | None = None
        self.closed = False
        self._session: Session | None = None
        self._made = Event()

    def begin(self) -> None:
        """Opens the network in a thread of its own; the server is up already."""
        Thread(target=self.make, daemon=True, name="lab opening").start()

    def make(self) -> None:
        """Imports what computes, and opens what was asked for."""
        try:
            with self.giving_way.importing():
                from striate.exploring.session import Session

            self._session = Session(self.networks, self.inputs, self.news, self.turns)
            self._made.set()
            self._session.begin()
        except StriateError as problem:
            self.problem = refusals(self.language).refusal(str(problem))
            self.news.tell("failed", text=self.problem)
        finally:
            self._made.set()

    def session(self) -> "Session":
        """The session, as soon as it stands. Raises ArgumentError where it does not."""
        self._made.wait(PATIENCE)
        if self._session is None:
            raise ArgumentError(self.problem or "the lab is not open yet: ask again in a moment")
        return self._session

    def to_json(self) -> dict[str, Any]:
        """What the page has to know first."""
        found = {"ready": False, "states": [], "training": not self.networks, "news": self.news.count}
        if self._session is not None:
            found |= self._session.to_json()
        return found | {"problem": self.problem, "language": self.language, "source": self.source}
