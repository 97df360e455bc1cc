"""One command in the several processes of torchrun: what goes wrong is said once.

Most errors are met by all processes, some by one alone. Who meets an error claims its sentence in the store
that torchrun shares among them, the leader first; who claims it first says it. torchrun ends all processes as
soon as one has failed: the leader stays until the others know, and all end by themselves, with their own exit
code.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

PATIENCE = timedelta(seconds=5)
"""How long one process waits for another to meet the same error."""
_TOLD = "the leader has told"


def alone() -> bool:
    """Whether this is the only process."""
    return _world() == 1


def leads() -> bool:
    """Whether this process is the one that prints, as torchrun tells it."""
    return _rank() == 0


def say_once(sentence: str, show: Callable[[], object]) -> None:
    """Shows an error, unless another process that met the same one does."""
    store = None if alone() else _store()
    if store is None:
        show()
        return
    _end_by_itself()
    if not leads():
        _wait(store, [_TOLD])
    if store.add(f"said: {sentence}", 1) == 1:
        show()
    if leads():
        store.set(_TOLD, "")
        _wait(store, [_heard(rank) for rank in range(1, _world())])
    else:
        store.set(_heard(_rank()), "")


def leader_failed() -> bool:
    """Whether the leader has said why it ends, so that losing it is no news. Waits for it."""
    store = None if alone() or leads() else _store()
    if store is None or not _wait(store, [_TOLD]):
        return False
    _end_by_itself()
    store.set(_heard(_rank()), "")
    return True


@contextmanager
def leaving_once() -> Iterator[None]:
    """What is printed before SystemExit, as help and complaints about arguments are, is printed once."""
    if alone():
        yield
        return
    out, err = StringIO(), StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield
    except SystemExit as left:

        def show() -> None:
            sys.stdout.write(out.getvalue())
            sys.stderr.write(err.getvalue())
            sys.stdout.flush()

        if left.code:
            say_once(err.getvalue(), show)
        elif leads():
            show()
        raise


def _world() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def _rank() -> int:
    return int(os.environ.get("RANK", "0"))


def _end_by_itself() -> None:
    """What is about to end need not be ended by torchrun, which would change its exit code."""
    with suppress(ValueError):  # outside of the main thread
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _heard(rank: int) -> str:
    return f"process {rank} has heard"


def _store() -> "Store | None":
    """What the processes share; None where it cannot be reached."""
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    try:
        store, _, _ = next(rendezvous("env://", timeout=PATIENCE))
    except (RuntimeError, ValueError, StopIteration):
        return None
    # After a restart by torchrun, what was said before does not count.
    return PrefixStore(f"errors {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)


def _wait(store: "Store", keys: list[str]) -> bool:
    """Whether these have been set before patience ends."""
    with suppress(RuntimeError):
        store.wait(keys, PATIENCE)
        return True
    return False
