"""The other processes of a training: whether they are still there, and why all end where one does.

Each process lets its heart beat in the store that all share. The main one listens to all, the others to it,
so that the work grows with the number of processes and not with its square. Whoever ends tells why; whoever
is no longer heard of is told about by who noticed. A process that waits for a lost one inside a collective
call is woken by ending the group, and ended if that does not wake it.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from platform import node
from threading import Event, Thread
from typing import TYPE_CHECKING

from striate.errors import StriateError, TrainingError
from striate.torchrun import lose_store, show_once, tell_end, told_end

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

BEAT = 1.0
"""Seconds between two beats."""
SILENCE, BROKEN_SILENCE = 15.0, 4.0
"""Seconds without a beat after which a process counts as lost; fewer where a connection has broken."""
GRACE = 5.0
"""Seconds that a process has for ending by itself."""
COMING = 120.0
"""Seconds that all have for coming together."""
MAIN_FIRST = 3.0
"""Seconds that another process leaves the main one for meeting the same error."""
_DONE = "done"


class Companions:
    """The processes of one group, as one of them sees them."""

    def __init__(self, store: "Store", errors: "Store", rank: int, world: int) -> None:
        """store: of this group, used by nobody else here. errors: where a command tells why it ends."""
        self.rank, self.world = rank, world
        self._store, self._errors = store, errors
        self._over, self._reached = Event(), time.monotonic()
        self._trouble: str | None = None
        self._heard: dict[int, tuple[bytes, float]] = {}

    def gather(self) -> None:
        """Waits until all are here. Raises TrainingError where one ends before, or does not come."""
        self._store.set(_host(self.rank), node())
        until = time.monotonic() + COMING
        missing = [one for one in range(self.world) if one != self.rank]
        while missing := [one for one in missing if not self._store.check([_host(one)])]:
            ended = self._told()
            if ended is not None:
                raise TrainingError(ended)
            if time.monotonic() > until:
                raise TrainingError(
                    f"{len(missing)} of {self.world} processes have not come within {COMING:.0f} s (the "
                    f"first of them is process {missing[0]}): look at what they print, and start all again"
                )
            time.sleep(0.05)

    @contextmanager
    def watched(self, wake: Callable[[], None]) -> Iterator[None]:
        """Tells the others what ends the block, and raises what ended the others.

        Args:
            wake: ends what this process may be waiting in.
        """
        Thread(target=self._beat, daemon=True, name="beat").start()
        Thread(target=self._guard, args=(wake,), daemon=True, name="guard").start()
        try:
            yield
        except BaseException as problem:
            self._end(problem)
            raise
        finally:
            self._over.set()
            if self._trouble is None:
                with suppress(RuntimeError):
                    self._store.set(_beat(self.rank), _DONE)

    def _end(self, problem: BaseException) -> None:
        """Tells why this process ends; raises TrainingError where it ends because of another."""
        if self._trouble is not None or is_lost_connection(problem):
            why = self._waited_for(SILENCE + BEAT, lost=True)
            raise TrainingError(
                why or f"the connection with the other processes broke: {problem}"
            ) from problem
        own = _sentence(problem, self.rank)
        known = self._waited_for(MAIN_FIRST if self.rank else 0.0) or self._tell(own)
        if not isinstance(problem, StriateError) or known == str(problem):
            return
        if known != own:
            raise TrainingError(known) from problem
        problem.args = (own,)

    def _waited_for(self, seconds: float, lost: bool = False) -> str | None:
        """Why all end, as soon as that is known; lost: a connection has broken already."""
        until = time.monotonic() + seconds
        while True:
            found = self._told()
            if found is None and lost:
                found = self._of_store(lambda: self._silent(BROKEN_SILENCE))
            if found is not None or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def _told(self) -> str | None:
        """What ends all, by this group or by one whose command has ended before it came here."""
        return self._of_store(lambda: told_end(self._store) or told_end(self._errors))

    def _tell(self, sentence: str) -> str:
        return self._of_store(lambda: tell_end(self._store, sentence)) or sentence

    def _of_store(self, ask: Callable[[], str | None]) -> str | None:
        """What the store answers. Where it is gone, so is the first machine, and that ends all."""
        if self._trouble is None:
            try:
                answer = ask()
                self._reached = time.monotonic()
                return answer
            except RuntimeError:
                lose_store()
                self._trouble = _lost("the first machine, whose store all share,")
        return self._trouble

    def _beat(self) -> None:
        """Of a thread: lets the heart beat, and listens to others."""
        number = 0
        while not self._over.is_set() and self._trouble is None:
            number += 1
            trouble = self._of_store(lambda: self._beat_once(number))  # noqa: B023 - it is called at once
            if trouble is not None and not self._over.is_set():
                self._trouble = trouble
            self._over.wait(BEAT)

    def _beat_once(self, number: int) -> str | None:
        self._store.set(_beat(self.rank), str(number))
        return told_end(self._store) or told_end(self._errors) or self._silent(SILENCE)

    def _silent(self, seconds: float) -> str | None:
        """Tells of one that has been silent for so long."""
        now = time.monotonic()
        for one in range(1, self.world) if self.rank == 0 else (0,):
            key = _beat(one)
            beat = bytes(self._store.get(key)) if self._store.check([key]) else b""
            before, since = self._heard.get(one, (b"", now))
            self._heard[one] = (beat, since if beat == before else now)
            if beat != _DONE.encode() and now - self._heard[one][1] > seconds:
                host = bytes(self._store.get(_host(one))).decode()
                return tell_end(self._store, _lost(f"process {one} on {host}"))
        return None

    def _guard(self, wake: Callable[[], None]) -> None:
        """Of a thread: ends this process where others have ended and it does not."""
        while not self._over.wait(BEAT / 4):
            if time.monotonic() - self._reached > SILENCE:
                lose_store()
                self._trouble = self._trouble or _lost("the first machine, whose store all share,")
            if self._trouble is not None:
                break
        if self._over.is_set() or self._trouble is None:
            return
        with suppress(RuntimeError):
            wake()
        if not self._over.wait(GRACE):
            sentence = self._trouble
            show_once(sentence, lambda: print(f"striate: {sentence}", file=sys.stderr, flush=True))
            os._exit(2)


def is_lost_connection(problem: BaseException) -> bool:
    """Whether a collective call failed because of another process."""
    from torch.distributed import DistError

    return isinstance(problem, DistError) or (isinstance(problem, RuntimeError) and "gloo" in str(problem))


def _sentence(problem: BaseException, rank: int) -> str:
    """What ends this process; where others need not meet it, also which one this is."""
    if isinstance(problem, KeyboardInterrupt):
        return f"process {rank} on {node()} was stopped"
    text = str(problem) if isinstance(problem, StriateError) else f"{type(problem).__name__}: {problem}"
    return text if rank == 0 else f"{text} (process {rank}, on {node()})"


def _lost(who: str) -> str:
    return (
        f"{who} is not heard of any more: see what was printed there; when all machines are up again, go on "
        "with --resume and the run's folder"
    )


def _beat(rank: int) -> str:
    return f"beat of {rank}"


def _host(rank: int) -> str:
    return f"host of {rank}"
