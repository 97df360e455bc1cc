"""`striate inspect`."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.options import Asked, Verb
from striate.cli.printing import print_json, screen
from striate.errors import ArgumentError

if TYPE_CHECKING:
    from striate.arithmetic.receptive.unit_field import UnitField
    from striate.inspecting import Inspection, SideBySide

OF_TABLE = ("depth", "all")
"""Options of the printed table alone."""


def show(
    result: "Inspection | SideBySide",
    asked: Asked,
    *,
    unit: str | None = None,
    depth: int | None = None,
    all: bool = False,
    html: Path | None = None,
    csv: bool = False,
    markdown: bool = False,
    json: bool = False,
) -> None:
    """The table, or one of its other forms.

    Args:
        unit: what one unit of a layer sees: LAYER:3,5, or LAYER for the one in the middle.
        depth: fold layers that lie deeper than this many parts of a name.
        all: also show rows that only move elements.
    """
    from striate.inspecting import Inspection
    from striate.pages.languages import told_in

    if html is not None:
        from striate.runs import write_text

        write_text(html, result.to_html())
    if isinstance(result, Inspection) and unit is not None:
        with told_in(result.language):
            _show_unit(result, *unit_of(unit), json=json)
    elif json:
        print_json(result.to_json())
    elif not isinstance(result, Inspection):
        screen().print(result.to_table())
    elif csv:
        print(result.to_csv(), end="")
    elif markdown:
        print(result.to_markdown(), end="")
    else:
        screen().print(result.to_table(depth=depth, moves=all))


def _show_unit(found: "Inspection", name: str, unit: tuple[int, ...] | None, json: bool) -> None:
    fields = found.layer(name).receptive_fields
    sources = [source for source, field in fields.items() if field is not None]
    if json or len(sources) < 2:
        seen = found.unit(name, unit, source=sources[0] if len(sources) == 1 else None)
        _show_lines(found, name, seen, "") if not json else print_json(seen.to_json())
        return
    for source in sources:
        _show_lines(found, name, found.unit(name, unit, source=source), f" of {source}")


def _show_lines(found: "Inspection", name: str, seen: "UnitField", of: str) -> None:
    """A line for each axis."""
    for axis, inside, beyond in zip(seen.axes, seen.clipped, seen.unclipped, strict=True):
        extent = "nothing" if inside is None else f"{inside[0]} … {inside[1]}"
        wider = f" ({beyond[0]} … {beyond[1]} without the edges)" if beyond and beyond != inside else ""
        unit = ",".join(map(str, seen.unit))
        print(found.say(f"{name} unit {unit} along {axis}{of}: {extent}{wider}, {seen.status}"))


def unit_of(text: str) -> tuple[str, tuple[int, ...] | None]:
    """`layer1.0.conv1:3,5` as a layer and a unit.

    >>> unit_of("conv1:3,5"), unit_of("conv1")
    (('conv1', (3, 5)), ('conv1', None))
    """
    name, sign, position = text.partition(":")
    if not sign:
        return name, None
    try:
        return name, tuple(int(number) for number in position.split(","))
    except ValueError:
        raise ArgumentError(f"--unit takes LAYER:3,5, a layer and a position in it; got {text!r}") from None


def refuse(asked: Asked) -> None:
    """Raises ArgumentError for what names no unit."""
    unit_of(asked.values.get("unit", ""))


VERB = Verb(
    "inspect",
    show,
    positional=("network",),
    beside={"image": ("html", "out")},
    instead={
        "against": ("csv", "markdown", "unit", *OF_TABLE),
        "unit": ("csv", "markdown", *OF_TABLE),
        **dict.fromkeys(("json", "csv", "markdown"), OF_TABLE),
    },
    refuse=refuse,
    examples="""
striate inspect plain
striate inspect resnet18 --html resnet18.html --image dog.png
striate inspect resnet50 --against mobilenet_v2
striate inspect runs/digits-plain --measure
striate inspect resnet18 --time tsm --frames 8
striate inspect my.models:network --input 3x8x112x112 --unit layer3:4,7,7
striate inspect my.py:network --input 3x64x64 mask=1x64x64 scale=0.5
striate inspect plain --backward --measure""",
)
