"""`striate predict`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from striate.cli.arguments import Flag, read
from striate.cli.tables import counting, print_lines, print_predictions, skipped_in
from striate.evaluating.predict import predict
from striate.evaluating.predictions import to_csv
from striate.runs import write_text


@dataclass(frozen=True)
class Predict:
    """Classify image files with a trained network.

    examples:
      striate predict runs/digits-plain seven.png
      striate predict runs/photos-plain holiday/ --csv > holiday.csv
    """

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The folder of a run, made by `striate train`."""
    files: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="FILES")]
    """Image files, or folders of them."""
    out: Path | None = None
    """Write predictions.json and predictions.csv into this folder."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    csv: Flag = False
    """Print CSV and nothing else on standard output."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Classifies, writes what is asked for, prints."""
    command = read(Predict, "predict", words)
    with counting("classifying") as progress:
        result = predict(command.run, command.files, device=command.device, progress=progress)
    content = json.dumps(result.to_json(), indent=2, ensure_ascii=False)
    if command.out is not None:
        write_text(command.out / "predictions.json", content + "\n")
        write_text(command.out / "predictions.csv", to_csv(result.images))
    if command.json:
        print(content)
    elif command.csv:
        print(to_csv(result.images), end="")
        print_lines("skipped", skipped_in(result), error=True)
    else:
        print_predictions(result)
    return 0
