"""What only Linux has is taken away: nothing that could run without it needs it."""

import os
import re
import signal
import sys
from pathlib import Path

import numpy as np
import portalocker
import pytest
from PIL import Image

import striate
from small_runs import small_recipe, small_run
from striate.data import pack_data

LACKING = ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
"""Modules of the standard library that not every system has."""
GONE = {
    os: "fork getuid geteuid mkfifo sched_getaffinity fchmod fchown killpg O_NOFOLLOW O_DIRECTORY O_NONBLOCK",
    signal: "SIGKILL SIGPIPE SIGHUP SIGXFSZ SIGUSR1 pthread_sigmask",
}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that is not Linux. Libraries of others have their own ways there, and are imported before."""
    assert portalocker.lock
    for module in LACKING:
        monkeypatch.setitem(sys.modules, module, None)
    for holder, names in GONE.items():
        for name in names.split():
            monkeypatch.delattr(holder, name)
    monkeypatch.setattr(sys, "platform", "win32")
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: not path.is_relative_to("/proc") and exists(path))


def clips(folder: Path) -> Path:
    """Two classes of three clips of two frames."""
    for label in ("up", "down"):
        for clip in range(3):
            (folder / label / str(clip)).mkdir(parents=True)
            for t in range(2):
                pixels = np.random.default_rng([clip, t]).integers(0, 256, (8, 8), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / label / str(clip) / f"{t}.png")
    return folder


def test_no_module_of_one_system_is_imported() -> None:
    files = [*Path(striate.__file__).parent.rglob("*.py")]
    assert len(files) > 300
    imported = re.compile(rf"^\s*(import|from) ({'|'.join(LACKING)})\b", re.MULTILINE)
    assert [path for path in files if imported.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.usefixtures("elsewhere")
def test_a_run_is_trained_gone_on_with_and_used(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_recipe(epochs=1)).path
    assert striate.evaluate(run).to_json()
    Image.new("L", (8, 8), 90).save(tmp_path / "grey.png")
    assert striate.predict(run, tmp_path / "grey.png").to_json()
    assert striate.inspect(run).to_json()


@pytest.mark.usefixtures("elsewhere")
def test_clips_are_packed_and_read(tmp_path: Path) -> None:
    pack_data(clips(tmp_path / "clips"), tmp_path / "pack", short_side=8)
    data = striate.open_data(tmp_path / "pack", frames=2)
    assert sum(map(len, data.splits.values())) == 6
