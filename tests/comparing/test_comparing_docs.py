"""docs/eight-ways.md is code that runs, and its pictures are what the script draws."""

import doctest
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from striate.models import WAYS

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "eight-ways.md").read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_the_tools() -> None:
    result = doctest.testfile(str(DOCS / "eight-ways.md"), module_relative=False, encoding="utf-8")
    assert result.attempted >= 10
    assert not result.failed


def test_the_worked_out_numbers_are_those_of_the_table() -> None:
    rows = re.findall(r"^(\S+) +([\d,]{7,}) +([\d,]{7,}) +[\d,]{7,} +[\d,]{7,}$", TEXT, re.MULTILINE)
    assert [name for name, *_ in rows] == list(WAYS)
    for name, parameters, macs in rows:
        for figure in (parameters, macs):
            assert f"**{figure}**" in TEXT, (name, figure)


def test_every_picture_is_there_and_as_drawn() -> None:
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", TEXT))
    assert shown == {f"pictures/way-{way}.svg" for way in WAYS} | {"pictures/compare.png"}
    spec = spec_from_file_location("draw_ways", DOCS / "pictures" / "draw_ways.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for picture in module.pictures():
        assert (DOCS / "pictures" / f"way-{picture.way}.svg").read_text(encoding="utf-8") == picture.svg()
    assert all((DOCS / name).is_file() for name in shown)
