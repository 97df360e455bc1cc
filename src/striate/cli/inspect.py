"""`striate inspect`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import striate
from striate.cli.arguments import read
from striate.cli.options import File, Flag, Folder, Metavar, Positional
from striate.cli.printing import one_form, print_json, screen
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from striate.inspecting import Inspection, SideBySide

Network = Annotated[str, Metavar("NETWORK")]


@dataclass(frozen=True)
class Inspect:
    """What every layer of a network is, holds, sees and costs, on images or on clips.

    examples:
      striate inspect plain
      striate inspect resnet18 --html resnet18.html --image dog.png
      striate inspect resnet50 --against mobilenet_v2
      striate inspect runs/digits-plain --measure
      striate inspect resnet18 --time tsm --frames 8
      striate inspect my.models:network --input 3x8x112x112 --unit layer3:4,7,7
    """

    network: Annotated[str, Positional("NETWORK")]
    """A name of the catalogue, a run folder, package.module:function, a .onnx or a .pt2 file."""
    input: Annotated[str, Metavar("SHAPE")] | None = None
    """One input, 3x224x224 for an image, 3x8x112x112 for a clip of 8 frames."""
    batch: int = 1
    """Inputs at once; costs are those of all."""
    layout: Annotated[str, Metavar("AXES")] | None = None
    """The axes of the input where they are not N C T H W, for example NTC."""
    against: Network | None = None
    """A second network, side by side."""
    unit: Annotated[str, Metavar("LAYER[:Y,X]")] | None = None
    """What one unit of a layer sees: LAYER:3,5, or LAYER for the one in the middle."""
    time: Annotated[str, Metavar("WAY")] | None = None
    """A way through time for a network of the catalogue: 2d, tsm, 2plus1d, 3d, rnn, lstm, gru, two-stream."""
    frames: int | None = None
    """Frames of a clip, where --input does not say. By default 8."""
    causal: Flag = False
    """No frame of a clip sees a later one."""
    measure: Flag = False
    """Also run the network on real numbers and measure every layer."""
    depth: int | None = None
    """Fold layers that lie deeper than this many parts of a name."""
    all: Flag = False
    """Also show rows that only move elements."""
    image: File | None = None
    """A picture, or a folder of frames, to draw receptive fields on in the page."""
    html: File | None = None
    """Write one self-contained page."""
    out: Folder | None = None
    """Write inspection.json and inspection.html into this folder; of one network, .csv and .md too."""
    csv: Flag = False
    """Print CSV and nothing else on standard output."""
    markdown: Flag = False
    """Print Markdown and nothing else on standard output."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


ASKED = ("batch", "layout", "time", "frames", "causal", "measure", "against", "image")
"""What the function of this verb takes besides."""


def main(words: Sequence[str]) -> int:
    """Inspects, writes what is asked for, prints."""
    command = read(Inspect, "inspect", words)
    one_form(csv=command.csv, markdown=command.markdown, json=command.json)
    _refuse_for_two(command)
    asked = {name: getattr(command, name) for name in ASKED}
    result: Inspection | SideBySide = striate.inspect(command.network, command.input, **asked)
    if command.html is not None:
        from striate.runs import write_text

        write_text(command.html, result.to_html())
    if command.out is not None:
        result.save(command.out)
    _present(command, result)
    return 0


def _refuse_for_two(command: Inspect) -> None:
    """What is of one network."""
    asked = [f"--{name}" for name in ("csv", "markdown", "unit", "depth", "all") if getattr(command, name)]
    if command.against is not None and asked:
        raise ArgumentError(f"--against shows two networks, and {' and '.join(asked)} one: leave one out")


def _present(command: Inspect, result: "Inspection | SideBySide") -> None:
    from striate.inspecting import Inspection

    if isinstance(result, Inspection) and command.unit is not None:
        _present_unit(command, result, *_unit(command.unit))
    elif command.json:
        print_json(result.to_json())
    elif not isinstance(result, Inspection):
        screen().print(result.to_table())
    elif command.csv:
        print(result.to_csv(), end="")
    elif command.markdown:
        print(result.to_markdown(), end="")
    else:
        screen().print(result.to_table(depth=command.depth, moves=command.all))


def _present_unit(command: Inspect, found: "Inspection", name: str, unit: tuple[int, ...] | None) -> None:
    seen = found.unit(name, unit)
    if command.json:
        print_json(seen.to_json())
        return
    for axis, inside, beyond in zip(seen.axes, seen.clipped, seen.unclipped, strict=True):
        extent = "nothing" if inside is None else f"{inside[0]} … {inside[1]}"
        wider = f" ({beyond[0]} … {beyond[1]} without the edges)" if beyond and beyond != inside else ""
        print(f"{name} unit {','.join(map(str, seen.unit))} along {axis}: {extent}{wider}, {seen.status}")


def _unit(text: str) -> tuple[str, tuple[int, ...] | None]:
    """`layer1.0.conv1:3,5` as a layer and a unit.

    >>> _unit("conv1:3,5"), _unit("conv1")
    (('conv1', (3, 5)), ('conv1', None))
    """
    name, sign, position = text.partition(":")
    if not sign:
        return name, None
    try:
        return name, tuple(int(number) for number in position.split(","))
    except ValueError:
        raise ArgumentError(f"--unit takes LAYER:3,5, a layer and a position in it; got {text!r}") from None
