"""Every example in `docs/derivation/` and in the docstrings runs and prints what it says."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import striate.derivation

DOCS = sorted((Path(__file__).parents[2] / "docs" / "derivation").glob("*.md"))
MODULES = [module.name for module in pkgutil.iter_modules(striate.derivation.__path__)]


def run(test: doctest.DocTest) -> None:
    """Fails with what was expected and what came."""
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert not failed, "".join(said)


@pytest.mark.parametrize("page", DOCS, ids=[page.stem for page in DOCS])
def test_the_examples_of_a_page(page):
    text = re.sub(r"^```.*$", "", page.read_text(), flags=re.MULTILINE)  # a fence would be taken for output
    run(doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name):
    for test in doctest.DocTestFinder().find(importlib.import_module(f"striate.derivation.{name}")):
        run(test)


def test_every_page_is_listed_and_every_link_leads_somewhere():
    linked = re.findall(r"\]\(([\w-]+\.md)\)", (DOCS[0].parent / "README.md").read_text())
    assert sorted(linked) == [page.name for page in DOCS if page.name != "README.md"]


def test_every_file_is_listed_where_the_room_is_introduced():
    listed = re.findall(r"^    (\w+)\.py ", striate.derivation.__doc__, flags=re.MULTILINE)
    assert sorted([*listed, "shapes"]) == sorted(MODULES)
