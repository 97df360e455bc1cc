"""SVT-AV1, run by root, makes the thread that encodes a real-time one, and so all that it starts later.

Real-time processes that compute leave nothing to others: what a test started beside them would never run.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def scheduling() -> object:
    """How the system hands the processor to this thread; None where that cannot be asked."""
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


@contextmanager
def same_scheduling() -> Iterator[None]:
    """What is changed inside is undone."""
    before = scheduling()
    try:
        yield
    finally:
        if scheduling() != before:
            os.sched_setscheduler(0, before, os.sched_param(0))
