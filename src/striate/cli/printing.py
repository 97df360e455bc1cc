"""Where results are printed, and what is shown while they are made. Loads `rich` only where it draws."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from striate.errors import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

UNBROKEN = 1000
"""Characters in a line where nobody looks at it on a terminal."""


def print_json(content: object, indent: int | None = 2) -> None:
    """One JSON value, and nothing else."""
    print(json.dumps(content, indent=indent, ensure_ascii=False))


def print_lines(head: str, lines: Iterable[object], error: bool = False) -> None:
    """`head: line`, one a line."""
    for line in lines:
        print(one_line(f"{head}: {line}"), file=sys.stderr if error else sys.stdout)


def print_stopped(words: Iterable[str]) -> int:
    """How to go on with what Ctrl-C stopped, and the exit code of that."""
    print(f"stopped, everything saved; go on with the same command:  {shlex.join(words)}", file=sys.stderr)
    return 130


def screen(error: bool = False) -> "Console":
    """Where results are printed. Names are printed as they are, whatever is in them; elsewhere than on a
    terminal tables are as wide as they want to be, unless COLUMNS says a width.
    """
    from striate.pages.terminal import console_of

    console = console_of(stderr=error, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBROKEN
    return console


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], Any] | None]:
    """A bar on a terminal, for work that counts its images; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen(error=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def fetching() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """A bar for each file that is fetched, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=screen(error=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
            bar.update(tasks[file], completed=done, total=total)

        yield show
