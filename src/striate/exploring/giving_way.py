"""Imports that give way to the page: torch takes seconds, in which it would wait for the interpreter."""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

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
