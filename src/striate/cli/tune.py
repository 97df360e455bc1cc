"""`striate tune`."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro
from rich.table import Table

from striate.cli.arguments import Flag, read
from striate.cli.tables import counting, screen
from striate.errors import ArgumentError
from striate.inspecting.inspect import parse_shape
from striate.inspecting.loading import load_network
from striate.machine import keep_memory, pick_device, threads
from striate.tuning import Row, Trial, Tuning, tune


@dataclass(frozen=True)
class Tune:
    """Measure the equal algorithms of every convolution of a network, and name the fastest right one.

    Trainings of 50 steps or more and long evaluations use what is known, and measure what they need.

    examples:
      striate tune resnet50 --input 3x224x224 --batch 8
      striate tune runs/clips-resnet18 --batch 4
      striate tune my.models:network --input 3x16x112x112 --batch 4 --all
    """

    network: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NETWORK")]
    """A name of the catalogue, a run folder, or package.module:function."""
    input: str | None = None
    """One input, 3x224x224 for an image, 3x8x112x112 for a clip of 8 frames. By default the network's own."""
    batch: int = 8
    """Inputs in one step."""
    number_format: Literal["auto", "fp32", "bf16"] = "auto"
    """Auto: bf16 where the processor has it."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    threads: int | None = None
    """Processor threads. By default one per core."""
    again: Flag = False
    """Measure anew what is known already."""
    all: Flag = False
    """Show every algorithm that was tried, not only the chosen one."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Measures and prints."""
    command = read(Tune, "tune", words)
    device = pick_device(command.device)
    given = None if command.input is None else parse_shape(command.input)
    loaded = load_network(command.network, shape=given)
    shape = given or loaded.shape
    if shape is None:
        raise ArgumentError(f"what does {loaded.label} take? say it, for example --input 3x224x224")
    if command.batch < 1:
        raise ArgumentError(f"a batch is one or more inputs; got {command.batch}")
    keep_memory()  # as training does
    with threads(command.threads), counting("convolutions") as progress:
        result = tune(
            loaded.network,
            (command.batch, *shape),
            number_format=command.number_format,
            device=device,
            again=command.again,
            progress=progress,
        )
    if command.json:
        print(json.dumps(result.to_json(), indent=2, ensure_ascii=False))
    else:
        _print(result, command.all)
    return 0


def _print(result: Tuning, every: bool) -> None:
    console = screen()
    table = Table("layer", "weight", "input", "operation", "algorithm", "ms", "plain ms", "error", box=None)
    table.columns[0].overflow = "fold"  # a name cut short is no name
    for column in table.columns[5:]:
        column.justify = "right"
    for row, names in _distinct(result.rows):
        for cells in _lines(row, names, result.number_format, every):
            table.add_row(*cells)
    console.print(table)
    before, after = (1e3 * result.seconds(plain=plain) for plain in (True, False))
    console.print(
        f"\nall convolutions of a step in {result.number_format}: {after:.1f} ms, "
        f"{before:.1f} ms by the plain calls ({before / max(after, 1e-9):.2f} times)"
    )
    for row, operation, trial in result.wrong:
        console.print(
            f"wrong on this machine: the plain {operation} of {row.call.name} in "
            f"{trial.choice.number_format} {_wrongness(trial)}"
        )


def _wrongness(trial: Trial) -> str:
    if math.isfinite(trial.seconds):
        return f"differs from fp32 by {trial.error:.2g}"
    return "is known to be wrong, and was not run"


def _distinct(rows: Sequence[Row]) -> Iterator[tuple[Row, list[str]]]:
    """Each convolution once, with the names of all layers that compute it."""
    names: dict[object, list[str]] = {}
    firsts: dict[object, Row] = {}
    for row in rows:
        question = (row.call.geometry, row.call.shape)
        firsts.setdefault(question, row)
        names.setdefault(question, []).append(row.call.name)
    return ((row, names[question]) for question, row in firsts.items())


def _lines(row: Row, names: list[str], number_format: str, every: bool) -> Iterator[tuple[str, ...]]:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    head = (names[0] + more, _by(row.call.geometry.weight_shape), _by(row.call.shape))
    for operation in row.operations:
        plain, best = row.measured.trials[operation][0], row.measured.best(operation)
        for trial in row.measured.trials[operation] if every else (best,):
            own = trial.choice.number_format
            algorithm = trial.choice.algorithm + (f" in {own}" if own != number_format else "")
            mark = ("→ " if trial is best else "  ") if every else ""
            yield (
                *head,
                operation.value,
                mark + algorithm + ("" if trial.right else " (wrong)"),
                _milliseconds(trial),
                " ".join(filter(None, (_milliseconds(plain), "" if plain.right else "wrong"))),
                f"{trial.error:.0e}" if math.isfinite(trial.seconds) else "",
            )
            head = ("", "", "")


def _milliseconds(trial: Trial) -> str:
    return f"{1e3 * trial.seconds:.2f}" if math.isfinite(trial.seconds) else ""


def _by(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
