"""Several processes of one command, as torchrun starts them: which this is, and what they tell each other.

They share a store, whichever machine they run on. What ends one of them is told there, so that the others end
too, and is shown once. torch is imported only where there are several.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

PATIENCE = timedelta(seconds=5)
"""How long one process waits for another to meet the same error."""
_STORE_IS_LOST: list[bool] = []
_SHOWN = "the main process has shown why it ends"
_ENDED = "what ends all processes"


def world_size() -> int:
    """How many processes there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, on all machines."""
    return int(os.environ.get("RANK", "0"))


def alone() -> bool:
    """Whether this is the only process."""
    return world_size() == 1


def leads() -> bool:
    """Whether this process is the one that prints."""
    return rank() == 0


def shared_store(prefix: str = "errors") -> "Store | None":
    """A connection of its own to what the processes share; None where it cannot be reached."""
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    try:
        store, _, _ = next(rendezvous("env://", timeout=PATIENCE))
    except (RuntimeError, ValueError, StopIteration):
        return None
    # After a restart by torchrun, what was said before does not count.
    return PrefixStore(f"{prefix} {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def tell_end(store: "Store", sentence: str) -> str:
    """Tells all processes that they end, and why. Returns the first sentence that was told."""
    return bytes(store.compare_set(_ENDED, "", sentence)).decode()


def told_end(store: "Store") -> str | None:
    """Why all processes end; None while they do not."""
    return bytes(store.get(_ENDED)).decode() if store.check([_ENDED]) else None


def show_once(sentence: str, show: Callable[[], object]) -> None:
    """Shows an error that ends this process, unless another one that met the same does; tells the others.

    torchrun ends all processes of a machine as soon as one has failed: the main process stays until the
    others know, and all end by themselves, with their own exit code.
    """
    if not alone() and not _STORE_IS_LOST:
        with suppress(RuntimeError):  # the store's machine may be gone by now
            _show_once(sentence, show)
            return
    if os.environ.get("LOCAL_RANK", "0") == "0":
        show()


def _show_once(sentence: str, show: Callable[[], object]) -> None:
    """The same; raises RuntimeError where the store cannot be reached."""
    store = shared_store()
    if store is None:
        raise RuntimeError
    _end_by_itself()
    tell_end(store, sentence)
    if not leads():
        _wait(store, [_SHOWN])
    if store.add(f"said: {sentence}", 1) == 1:
        show()
    if leads():
        store.set(_SHOWN, "")
        _wait(store, [_heard(one) for one in range(1, world_size())])
    else:
        store.set(_heard(rank()), "")


def lose_store() -> None:
    """Nobody looks for the store again: whoever has lost it would wait for it in vain."""
    _STORE_IS_LOST.append(True)


def main_failed() -> bool:
    """Whether the main process has said why it ends, so that losing it is no news. Waits for it."""
    store = None if alone() or leads() else shared_store()
    if store is None or not _wait(store, [_SHOWN]):
        return False
    _end_by_itself()
    store.set(_heard(rank()), "")
    return True


def _end_by_itself() -> None:
    """What is about to end need not be ended by torchrun, which would change its exit code."""
    with suppress(ValueError):  # outside of the main thread
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _heard(number: int) -> str:
    return f"process {number} has heard"


def _wait(store: "Store", keys: list[str]) -> bool:
    """Whether these are set before patience ends. Looked for, as a wait in vain would print a warning."""
    until = time.monotonic() + PATIENCE.total_seconds()
    with suppress(RuntimeError):
        while not store.check(keys):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True
    return False
