"""`striate tune`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import striate
from striate.cli.arguments import read
from striate.cli.options import Flag, Metavar, Name, Positional
from striate.cli.printing import counting, print_json


@dataclass(frozen=True)
class Tune:
    """Measure the equal algorithms of every convolution of a network, and name the fastest right one.

    Trainings of 50 steps or more and long evaluations use what is known, and measure what they need.

    examples:
      striate tune resnet50 --input 3x224x224 --batch 8
      striate tune runs/clips-resnet18 --batch 4
      striate tune my.models:network --input 3x16x112x112 --batch 4 --all
    """

    network: Annotated[str, Positional("NETWORK")]
    """A name of the catalogue, a run folder, or package.module:function."""
    input: Annotated[str, Metavar("SHAPE")] | None = None
    """One input, 3x224x224 for an image, 3x8x112x112 for a clip of 8 frames. By default the network's own."""
    batch: int = 8
    """Inputs in one step."""
    number_format: Literal["auto", "fp32", "bf16"] = "auto"
    """Auto: bf16 where the processor has it."""
    device: Name = "auto"
    """auto, cpu, cuda or cuda:1."""
    num_threads: int | None = None
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
    with counting("convolutions") as progress:
        result = striate.tune(
            command.network,
            command.input,
            batch=command.batch,
            number_format=command.number_format,
            device=command.device,
            num_threads=command.num_threads,
            again=command.again,
            progress=progress,
        )
    if command.json:
        print_json(result.to_json())
    else:
        from striate.cli.tuning_table import print_tuning

        print_tuning(result, command.all)
    return 0
