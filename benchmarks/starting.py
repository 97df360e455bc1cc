"""What help and mistakes cost: whole processes, from start to end, of every verb.

    python benchmarks/starting.py --repeats 5

Seconds of the clock and of the processor, medians and the most; `import torch` beside them. On a busy machine
only those of the processor say what a command costs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from striate.cli.verbs import DATA_VERBS, VERBS


def commands() -> dict[str, list[list[str]]]:
    """The words of each kind of command."""
    verbs = [[verb] for verb in VERBS if verb != "data"] + [["data", what] for what in DATA_VERBS]
    return {
        "striate --help, a mistyped verb": [["--help"], ["trian"]],
        "the help of a verb": [[*verb, "--help"] for verb in verbs],
        "a mistyped option of a verb": [[*verb, "--nonsense"] for verb in verbs],
    }


def cost(command: list[str]) -> tuple[float, float]:
    """Seconds of the clock and of the processor that one process takes."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, *command], capture_output=True)
    after, ended = os.times(), time.perf_counter()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return ended - began, worked


def told(what: str, costs: list[tuple[float, float]]) -> str:
    """One line."""
    clock, processor = (list(each) for each in zip(*costs, strict=True))
    return (
        f"{what:34} clock {statistics.median(clock):.2f} s (most {max(clock):.2f}), "
        f"processor {statistics.median(processor):.2f} s (most {max(processor):.2f})"
    )


def main() -> None:
    """Prints a line for each kind of command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="processes of each command")
    repeats = parser.parse_args().repeats
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for what, kinds in commands().items():
        costs = [cost(["-m", "striate", *words]) for _ in range(repeats) for words in kinds]
        print(told(f"{what} ({len(kinds)})", costs))
    print(told("import torch", [cost(["-c", "import torch"]) for _ in range(repeats)]))


if __name__ == "__main__":
    main()
