"""The steps of the Dockerfile fit the project: what it copies, installs, starts and looks after is there.

Built and run it was by hand (docs/serving.md tells what came of it): that takes minutes and downloads.
"""

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from striate.cli.arguments import read
from striate.cli.serve import VERB
from striate.serving.serve import PORT

ROOT = Path(__file__).parents[2]
STEPS = [
    line.split(" ", 1)
    for line in re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]


def step(name: str) -> str:
    """The words behind the only step of this name."""
    (found,) = [words for one, words in STEPS if one == name]
    return found


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = [word for name, words in STEPS if name == "COPY" for word in words.split()[:-1]]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {"src", "pyproject.toml", "constraints.txt"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert not [pattern for pattern in ignored if fnmatch(name, pattern)], name


def test_what_the_build_reads_is_copied() -> None:
    """setup.py makes the long description of files beside it."""
    copied = {word for name, words in STEPS if name == "COPY" for word in words.split()}
    named = set(re.findall(r'"([\w.]+\.(?:md|txt|toml))"', (ROOT / "setup.py").read_text()))
    assert named
    assert named <= copied


def test_the_extras_are_ours() -> None:
    found = re.search(r"\.\[([\w,]+)\]", " ".join(words for name, words in STEPS if name == "RUN"))
    assert found is not None
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(found[1].split(",")) <= set(extras)
    assert "lab" in found[1]


def test_what_it_starts_is_a_command_and_listens_where_it_says() -> None:
    """Under Docker, 127.0.0.1 would be the container's own."""
    assert json.loads(step("ENTRYPOINT")) == ["striate"]
    verb, *words = json.loads(step("CMD"))
    assert verb == "serve"
    given = read(VERB, verb, words).values
    assert dict(given) == {"run": "/runs/run", "host": "0.0.0.0", "port": PORT}
    assert step("EXPOSE") == str(PORT)


def test_its_health_is_that_of_the_port() -> None:
    words = step("HEALTHCHECK").split("CMD", 1)[1]
    program, flag, code = json.loads(words)
    assert (program, flag) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert f"('127.0.0.1', {PORT})" in code


def test_it_runs_as_somebody_who_is_not_root() -> None:
    names = [name for name, _ in STEPS]
    user = step("USER")
    made = next(words for name, words in STEPS if name == "RUN" and "useradd" in words)
    assert shlex.split(made)[-1] == user
    assert STEPS.index(["RUN", made]) < names.index("USER")
    assert ["WORKDIR", f"/home/{user}"] in STEPS[names.index("USER") :]


@pytest.mark.parametrize("page", ["docs/serving.md", "Dockerfile"])
def test_what_the_pages_tell_to_type(page: str) -> None:
    """The image's name, the port and the folder are those of the steps; the verb behind it can be read."""
    lines = re.findall(r"docker (run|build) (.*?)(?: &&|$)", (ROOT / page).read_text(), re.MULTILINE)
    for kind, text in lines:
        words = shlex.split(text)
        assert "striate" in words, text
        if kind == "run":
            assert f"{PORT}:{PORT}" in words
            assert "$PWD/runs:/runs:ro" in words
            behind = words[words.index("striate") + 1 :]
            assert not behind or read(VERB, behind[0], behind[1:]).values["host"] == "0.0.0.0"
    assert {kind for kind, _ in lines} == {"run", "build"}
