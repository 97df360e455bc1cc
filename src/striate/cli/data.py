"""`striate data get`, `striate data check` and `striate data flow`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from striate.cli import data_flow, data_pack
from striate.cli.arguments import Flag, read
from striate.cli.tables import counting, fetching, print_lines
from striate.data import check_data, get_data


@dataclass(frozen=True)
class Get:
    """Download a public data set, checked by its checksums; goes on after an interruption.

    examples:
      striate data get mnist
      striate data get fashion-mnist --out datasets/fashion-mnist
    """

    name: tyro.conf.Positional[str]
    """mnist or fashion-mnist."""
    out: Path | None = None
    """Where to put it. By default where `striate train NAME` finds it."""
    json: Flag = False
    """Print the folder as JSON and nothing else on standard output."""


@dataclass(frozen=True)
class Check:
    """Read every file of a data set and name those that cannot be used; exit code 2 if there are any.

    examples:
      striate data check photos/
      striate data check clips/
    """

    source: tyro.conf.Positional[str]
    """As for `striate train`."""
    json: Flag = False
    """Print the report as JSON and nothing else on standard output."""


Data = (
    Annotated[Get, tyro.conf.subcommand("get")]
    | Annotated[Check, tyro.conf.subcommand("check")]
    | Annotated[data_pack.Pack, tyro.conf.subcommand("pack")]
    | Annotated[data_flow.Flow, tyro.conf.subcommand("flow")]
)


def main(words: Sequence[str]) -> int:
    """Does what the sub-command says."""
    command: Get | Check | data_pack.Pack | data_flow.Flow = read(Data, "data", words)  # type: ignore[arg-type]  # a union
    if isinstance(command, data_pack.Pack):
        return data_pack.main(command)
    if isinstance(command, data_flow.Flow):
        return data_flow.main(command)
    return _get(command) if isinstance(command, Get) else _check(command)


def _get(command: Get) -> int:
    with fetching() as progress:
        folder = get_data(command.name, folder=command.out, progress=progress)
    if command.json:
        print(json.dumps({"name": command.name, "folder": str(folder)}))
        return 0
    known_as = command.name if command.out is None else folder
    print(f"{command.name} is in {folder}\n\nnext:  striate train {known_as}")
    return 0


def _check(command: Check) -> int:
    with counting("reading") as progress:
        report = check_data(command.source, progress=progress)
    if command.json:
        print(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        print_lines("broken", (f"{one.path}: {one.reason}" for one in report.broken))
        print_lines("note", report.notes)
        print_lines("problem", report.problems)
        counted = f"{sum(report.counts.values()):,} {report.items} in {len(report.counts)} classes"
        print(f"{command.source}: {counted}, {len(report.broken)} broken")
    return 0 if report.ok and not report.broken else 2
