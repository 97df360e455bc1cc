"""The page about inspecting is code that runs."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "inspect.md"


def test_the_examples_of_the_page() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert not result.failed
