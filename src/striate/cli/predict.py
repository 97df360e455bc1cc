"""`striate predict`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import striate
from striate.cli.arguments import read
from striate.cli.options import Flag, Folder, Name, Positional
from striate.cli.printing import counting, one_form, print_json, print_lines
from striate.errors import printable


@dataclass(frozen=True)
class Events:
    """Windows of a video, and events made of them."""

    window: float | None = None
    """Seconds of a window. By default 2 for a run whose frames are spread over a clip; any other has windows
    of its own length."""
    hop: float | None = None
    """Seconds from the beginning of one window to that of the next. By default as long as a window, for
    events a quarter of it."""
    events: Flag = False
    """Join the windows of each video into events: what happens from when to when."""
    threshold: float | None = None
    """The probability that an event reaches somewhere. By default 0.5."""
    threshold_off: float | None = None
    """The probability below which it ends. By default 0.3."""
    min_duration: float | None = None
    """Seconds; shorter events are left out. By default 0."""
    min_gap: float | None = None
    """Seconds; events of one class that are less apart are one. By default 0."""


@dataclass(frozen=True)
class Predict:
    """Classify files of images or videos with a trained network.

    examples:
      striate predict runs/digits-plain seven.png
      striate predict runs/photos-plain holiday/ --csv > holiday.csv
      striate predict runs/clips-resnet18-tsm video.mp4 --window 2
      striate predict runs/clips-resnet18-tsm long.mp4 --events --hop 0.5
    """

    run: Annotated[Path, Positional("RUN")]
    """The folder of a run, made by `striate train`."""
    files: Annotated[tuple[Path, ...], Positional("FILES")]
    """Files of images, or of videos for a run on clips (also folders of frames), or folders of them."""
    out: Folder | None = None
    """Write predictions.json and predictions.csv into this folder."""
    device: Name = "auto"
    """auto, cpu, cuda or cuda:1."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed: auto as was found fastest here, plain by PyTorch's own call."""
    csv: Flag = False
    """Print CSV and nothing else on standard output."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""
    video: Events = field(default_factory=Events)


def main(words: Sequence[str]) -> int:
    """Classifies, writes what is asked for, prints. Exit code 1 where files were skipped."""
    command = read(Predict, "predict", words)
    one_form(csv=command.csv, json=command.json)
    with counting("classifying") as progress:
        result = striate.predict(
            command.run,
            command.files,
            **vars(command.video),
            device=command.device,
            algorithms=command.algorithms,
            progress=progress,
        )
    if command.out is not None:
        result.save(command.out)
    skipped = [f"{one.path}: {one.reason}" for one in result.skipped]
    if command.json:
        print_json(result.to_json())
    elif command.csv:
        table = result.to_csv()
        print(printable(table) if sys.stdout.isatty() else table, end="")
        print_lines("skipped", skipped, error=True)
    else:
        from striate.cli.tables import print_predictions

        print_predictions(result)
        print_lines("skipped", skipped)
    return 2 if skipped else 0
