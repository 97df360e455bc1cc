"""Two machines, as far as a process can tell: each has a folder of its own, and one of them holds the run."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from small_runs import At, small_recipe, small_run
from striate.runs import read_record


def on_two(folders: tuple[Path, Path], *words: str) -> list[tuple[int, str]]:
    """Exit code and output of a command that runs in one process in each of the folders."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    path = {"PYTHONPATH": os.pathsep.join(sys.path[1:]), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "striate", *words],
            cwd=folder,
            env={**os.environ, **shared, **path, "RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank, folder in enumerate(folders)
    ]
    try:
        told = [one.communicate(timeout=120)[0] for one in started]
    finally:
        for one in started:
            one.kill()
    return [(one.returncode, text) for one, text in zip(started, told, strict=True)]


def test_the_main_process_alone_holds_the_run(tmp_path: Path, small_set: Path) -> None:
    """It goes on to the end; the other machine's folder stays empty."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    small_run(first / "run", small_recipe(), data=str(small_set), reporter=At(3))
    (code, told), (other, said) = on_two((first, second), "train", "--resume", "run")
    assert (code, other, said) == (0, 0, ""), told + said
    assert "going on with 2 processes in place of 1" in told
    assert read_record(first / "run")["status"] == "finished"
    assert list(second.iterdir()) == []
