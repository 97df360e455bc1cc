"""`striate evaluate`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from striate.cli.arguments import Flag, read
from striate.cli.tables import counting, print_evaluation, print_lines
from striate.evaluating.confusion import draw_confusion
from striate.evaluating.evaluate import Evaluation, evaluate
from striate.evaluating.predictions import to_csv
from striate.runs import write, write_text


@dataclass(frozen=True)
class Evaluate:
    """Score a trained network on labelled images or clips.

    examples:
      striate evaluate runs/digits-plain                     on the test images of its own data
      striate evaluate runs/photos-plain more/ --split all   on all images of another folder
      striate evaluate runs/digits-plain --out report/       with predictions and confusion matrix as files
      striate evaluate runs/clips-resnet18-tsm --clips 10 --crops 3   each video looked at thirty times
    """

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The folder of a run, made by `striate train`."""
    data: Annotated[tyro.conf.Positional[str | None], tyro.conf.arg(metavar="[DATA]")] = None
    """A data set, as for `striate train`. By default the one that the run was trained on."""
    split: str = "test"
    """Which part of it: test, val, train or all."""
    clips: int = 1
    """Of each video, so many clips spread over its time; its probabilities are their mean."""
    crops: int = 1
    """Of each clip, 1 crop at the centre, or 3 along the long side."""
    out: Path | None = None
    """Write evaluation.json, predictions.csv and confusion.png into this folder."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed: auto as was found fastest here, plain by PyTorch's own call."""
    json: Flag = False
    """Print the scores as JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Scores, writes what is asked for, prints."""
    command = read(Evaluate, "evaluate", words)
    with counting("scoring") as progress:
        result = evaluate(
            command.run,
            command.data,
            split=command.split,
            clips=command.clips,
            crops=command.crops,
            device=command.device,
            algorithms=command.algorithms,
            progress=progress,
        )
    written = () if command.out is None else _write(result, command.out)
    if command.json:
        print(json.dumps(result.to_json(), indent=2, ensure_ascii=False))
    else:
        print_evaluation(result)
        print_lines("written", written)
    return 0


def _write(result: Evaluation, folder: Path) -> tuple[Path, ...]:
    paths = tuple(folder / name for name in ("evaluation.json", "predictions.csv", "confusion.png"))
    scores = result.scores
    title = f"{result.data}, {result.split}: {scores.top1:.2%} of {scores.images:,} {scores.unit}"
    write_text(paths[0], json.dumps(result.to_json(), indent=2, ensure_ascii=False) + "\n")
    write_text(paths[1], to_csv(result.predictions))
    write(paths[2], lambda path: draw_confusion(scores, title, path))
    return paths
