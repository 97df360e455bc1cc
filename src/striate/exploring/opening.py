"""What a lab is until torch stands: the page is there before the network is."""

from collections.abc import Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError, StriateError
from striate.exploring.giving_way import GivingWay
from striate.exploring.news import News
from striate.exploring.turns import Turns
from striate.pages.languages import refusals

if TYPE_CHECKING:
    from striate.exploring.session import Session

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
