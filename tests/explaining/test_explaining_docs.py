"""docs/one-digit.md, its Vietnamese twin and docs/explain.md: every command prints what the page says."""

import io
import re
import shlex
from collections import Counter
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import one_digit
import pytest

from striate.cli import main

PAGE, TWIN = "one-digit.md", "mot-chu-so.md"
DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"(?<!im)[−-]?\d+(?:\.\d+)?(?:e[−-]\d+)?")
STEPS = (
    "From the pixel",
    "Convolution",
    "Receptive field and ReLU",
    "Pooling",
    "The repeat",
    "Flatten and fully connected",
    "Loss",
    "The chain, number by number",
    "as four terms",
    "as all its terms",
    "matrix product",
    "The update",
)
TINY = 5e-5
"""Differences and roundings: another machine may add in another order."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's run in it."""
    folder = tmp_path_factory.mktemp("page")
    one_digit.save(folder / "runs" / "one-digit")
    return folder


def blocks(page: str) -> list[tuple[str, list[str]]]:
    """(command, lines of its output) for every console block."""
    found = [text.strip("\n").splitlines() for text in BLOCK.findall((DOCS / page).read_text())]
    return [(lines[0].removeprefix("$ "), lines[1:]) for lines in found]


@cache
def printed(command: str) -> list[str]:
    text = io.StringIO()
    with redirect_stdout(text):
        assert main(shlex.split(command)[1:]) == 0
    return text.getvalue().splitlines()


def same(ours: str, theirs: str) -> bool:
    """Equal words, and numbers that agree to a thousandth."""
    if NUMBER.sub("#", " ".join(ours.split())) != NUMBER.sub("#", " ".join(theirs.split())):
        return False
    pairs = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
    return all(near(*(float(one.replace("−", "-")) for one in pair)) for pair in pairs)


def near(a: float, b: float) -> bool:
    return abs(a - b) <= max(1e-3 * abs(a), TINY)


@pytest.mark.parametrize(
    ("page", "number"), [(page, number) for page in (PAGE, TWIN) for number in range(len(blocks(page)))]
)
def test_every_number_of_the_page_is_printed(
    page: str, number: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "100")
    command, lines = blocks(page)[number]
    output = iter(printed(command))
    for line in lines:
        if line.strip() and line != "…":
            assert any(same(line, other) for other in output), (
                f"{command}\ndoes not print, or not here:\n{line}"
            )


def test_the_page_is_about_every_step_of_the_chain() -> None:
    text = (DOCS / PAGE).read_text()
    for step in STEPS:
        assert re.search(rf"^## .*{step}", text, re.MULTILINE), step


def test_the_twin_runs_the_same_commands_and_shows_the_same_numbers() -> None:
    ours, theirs = blocks(PAGE), blocks(TWIN)
    assert [f"{command} --language vi" for command, _ in ours] == [command for command, _ in theirs]
    for (command, lines), (_, twin) in zip(ours, theirs, strict=True):
        shown = [Counter(NUMBER.findall("\n".join(one))) for one in (lines, twin)]
        assert shown[0] == shown[1], command


def test_the_twin_is_about_the_same_steps() -> None:
    assert (DOCS / TWIN).read_text().count("\n## ") == (DOCS / PAGE).read_text().count("\n## ")


def test_a_wrong_number_would_be_found() -> None:
    assert same("y = 4.28984 by 2.4e-07", "y  = 4.2898 by 3.6e-07")
    assert not same("y = 4.28984", "y = 4.27984")
    assert not same("x = 4.28984", "y = 4.28984")


def test_the_manual_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "100")
    text = (DOCS / "explain.md").read_text()
    for command, lines in blocks("explain.md"):
        output = iter(printed(command))
        assert all(any(same(line, other) for other in output) for line in lines if line != "…"), command
    scope: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(code, scope)  # the page's own examples
