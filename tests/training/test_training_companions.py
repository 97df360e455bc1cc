"""Processes that end tell why, and lost ones are noticed. Here each is a thread, and the store is a table."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from platform import node

import pytest
from torch.distributed import HashStore, PrefixStore

from striate import torchrun
from striate.errors import DataError, TrainingError
from striate.training import companions
from striate.training.companions import Companions

WORLD = 3
LOST = (
    "process 2 on {host} is not heard of any more: see what was printed there; when all machines are up "
    "again, go on with --resume and the run's folder"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths."""
    for name in ("BEAT", "SILENCE", "BROKEN_SILENCE", "MAIN_FIRST"):
        monkeypatch.setattr(companions, name, getattr(companions, name) / 20)
    monkeypatch.setattr(torchrun, "_STORE_IS_LOST", [])  # what is lost here is not for other tests


def ends(
    work: Callable[[int, Callable[[], bool]], None], ranks: range = range(WORLD)
) -> list[BaseException | None]:
    """What each process ends by; `work` gets its rank, and a function that says whether it was woken."""
    store = HashStore()

    def member(rank: int) -> BaseException | None:
        woken: list[bool] = []
        own = Companions(PrefixStore("group", store), PrefixStore("errors", store), rank, WORLD)
        try:
            own.gather()
            with own.watched(lambda: woken.append(True)):
                work(rank, lambda: bool(woken))
        except BaseException as problem:
            return problem
        return None

    with ThreadPoolExecutor(WORLD) as pool:
        return list(pool.map(member, ranks))


def until_woken(woken: Callable[[], bool]) -> None:
    """As a collective call that waits for a lost process."""
    end = time.monotonic() + 10
    while not woken():
        assert time.monotonic() < end
        time.sleep(0.01)
    raise RuntimeError("[gloo] connection closed")


def test_all_well() -> None:
    assert ends(lambda rank, woken: time.sleep(0.05 * rank)) == [None] * WORLD


@pytest.mark.parametrize("failing", [0, 2])
def test_what_ends_one_ends_all(failing: int) -> None:
    def work(rank: int, woken: Callable[[], bool]) -> None:
        if rank == failing:
            raise DataError("no folder clips")
        until_woken(woken)

    found = ends(work)
    said = "no folder clips" if failing == 0 else f"no folder clips (process 2, on {node()})"
    assert [str(one) for one in found] == [said] * WORLD
    assert [type(one) for one in found] == [
        DataError if rank == failing else TrainingError for rank in range(WORLD)
    ]


def test_what_all_meet_is_one_sentence() -> None:
    def work(rank: int, woken: Callable[[], bool]) -> None:
        raise DataError("no folder clips")

    assert [str(one) for one in ends(work)] == ["no folder clips"] * WORLD


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    def work(rank: int, woken: Callable[[], bool]) -> None:
        if rank == 0:
            raise KeyError("width")
        until_woken(woken)

    found = ends(work)
    assert isinstance(found[0], KeyError)
    assert [str(one) for one in found[1:]] == ["KeyError: 'width'"] * 2


def test_a_lost_process_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is heard of it: its thread of beats has ended, and it says nothing."""
    alive = Companions._beat
    monkeypatch.setattr(Companions, "_beat", lambda own: None if own.rank == 2 else alive(own))
    monkeypatch.setattr(Companions, "_end", lambda own, problem, end=Companions._end: end(own, problem))

    def work(rank: int, woken: Callable[[], bool]) -> None:
        if rank == 2:
            time.sleep(1.5)
        else:
            until_woken(woken)

    found = ends(work)
    assert [str(one) for one in found[:2]] == [LOST.format(host=node())] * 2


def test_one_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "COMING", 0.2)
    found = ends(lambda rank, woken: None, range(WORLD - 1))
    assert [str(one) for one in found] == [
        "1 of 3 processes have not come within 0 s (the first of them is process 2): look at what they "
        "print, and start all again"
    ] * 2
