"""docs/architecture.md names the rooms that there are, on the floors that the checks of imports know."""

import re
import tomllib
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "striate"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def floors_of_the_table() -> list[set[str]]:
    """The rooms of each floor, from the top of the table down."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", TEXT, re.MULTILINE)
    return [
        {name for _, cell in rows_of_floor for name in re.findall(r"`(\w+)/?`", cell)}
        for _, rows_of_floor in groupby(rows, key=lambda row: row[0])
    ]


def test_the_table_has_the_floors_that_imports_are_checked_by():
    checks = PROJECT["tool"]["importlinter"]["contracts"]
    layers = next(check["layers"] for check in checks if check.get("containers") == ["striate"])
    checked = [{name.strip() for name in re.split("[|:]", floor)} for floor in reversed(layers)]
    assert floors_of_the_table() == [floor - {"version"} for floor in checked]


def test_every_file_and_room_that_it_names_is_there():
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", TEXT))
    assert len(named) > 20
    for name in named:
        assert (SOURCE / name).exists() or (ROOT / name).exists(), name


def test_every_package_that_is_needed_has_its_reason():
    table = TEXT[TEXT.index("## Dependencies and why") :]
    extras = PROJECT["project"]["optional-dependencies"].values()
    needed = [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    for requirement in needed:
        assert re.match(r"[\w-]+", requirement)[0] in table, requirement  # type: ignore[index]


def test_every_extra_is_told_with_its_packages():
    table = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE))
    extras = PROJECT["project"]["optional-dependencies"]
    assert rows.keys() == extras.keys()
    for extra, packages in extras.items():
        for requirement in packages if extra != "dev" else ():
            assert re.match(r"[\w-]+", requirement)[0] in rows[extra], (extra, requirement)  # type: ignore[index]


def test_files_that_contributors_are_sent_to_are_there():
    """NAME, ROOM and LANGUAGE stand for any."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|toml|yml)|(?:[\w.-]+/)+)`", text))
    assert len(named) > 20
    for name in named:
        pattern = re.sub("NAME|ROOM|LANGUAGE", "*", name.rstrip("/"))
        pattern = pattern if "/" in pattern else f"**/{pattern}"
        bases = (SOURCE, ROOT / "tests") if "**" in pattern else (SOURCE, ROOT)
        assert (ROOT / name).exists() or any([*base.glob(pattern)] for base in bases), name
