"""`striate serve`."""

import re

import pytest
from commands import Command

from striate.serving.serve import Serving
from striate.training.train import Run


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for Ctrl-C."""
    monkeypatch.setattr(Serving, "wait", Serving.close)


def test_it_says_where_it_is(run: Command, digits_run: Run) -> None:
    done = run("serve", digits_run.path, "--port", 0)
    assert (done.code, done.err) == (0, "")
    first, second = done.out.splitlines()
    found = re.fullmatch(r"serving at (http://127\.0\.0\.1:\d+/)  \(Ctrl-C ends it\)", first)
    assert found is not None
    assert second == f"  curl --data-binary @FILE {found[1]}predict    with an image"


def test_json(run: Command, digits_run: Run) -> None:
    done = run("serve", digits_run.path, "--port", 0, "--json")
    assert done.json.keys() == {"address", "takes"}


def test_a_folder_that_is_no_run(run: Command) -> None:
    done = run("serve", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "striate: no run at nowhere: expected a folder made by `striate train`; see `ls runs`\n"
    )
