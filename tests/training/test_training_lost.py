"""One process of a training is killed, or stands still: the others end in time, with one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from platform import node

import lost_script
import pytest

from striate.training import companions

IN_ALL = 30.0
"""Seconds until all have ended, as docs/scale.md promises."""
SHORTER = companions.SILENCE - lost_script.SILENCE + companions.GRACE - lost_script.GRACE
THEN = (
    "is not heard of any more: see what was printed there; when all machines are up again, go on with "
    "--resume and the run's folder"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, small_set: Path) -> dict:
    """What came of all cases, which happen at the same time."""
    folder = tmp_path_factory.mktemp("lost")
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path[1:]])
    subprocess.run(
        [sys.executable, lost_script.__file__, str(small_set), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path, "TORCH_CPP_LOG_LEVEL": "ERROR"},
        check=True,
        timeout=150,
    )
    return json.loads((folder / "found.json").read_text())


@pytest.mark.parametrize("case", lost_script.CASES)
def test_all_end_with_one_sentence(found: dict, case: str) -> None:
    _, victim, holder = lost_script.CASES[case]
    lost = int(victim == "other")
    left = [row for rank, row in enumerate(found[case]) if rank != lost]
    assert [code for code, _, _ in left] == [2, 2]
    assert max(seconds for _, seconds, _ in left) < IN_ALL - SHORTER
    said = [line for _, _, text in left for line in text.splitlines() if line.startswith("striate:")]
    if (victim, holder) == ("main", "main"):  # nothing is left in which they could agree who speaks
        assert said == [f"striate: the first machine, whose store all share, {THEN}"] * 2
    else:
        assert said == [f"striate: process {lost} on {node()} {THEN}"]
    others = [text for rank, (_, _, text) in enumerate(found[case]) if rank not in (0, lost)]
    assert all(len(text.splitlines()) <= 1 for text in others), others
