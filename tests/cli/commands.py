"""Runs a command in this process."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from striate.cli import main


class Ran(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON value and nothing else."""
        return json.loads(self.out)


Command = Callable[..., Ran]


def runner(capsys: pytest.CaptureFixture[str]) -> Command:
    """A function that takes the words of a command."""

    def run(*words: object) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:
            code = int(left.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run
