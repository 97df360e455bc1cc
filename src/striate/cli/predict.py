"""`striate predict`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from striate.cli.arguments import Flag, read
from striate.cli.tables import counting, print_lines, print_predictions, print_videos, skipped_in
from striate.evaluating.predict import predict
from striate.evaluating.predict_clips import videos_to_csv
from striate.evaluating.predictions import to_csv
from striate.runs import write_text


@dataclass(frozen=True)
class Predict:
    """Classify files of images or videos with a trained network.

    examples:
      striate predict runs/digits-plain seven.png
      striate predict runs/photos-plain holiday/ --csv > holiday.csv
      striate predict runs/clips-resnet18-tsm video.mp4 --window 2    the whole video, and every two seconds
    """

    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The folder of a run, made by `striate train`."""
    files: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="FILES")]
    """Files of images, or of videos for a run on clips (also folders of frames), or folders of them."""
    window: float | None = None
    """Of a video, also classify windows so many seconds long, 2 by default."""
    out: Path | None = None
    """Write predictions.json and predictions.csv into this folder."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed: auto as was found fastest here, plain by PyTorch's own call."""
    csv: Flag = False
    """Print CSV and nothing else on standard output."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Classifies, writes what is asked for, prints."""
    command = read(Predict, "predict", words)
    with counting("classifying") as progress:
        result = predict(
            command.run,
            command.files,
            window=command.window,
            device=command.device,
            algorithms=command.algorithms,
            progress=progress,
        )
    table = to_csv(result.images) if result.videos is None else videos_to_csv(result.videos)
    content = json.dumps(result.to_json(), indent=2, ensure_ascii=False)
    if command.out is not None:
        write_text(command.out / "predictions.json", content + "\n")
        write_text(command.out / "predictions.csv", table)
    if command.json:
        print(content)
    elif command.csv:
        print(table, end="")
        print_lines("skipped", skipped_in(result), error=True)
    else:
        (print_predictions if result.videos is None else print_videos)(result)
    return 0
