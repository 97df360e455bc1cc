"""Two processes of torchrun: an error is said once, whoever meets it, and all end with exit code 2."""

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import Command

from forks import TORCHRUN, Forks

SCRIPT = Path(__file__).parent / "together_script.py"


@dataclass
class Pair:
    """Two processes of a command, in a folder of their own."""

    forks: Forks
    folder: Path
    told: Path

    def run(self, who: str, *words: str, by: tuple[str | Path, ...] = TORCHRUN, **env: str) -> int:
        """The code in the end. who: of them fails, or "all"; by: what starts them."""
        words = (*by, SCRIPT, self.folder, who, *words)  # type: ignore[assignment]
        return self.forks.run(*words, told=self.told, cwd=self.folder, env=env).wait(120)

    def codes(self) -> list[str]:
        """Those that they gave themselves."""
        return [(self.folder / rank).read_text() for rank in "01"]


@pytest.fixture
def pair(forks: Forks, tmp_path: Path) -> Pair:
    (tmp_path / "current").mkdir()
    return Pair(forks, tmp_path / "current", tmp_path / "told")


def test_what_all_processes_meet_is_said_once(pair: Pair) -> None:
    pair.run("all", "train", "nowhere/")
    told, codes = pair.told.read_text(), pair.codes()
    assert told.count("striate: no folder nowhere: ") == 1, told
    assert codes == ["2", "2"]
    assert "SIGTERM)" not in told
    assert told.count("Traceback") == 1  # torchrun's own
    assert sorted(path.name for path in pair.folder.iterdir()) == ["0", "1"]


def test_what_one_process_meets_is_said_by_it(pair: Pair) -> None:
    """Of two that somebody else than torchrun started."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        group = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(free.getsockname()[1])}
    code = pair.run("1", "train", by=(), **group)
    told, codes = pair.told.read_text(), pair.codes()
    assert told.count("striate: only process 1 knows this") == 1, told
    assert codes[1] == "2"
    assert codes[0] not in ("", "0")
    assert code != 0
    assert "Traceback" not in told


def test_what_the_leader_meets_ends_the_others_quietly(pair: Pair) -> None:
    pair.run("0", "train")
    told, codes = pair.told.read_text(), pair.codes()
    assert told.count("striate: only process 0 knows this") == 1, told
    assert codes == ["2", "2"]
    assert told.count("Traceback") == 1


@pytest.mark.parametrize("rank", [0, 1])
def test_help_is_printed_by_the_leader(run: Command, monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", str(rank))
    done = run("train", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("usage: striate train") == 1 - rank


@pytest.mark.parametrize("words", [("train", "digits", "--epochs", "x"), ("trian",)])
def test_without_a_store_everything_is_said(
    run: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "--epochs" in done.err or "unknown verb" in done.err
