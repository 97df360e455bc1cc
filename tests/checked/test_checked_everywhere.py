"""Odd values for every argument of every public function: what comes out is a StriateError, or a result.

Networks and pictures are small, data and runs are missing, so that nothing is trained or downloaded.
"""

from pathlib import Path

import pytest
from odd_values import NEVER_RUN, ODD, call, parameters, public

from striate import StriateError

NAMES = sorted(set(public()) - NEVER_RUN)


def test_every_verb_is_among_them() -> None:
    from striate.cli.verbs import FUNCTIONS

    assert FUNCTIONS.keys() - {"data", "completion"} <= public().keys()


@pytest.mark.parametrize("name", NAMES)
def test_odd_values_are_refused_in_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw, refused = [], 0
    for argument in parameters(name):
        for odd in ODD if argument not in ("self", "progress", "reporter") else ():
            try:
                call(name, argument, odd)
            except StriateError as problem:
                refused += 1
                if "\n" in str(problem):
                    raw.append(f"{argument}={odd}: more than a line: {problem}")
            except Exception as problem:
                raw.append(f"{argument}={odd}: {type(problem).__name__}: {problem}")
    assert raw == []
    assert refused > len(ODD) / 2 or not parameters(name)
