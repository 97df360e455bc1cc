"""`striate train`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import options, read, recipe_settings
from striate.cli.options import Flag, Positional
from striate.cli.printing import print_json
from striate.cli.torchrun_errors import leads
from striate.errors import ArgumentError
from striate.training.recipe import Recipe
from striate.training.request import ClipOptions, MachineOptions, NetworkOptions, PictureOptions


@dataclass(frozen=True)
class Train:
    """Train a network on labelled images or clips; keep the best weights and score them on the test split.

    examples:
      striate train digits                      the built-in digits, good defaults
      striate train mnist --recipe fast         one quick pass
      striate train photos/ --minutes 10        one folder per class, ten minutes
      striate train photos/ --backbone resnet18 --size 112 --weights resnet18.pth
      striate train motion-digits --time tsm    clips that only order tells apart
      striate train clips/ --backbone resnet18 --time tsm --weights resnet18.pth
      striate train clips/ --time 3d --stride 2 --freeze conv1 layer1
      striate train --resume runs/photos-plain  go on where it was interrupted
      torchrun --nproc-per-node 2 -m striate train photos/
    """

    data: Annotated[str | None, Positional("DATA")] = None
    """digits, mnist, fashion-mnist, motion-digits, a folder of IDX files, one with a folder of images or of
    videos per class, or a list of videos."""
    resume: Path | None = None
    """Go on with the training in this run folder."""
    network: NetworkOptions = field(default_factory=NetworkOptions)
    options: tuple[str, ...] = ()
    """Options of the network, for example --options widths=32,64,128 dropout=0.2."""
    recipe: Literal["default", "fast", "thorough"] = "default"
    """Fits to the data whatever is not given below, in place of the defaults shown there."""
    out: Path | None = None
    """The run's folder. By default a new one under runs/."""
    picture: PictureOptions = field(default_factory=PictureOptions)
    time: str | None = None
    """The way through time, for clips: 2d, tsm, 3d, 2plus1d, rnn, lstm, gru or two-stream. By default tsm."""
    clips: ClipOptions = field(default_factory=ClipOptions)
    machine: MachineOptions = field(default_factory=MachineOptions)
    tensorboard: Flag = False
    """Also write the history for TensorBoard, into the run's folder (needs the extra `track`)."""
    json: Flag = False
    """Print the result as JSON and nothing else on standard output."""
    settings: Recipe = field(default_factory=Recipe)
    """How it is trained."""


def main(words: Sequence[str]) -> int:
    """Trains as the words say, and prints what it came to."""
    command = read(Train, "train", words)
    if command.data is None and command.resume is None:
        raise ArgumentError(
            "train on what? give a data set, for example `striate train digits`; "
            "`striate train --help` tells which there are"
        )
    result = striate.train(
        command.data,
        resume=command.resume,
        recipe=command.recipe,
        options=options(command.options),
        out=command.out,
        time=command.time,
        device=command.machine.device,
        num_threads=command.machine.num_threads,
        tensorboard=command.tensorboard,
        **vars(command.network) | vars(command.picture) | vars(command.clips),
        **recipe_settings(Train, "train", words),
    )
    if not leads():
        return 0
    if command.json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_run

        print_run(result)
    return 0 if result.status == "finished" else 130
