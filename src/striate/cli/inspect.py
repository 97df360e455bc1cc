"""`striate inspect`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from striate.cli.arguments import Flag, read
from striate.errors import ArgumentError
from striate.inspecting import Inspection, inspect
from striate.inspecting.side_by_side import SideBySide
from striate.runs import write_text


@dataclass(frozen=True)
class Inspect:
    """What every layer of a network is, holds, sees and costs.

    examples:
      striate inspect plain
      striate inspect resnet18 --input 3x224x224 --html resnet18.html --image dog.png
      striate inspect resnet50 --against mobilenet_v2
      striate inspect runs/digits-plain --measure
      striate inspect resnet18 --time tsm --frames 8 --input 3x8x112x112
      striate inspect my.models:network --input 3x8x112x112 --unit layer3.0.conv1:4,7,7
    """

    network: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NETWORK")]
    """A name of the catalogue, a run folder, package.module:function, a .onnx or a .pt2 file."""
    input: str | None = None
    """One input, 3x224x224 for an image, 3x8x112x112 for a clip of 8 frames."""
    batch: int = 1
    """Inputs at once; costs are those of all."""
    layout: str | None = None
    """The axes of the input where they are not N C T H W, for example NTC."""
    against: str | None = None
    """A second network, side by side."""
    unit: str | None = None
    """What one unit of a layer sees: LAYER:3,5, or LAYER for the one in the middle."""
    time: str | None = None
    """A way through time for a network of the catalogue: 2d, tsm, 2plus1d, 3d, rnn, lstm, gru, two-stream."""
    frames: int | None = None
    """Frames of a clip, where --input does not say."""
    causal: Flag = False
    """No frame of a clip sees a later one."""
    measure: Flag = False
    """Also run the network on real numbers and measure every layer; --time alone means the same."""
    depth: int | None = None
    """Fold layers that lie deeper than this many parts of a name."""
    all: Flag = False
    """Also show rows that only move elements."""
    image: Path | None = None
    """A picture, or a folder of frames, to draw receptive fields on in the page."""
    html: Path | None = None
    """Write one self-contained page."""
    out: Path | None = None
    """Write inspection.json, inspection.csv, inspection.md and inspection.html into this folder."""
    csv: Flag = False
    """Print CSV and nothing else on standard output."""
    markdown: Flag = False
    """Print Markdown and nothing else on standard output."""
    json: Flag = False
    """Print JSON and nothing else on standard output."""


def main(words: Sequence[str]) -> int:
    """Inspects, writes what is asked for, prints."""
    command = read(Inspect, "inspect", _measuring(words))
    found = _inspected(command, command.network)
    _write(command, found)
    if command.against is not None:
        return _present(command, SideBySide(found, _inspected(command, command.against)))
    if command.unit is not None:
        return _print_unit(command, found)
    return _present(command, found)


def _inspected(command: Inspect, network: str) -> Inspection:
    return inspect(
        network,
        command.input,
        batch=command.batch,
        layout=command.layout,
        time=command.measure,
        way=command.time,
        frames=command.frames,
        causal=command.causal,
        image=command.image,
    )


def _measuring(words: Sequence[str]) -> list[str]:
    """`--time` alone, with no way through time after it, asks for measured times.

    >>> _measuring(["plain", "--time"]), _measuring(["plain", "--time", "tsm"])
    (['plain', '--measure'], ['plain', '--time', 'tsm'])
    """
    following = [*words[1:], "-"]
    alone = [word == "--time" and after.startswith("-") for word, after in zip(words, following, strict=True)]
    return ["--measure" if bare else word for word, bare in zip(words, alone, strict=True)]


def _write(command: Inspect, found: Inspection) -> None:
    """The files that were asked for; each is written beside and renamed."""
    wanted: dict[Path, Any] = {}
    if command.html is not None:
        wanted[command.html] = found.to_html
    if command.out is not None:
        wanted[command.out / "inspection.json"] = lambda: _dumped(found.to_json()) + "\n"
        wanted[command.out / "inspection.csv"] = found.to_csv
        wanted[command.out / "inspection.md"] = found.to_markdown
        wanted[command.out / "inspection.html"] = found.to_html
    for path, make in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, make())


def _present(command: Inspect, result: Inspection | SideBySide) -> int:
    """Print the result in the form that was asked for."""
    if command.json:
        print(_dumped(result.to_json()))
    elif isinstance(result, SideBySide):
        if command.csv or command.markdown:
            raise ArgumentError(
                "two networks side by side are a table or --json: leave out --csv and --markdown"
            )
        _console().print(result.to_table())
    elif command.csv:
        print(result.to_csv(), end="")
    elif command.markdown:
        print(result.to_markdown(), end="")
    else:
        _console().print(result.to_table(depth=command.depth, moves=command.all))
    return 0


def _print_unit(command: Inspect, found: Inspection) -> int:
    assert command.unit is not None
    name, unit = _unit(command.unit)
    seen = found.unit(name, unit)
    if command.json:
        print(_dumped(seen.to_json()))
        return 0
    for axis, inside, beyond in zip(seen.axes, seen.clipped, seen.unclipped, strict=True):
        told = "nothing" if inside is None else f"{inside[0]} … {inside[1]}"
        wider = f" ({beyond[0]} … {beyond[1]} without the edges)" if beyond and beyond != inside else ""
        print(f"{name} unit {','.join(map(str, seen.unit))} along {axis}: {told}{wider}, {seen.status}")
    return 0


def _unit(text: str) -> tuple[str, tuple[int, ...] | None]:
    """`layer1.0.conv1:3,5` as a layer and a unit.

    >>> _unit("conv1:3,5"), _unit("conv1")
    (('conv1', (3, 5)), ('conv1', None))
    """
    name, sign, places = text.partition(":")
    if not sign:
        return name, None
    try:
        return name, tuple(int(place) for place in places.split(","))
    except ValueError:
        raise ArgumentError(f"--unit takes LAYER:3,5, a layer and a place in it; got {text!r}") from None


def _console() -> Console:
    """As wide as the terminal; where there is none, as wide as the table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _dumped(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)
