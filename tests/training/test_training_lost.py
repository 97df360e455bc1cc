"""One process of a training is killed, or stands still: the others end in time, with one sentence."""

import json
from pathlib import Path
from platform import node

import lost_script
import pytest

from forks import Forks
from striate.training import companions

IN_ALL = 30.0
"""Seconds until all have ended, as docs/scale.md promises."""
SHORTER = companions.SILENCE - lost_script.SILENCE + companions.GRACE - lost_script.GRACE
THEN = (
    "is not heard of any more: see what was printed there; when all machines are up again, go on with "
    "--resume and the run's folder"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, small_set: Path, forks: Forks) -> dict:
    """What came of all cases, which happen at the same time."""
    folder = tmp_path_factory.mktemp("lost")
    script = forks.run(lost_script.__file__, small_set, folder, told=folder / "told")
    assert script.wait(150) == 0, (folder / "told").read_text()
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
