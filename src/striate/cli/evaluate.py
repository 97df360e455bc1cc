"""`striate evaluate`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import read
from striate.cli.options import Flag, Folder, Name, Positional
from striate.cli.predict import Events
from striate.cli.printing import counting, print_json, print_lines


@dataclass(frozen=True)
class Evaluate:
    """Score a trained network on labelled images or clips.

    examples:
      striate evaluate runs/digits-plain                    on its own test images
      striate evaluate runs/photos-plain more/ --split all  on another folder
      striate evaluate runs/digits-plain --out report/      with files
      striate evaluate runs/clips-resnet18-tsm --clips 10 --crops 3
      striate evaluate runs/clips-resnet18-tsm long.csv --events
    """

    run: Annotated[Path, Positional("RUN")]
    """The folder of a run, made by `striate train`."""
    data: Annotated[str | None, Positional("DATA")] = None
    """A data set, as for `striate train`. By default the one that the run was trained on."""
    split: Name = "test"
    """Which part of it: test, val, train or all."""
    clips: int = 1
    """Of each video, so many clips spread over its time; its probabilities are their mean."""
    crops: int = 1
    """Of each clip, 1 crop at the centre, or 3 along the long side."""
    out: Folder | None = None
    """Write evaluation.json, predictions.csv and confusion.png into this folder."""
    device: Name = "auto"
    """auto, cpu, cuda or cuda:1."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed: auto as was found fastest here, plain by PyTorch's own call."""
    json: Flag = False
    """Print the scores as JSON and nothing else on standard output."""
    video: Events = field(default_factory=Events)


def main(words: Sequence[str]) -> int:
    """Scores, writes what is asked for, prints."""
    command = read(Evaluate, "evaluate", words)
    with counting("scoring") as progress:
        result = striate.evaluate(
            command.run,
            command.data,
            split=command.split,
            clips=command.clips,
            crops=command.crops,
            **vars(command.video),
            device=command.device,
            algorithms=command.algorithms,
            progress=progress,
        )
    written = () if command.out is None else result.save(command.out)
    if command.json:
        print_json(result.to_json())
    else:
        from striate.cli.tables import print_evaluation

        print_evaluation(result)
        print_lines("written", written)
    return 0
