"""`striate data flow`: the optical flow of a clip, drawn."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from striate.cli.arguments import Flag


@dataclass(frozen=True)
class Flow:
    """Draw the optical flow of a clip in colour: the hue says where to, the strength how far.

    examples:
      striate data flow clips/jump/a.mp4 --out flow.png
      striate data flow motion-digits/test/3 --size 96
    """

    clip: tyro.conf.Positional[str]
    """A video file, a folder of frames, or a clip of moving digits: motion-digits/test/3."""
    out: Path = Path("flow.png")
    """The picture to write."""
    method: Literal["dis", "farneback"] = "dis"
    """Dense inverse search, or Farnebäck's polynomials."""
    frames: int = 8
    """So many, each with the flow to the next one of the video."""
    stride: int | None = None
    """Their distance in frames. By default they are spread over the whole clip."""
    size: int | None = None
    """Pixels, for square pictures. By default the video's own."""
    json: Flag = False
    """Print what was drawn as JSON and nothing else on standard output."""


def main(command: Flow) -> int:
    """Draws it."""
    from striate.data.flow_picture import draw_flow

    picture = draw_flow(
        command.clip,
        command.out,
        method=command.method,
        frames=command.frames,
        stride=command.stride,
        size=command.size,
    )
    if command.json:
        print(json.dumps(picture.to_json()))
    else:
        print(f"{picture.path}: full colour is {picture.longest:.1f} pixels from one frame to the next")
    return 0
