"""What several processes of one command tell each other, through a store that is a table here."""

from datetime import timedelta

import pytest
from torch.distributed import HashStore

from striate import torchrun


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> HashStore:
    """Of two processes; this one is the first."""
    shared = HashStore()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr(torchrun, "_STORE_IS_LOST", [])
    monkeypatch.setattr(torchrun, "PATIENCE", timedelta(seconds=0.05))
    monkeypatch.setattr(torchrun, "shared_store", lambda: shared)
    monkeypatch.setattr(torchrun, "_end_by_itself", lambda: None)
    return shared


def test_the_first_sentence_counts(store: HashStore) -> None:
    assert torchrun.told_end(store) is None
    assert torchrun.tell_end(store, "a disk is full") == "a disk is full"
    assert torchrun.tell_end(store, "a connection broke") == "a disk is full"
    assert torchrun.told_end(store) == "a disk is full"


def test_a_sentence_is_shown_by_one(store: HashStore, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    for rank in (0, 1):
        monkeypatch.setenv("RANK", str(rank))
        torchrun.show_once("a disk is full", lambda rank=rank: shown.append(rank))
    assert shown == [0]
    assert torchrun.told_end(store) == "a disk is full"


def test_without_a_store_each_machine_shows_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setattr(torchrun, "_STORE_IS_LOST", [True])
    shown: list[int] = []
    for local in (0, 1):
        monkeypatch.setenv("LOCAL_RANK", str(local))
        torchrun.show_once("the first machine is lost", lambda local=local: shown.append(local))
    assert shown == [0]


def test_alone_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    shown: list[str] = []
    torchrun.show_once("no such file", lambda: shown.append("shown"))
    assert shown == ["shown"]
