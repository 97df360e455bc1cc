"""Finished runs beside each other: one table, with its picture, page and numbers."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.comparing.comparison import Comparison, Row
from striate.comparing.drawing import draw_front
from striate.comparing.finished import Finished, check_alike, differences, read_finished
from striate.comparing.request import CompareRequest
from striate.comparing.rows import rows_of
from striate.errors import ArgumentError
from striate.machine import describe, pick_device, threads
from striate.numbers import counted
from striate.runs import write, write_text
from striate.training.progress import Reporter
from striate.training.request import MachineOptions

JSON, PICTURE, PAGE = "comparison.json", "pareto.png", "comparison.html"


def compare_runs(
    runs: Sequence[str | Path],
    out: Path | None,
    match: str | None,
    machine: MachineOptions,
    reporter: Reporter,
) -> Comparison:
    """Compares finished runs, and writes the table into `out` where one is named."""
    refuse_processes()
    device = pick_device(machine.device)
    if not runs:
        raise ArgumentError("compare what? give data to train on, or --runs with finished runs")
    every = _each_once([read_finished(run) for run in runs])
    check_alike(every)
    reporter.say(f"measuring inference of {counted(len({run.kind for run in every}), 'network')}")
    with threads(machine.num_threads):
        rows = rows_of(every, device)
        result = _result(every, rows, match, out, describe(device))
    return result if out is None else _keep(result, out)


def refuse_processes() -> None:
    """Raises ArgumentError in one of several processes."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ArgumentError(
            "compare trains one network after another in one process: train on several with "
            "`torchrun -m striate train`, then `striate compare --runs RUN…`"
        )


def _each_once(runs: Sequence[Finished]) -> list[Finished]:
    """A run that is given and is a member of the comparison counts once."""
    return list({run.run.resolve(): run for run in runs}.values())


def _result(
    runs: Sequence[Finished],
    rows: tuple[Row, ...],
    match: str | None,
    out: Path | None,
    machine: dict[str, Any],
) -> Comparison:
    first = runs[0]
    return Comparison(
        status="finished",
        data=str(first.record["data"]["name"]),
        split=first.split,
        samples=first.samples,
        of_images=first.spec.time is None,
        match=match,
        rows=rows,
        out=out,
        files=(),
        machine=machine,
        notes=tuple(_notes(runs, rows)),
    )


def _notes(runs: Sequence[Finished], rows: Sequence[Row]) -> Iterator[str]:
    """What is to be known of the table."""
    yield from differences(runs)
    counts = {len(row.runs) for row in rows}
    if counts == {1}:
        yield "one training of each: what chance does to the accuracies is not known; --seeds 3 shows it"
    elif len(counts) > 1:
        yield "not as many trainings of each"
    looking_again = [row.label for row in rows if not row.streams and row.time is not None]
    if looking_again:
        yield f"a new frame costs the whole clip again with {', '.join(dict.fromkeys(looking_again))}"
    if any(row.flow_ms is not None for row in rows):
        yield "optical flow is computed before the network sees the clip: its time comes on top"


def stopped(request: CompareRequest, machine: dict[str, Any]) -> Comparison:
    """What is left of a comparison that somebody stopped."""
    data = request.training.data
    of_images = request.times == (None,)
    return Comparison("stopped", data, "test", 0, of_images, request.match, (), request.out, (), machine, ())


def _keep(result: Comparison, out: Path) -> Comparison:
    """Writes the picture, the page and the numbers."""
    files = tuple(out / name for name in (PICTURE, PAGE, JSON))
    kept = replace(result, out=out, files=files)
    write(files[0], lambda path: draw_front(kept, path))
    write_text(files[1], kept.to_html())
    write_text(files[2], json.dumps(kept.to_json(), indent=2, ensure_ascii=False) + "\n")
    return kept
