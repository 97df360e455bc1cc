"""`striate compare`."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import options, read, recipe_settings
from striate.cli.options import Flag, Positional
from striate.cli.printing import print_json
from striate.errors import ArgumentError
from striate.training.recipe import Recipe
from striate.training.request import ClipOptions, MachineOptions, NetworkOptions, PictureOptions


@dataclass(frozen=True)
class Compare:
    """Train several ways through time on the same clips, by one recipe, and say what each is worth and costs.

    The same command again goes on where it was interrupted: finished trainings are read, not repeated.

    examples:
      striate compare motion-digits --time 2d tsm 2plus1d 3d lstm
      striate compare clips/ --backbone resnet18 --time tsm 3d --minutes-each 30
      striate compare motion-digits --time tsm 3d 2plus1d --match macs --seeds 5
      striate compare motion-digits --seeds 1 --epochs 2 --out runs/short
      striate compare --runs runs/clips-resnet18-tsm runs/clips-resnet18-3d
    """

    data: Annotated[str | None, Positional("DATA")] = None
    """Clips: motion-digits, a folder with a folder of videos per class, a list of videos."""
    time: tuple[str, ...] = ("2d", "tsm")
    """The ways through time: 2d, tsm, 3d, 2plus1d, rnn, lstm, gru, two-stream. The first is the reference."""
    seeds: int = 3
    """How often each is trained, from --seed on."""
    minutes_each: float | None = None
    """Minutes of each training, in place of the recipe's epochs."""
    match: Literal["params", "macs", "time"] | None = None
    """Scale the widths to the reference's parameters or MACs; or train for as long as it took."""
    runs: tuple[Path, ...] = ()
    """Finished runs on the same data, made anywhere, that join the table."""
    network: NetworkOptions = field(default_factory=NetworkOptions)
    options: tuple[str, ...] = ()
    """Options of the network, for example --options widths=32,64,128 dropout=0.2."""
    recipe: Literal["default", "fast", "thorough"] = "default"
    """Fits to the data whatever is not given below, in place of the defaults shown there."""
    out: Path | None = None
    """The folder of the comparison and its runs. By default one under runs/, the same for the same data."""
    picture: PictureOptions = field(default_factory=PictureOptions)
    clips: ClipOptions = field(default_factory=ClipOptions)
    machine: MachineOptions = field(default_factory=MachineOptions)
    json: Flag = False
    """Print the result as JSON and nothing else on standard output."""
    settings: Recipe = field(default_factory=Recipe)
    """How all are trained."""


def main(words: Sequence[str]) -> int:
    """Trains what is missing, compares, prints."""
    command = read(Compare, "compare", words)
    if command.settings.minutes is not None:
        raise ArgumentError("--minutes is for one training: say --minutes-each, for each of the comparison")
    try:
        result = striate.compare(
            command.data,
            command.time,
            seeds=command.seeds,
            minutes_each=command.minutes_each,
            match=command.match,
            runs=command.runs,
            out=command.out,
            recipe=command.recipe,
            options=options(command.options),
            device=command.machine.device,
            num_threads=command.machine.num_threads,
            **vars(command.network) | vars(command.picture) | vars(command.clips),
            **recipe_settings(Compare, "compare", words),
        )
    except KeyboardInterrupt:
        return _stopped(words)
    if result.status == "stopped":
        return _stopped(words)
    if command.json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_comparison

        print_comparison(result)
    return 0


def _stopped(words: Sequence[str]) -> int:
    command = shlex.join(["striate", "compare", *words])
    print(f"stopped, everything saved; go on with the same command:  {command}", file=sys.stderr)
    return 130
