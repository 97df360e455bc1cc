"""`striate compare`."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import options, read
from striate.cli.options import Flag, Positional
from striate.cli.printing import print_json
from striate.errors import ArgumentError
from striate.training.presets import PRESETS
from striate.training.recipe import Facts, Recipe


@dataclass(frozen=True)
class Compare:
    """Train several ways through time on the same clips, by one recipe, and say what each is worth and costs.

    The same command again goes on where it was interrupted: finished trainings are read, not repeated.

    examples:
      striate compare motion-digits --time 2d tsm 2plus1d 3d lstm
      striate compare clips/ --backbone resnet18 --time tsm 3d --weights resnet18.pth --minutes-each 30
      striate compare motion-digits --time tsm 3d 2plus1d --match macs --seeds 5
      striate compare motion-digits --time 2d tsm --seeds 1 --epochs 2 --out runs/short
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
    backbone: str = "plain"
    """The network: plain, resnet18, 34, 50 or 101, mobilenet_v2, squeezenet1_1, vgg16 or alexnet."""
    option: tuple[str, ...] = ()
    """Options of the network, for example --option widths=32,64,128 dropout=0.2."""
    weights: Path | None = None
    """Every training starts from these weights: a .pth or .safetensors file, or a run folder."""
    preset: Literal["default", "fast", "thorough"] = "default"
    """Fits to the data whatever is not given below, in place of the defaults shown there."""
    out: Path | None = None
    """The folder of the comparison and its runs. By default one under runs/, the same for the same data."""
    size: int | None = None
    """Height and width of what the networks see. By default the data's own; of large videos 112."""
    channels: int | None = None
    """1 for grey, 3 for RGB. By default the data's own."""
    frames: int | None = None
    """Frames of each clip. By default 8."""
    causal: Flag = False
    """No frame sees a later one, in any way."""
    stride: int | None = None
    """Distance of the frames in the video. By default they are spread over all of it."""
    flow: Literal["dis", "farneback"] | None = None
    """How the optical flow of two-stream is computed (needs the extra `flow`). By default dis."""
    group_by: str | None = None
    """Clips cut from one recording stay on one side of a split: a pattern whose first group names it."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    threads: int | None = None
    """Processor threads. By default one per core."""
    json: Flag = False
    """Print the result as JSON and nothing else on standard output."""
    recipe: Recipe = field(default_factory=Recipe)
    """How all are trained."""


def main(words: Sequence[str]) -> int:
    """Reads the words twice, as `train` does; trains what is missing, prints."""
    first = read(Compare, "compare", words)
    if first.recipe.minutes is not None:
        raise ArgumentError("--minutes is for one training: say --minutes-each, for each of the comparison")

    def recipe_for(facts: Facts) -> Recipe:
        return read(Compare, "compare", words, default=Compare(recipe=PRESETS[first.preset](facts))).recipe

    try:
        result = striate.compare(
            first.data,
            first.time,
            backbone=first.backbone,
            seeds=first.seeds,
            minutes_each=first.minutes_each,
            match=first.match,
            runs=first.runs,
            out=first.out,
            recipe=recipe_for,
            options=options(first.option),
            weights=first.weights,
            size=first.size,
            channels=first.channels,
            frames=first.frames,
            causal=first.causal,
            stride=first.stride,
            flow=first.flow,
            group_by=first.group_by,
            device=first.device,
            num_threads=first.threads,
        )
    except KeyboardInterrupt:
        return _stopped(words)
    if result.status == "stopped":
        return _stopped(words)
    if first.json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_comparison

        print_comparison(result)
    return 0


def _stopped(words: Sequence[str]) -> int:
    command = shlex.join(["striate", "compare", *words])
    print(f"stopped, everything saved; go on with the same command:  {command}", file=sys.stderr)
    return 130
