"""Two processes of torchrun: an error is said once, whoever meets it, and all end with exit code 2."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command

HERE = Path(__file__).parent
TORCHRUN = (
    *(sys.executable, str(HERE.parent / "warm_torchrun.py"), "--nproc-per-node", "2"),
    *("--local-addr", "localhost", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"),
    str(HERE / "together_script.py"),
)


def together(folder: Path, who: str, *words: str) -> tuple[str, list[str]]:
    """What both processes print, and the exit codes they give themselves. who: of them fails, or "all"."""
    done = subprocess.run(
        [*TORCHRUN, str(folder), who, *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path[1:])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        timeout=120,
    )
    return done.stdout, [(folder / rank).read_text() for rank in "01"]


def test_what_all_processes_meet_is_said_once(tmp_path: Path) -> None:
    told, codes = together(tmp_path, "all", "train", "nowhere/")
    assert told.count("striate: no folder nowhere: ") == 1, told
    assert codes == ["2", "2"]
    assert "SIGTERM)" not in told
    assert told.count("Traceback") == 1  # torchrun's own
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]


def test_what_one_process_meets_is_said_by_it(tmp_path: Path) -> None:
    """Of two that somebody else than torchrun started."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        group = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(free.getsockname()[1])}
    words = [sys.executable, str(HERE / "together_script.py"), str(tmp_path), "1", "train"]
    path = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path[1:])}
    done = subprocess.run(
        words,
        env={**os.environ, **group, **path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    told, codes = done.stdout, [(tmp_path / rank).read_text() for rank in "01"]
    assert told.count("striate: only process 1 knows this") == 1, told
    assert codes[1] == "2"
    assert codes[0] not in ("", "0")
    assert done.returncode != 0
    assert "Traceback" not in told


def test_what_the_leader_meets_ends_the_others_quietly(tmp_path: Path) -> None:
    told, codes = together(tmp_path, "0", "train")
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
