"""The site: every page is reached, every command and every block of Python in it is one that works."""

import io
import re
import shlex
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from striate.cli import VERBS, main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@cache
def tool(name: str) -> ModuleType:
    """A file of `docs/tools`."""
    spec = spec_from_file_location(name, DOCS / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed(part: Any) -> list[str]:
    """The pages of a part of the contents."""
    if isinstance(part, str):
        return [part]
    entries = part if isinstance(part, list) else list(part.values())
    return [page for entry in entries for page in listed(entry)]


def test_every_page_stands_in_the_contents_and_nothing_else_does(generated):
    site = tool("site")
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    contents = listed(config["nav"]) + [f"reference/{name}.md" for name in site.rooms()]
    pages = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")] + list(generated)
    assert sorted(contents) == sorted(pages)


def test_the_build_is_strict_and_asks_no_address():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    assert config["strict"] is True
    assert config["theme"]["font"] is False
    assert set(listed(config["validation"])) == {"warn"}
    check = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    assert "$(SITE) build" in check


def test_every_public_name_of_a_room_is_in_the_reference(generated):
    import striate

    for room in ("", ".data", ".models", ".derivation"):
        names = import_module(f"striate{room}").__all__
        page = generated[f"reference/{room[1:] or 'index'}.md"]
        shown = {path.rsplit(".", 1)[1] for path in re.findall(r"^::: (\S+\.\S+)$", page, re.MULTILINE)}
        shown |= set(re.findall(r"\[`(\w+)`\]\(index\.md#", page))
        values = {name: getattr(import_module(f"striate{room}"), name) for name in names if name[0] != "_"}
        assert shown >= {name for name, value in values.items() if callable(value)}
    assert "::: striate.inspecting.inspect.inspect\n" in generated["reference/index.md"]
    assert callable(striate.inspect)


def test_examples_of_docstrings_become_a_section():
    with_section = tool("examples_in_docstrings").with_section
    text = "Adds.\n\n>>> 1 + 1\n2\n\n>>> 2 + 2\n4\n\nMore."
    assert with_section(text) == ("Adds.\n\nExamples:\n    >>> 1 + 1\n    2\n\n    >>> 2 + 2\n    4\n\nMore.")
    assert with_section("Nothing to run.") == "Nothing to run."


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """The pages that are made when the site is built."""
    made: dict[str, str] = tool("site").generated()
    return made


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_to_a_file(page, generated):
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
        made = page.parent == DOCS and target in generated
        assert made or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_lists_and_tables_stand_apart_from_the_paragraph_before_them(page):
    """The site takes them for a part of the paragraph otherwise."""
    lines = BLOCK.sub("", page.read_text(encoding="utf-8")).splitlines()
    for before, line in pairwise(lines):
        if re.match(r"[-*] |\d+\. |\|", line) and not re.match(r"\s*$|[-*#|] ?|\d+\. |  ", before):
            raise AssertionError((before, line))


def commands(text: str) -> list[list[str]]:
    """What is typed after `$ striate` in the blocks of a page."""
    blocks = [body for language, body in BLOCK.findall(text) if language == "console"]
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ striate ")]
    return [shlex.split(line.removeprefix("$ striate "), comments=True) for line in lines]


@cache
def help_of(*verb: str) -> str:
    """What `striate VERB --help` prints."""
    text = io.StringIO()
    with redirect_stdout(text), suppress(SystemExit):
        main([*verb, "--help"])
    return text.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_names_a_verb_and_options_that_there_are(page):
    for words in commands(page.read_text(encoding="utf-8")):
        if words[0].startswith("-"):
            continue
        assert words[0] in VERBS
        verb = words[:2] if words[0] == "data" else words[:1]
        for word in words:
            if word.startswith("--"):
                assert re.search(rf"(?<![\w-]){word}(?![\w-])", help_of(*verb)), (words, word)


@pytest.mark.parametrize("page", [DOCS / "python.md", ROOT / "README.md"], ids=["python.md", "README.md"])
def test_the_python_of_the_page_runs(page, away, quick, monkeypatch):
    """From top to bottom, as one would type it; a picture that it names is there."""
    import numpy as np
    from PIL import Image

    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(away / "seven.png")
    blocks = [
        body for language, body in BLOCK.findall(page.read_text(encoding="utf-8")) if language == "python"
    ]
    assert blocks
    for block in blocks:
        exec(compile(block, str(page), "exec"), {"__name__": page.stem})


def test_hooks_and_ci_run_what_is_checked_here():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pinned = re.search(r"^ruff==\S+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    assert [hook["additional_dependencies"] for hook in hooks] == [[pinned[0]]] * 2
    steps = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())["jobs"]["check"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}
    assert "make check" in (ROOT / ".ci" / "run").read_text()


def test_files_that_contributing_names_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = {
        one for one in re.findall(r"`((?:src|tests|docs|benchmarks)/[\w/.]+)`", text) if one.upper() != one
    }
    assert len(named) > 10
    for name in named:
        if not re.search(r"NAME|ROOM|LANGUAGE", name):
            assert (ROOT / name).exists(), name
