"""An inspection as one self-contained page, and as a fragment for notebooks."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, Template, select_autoescape
from markupsafe import Markup

from striate.arithmetic.receptive.summary import of_unit
from striate.inspecting import drawing
from striate.inspecting.columns import by, bytes_of, figure, jumps, kernels, scaled, seconds, seen
from striate.inspecting.layers import Layer
from striate.inspecting.page_template import FRAGMENT, PAGE
from striate.inspecting.picture import frames_of, size_of
from striate.inspecting.table import summary_lines

if TYPE_CHECKING:
    from striate.inspecting.inspection import Inspection


@cache
def _template(text: str) -> Template:
    return Environment(autoescape=select_autoescape(default=True)).from_string(text)


def page_of(inspection: "Inspection") -> str:
    """The page: it needs no other file and no network."""
    fragment = Markup(_template(FRAGMENT).render(_content(inspection)))
    return _template(PAGE).render(title=inspection.network, fragment=fragment)


def fragment_of(inspection: "Inspection") -> str:
    """The drawing, the pictures and the table, to stand in another page."""
    return _template(FRAGMENT).render(_content(inspection))


def _content(inspection: "Inspection") -> dict[str, Any]:
    blocks = drawing.blocks_of(inspection.layers, inspection.input_shape, inspection.axes)
    size = size_of(inspection.input_shape, inspection.axes)
    frames = inspection.totals.frames
    most_macs = max((layer.macs.value for layer in inspection.layers), default=0) or 1
    most_held = max((layer.parameters for layer in inspection.layers), default=0) or 1
    pictures = frames_of(inspection.picture, size, frames) if inspection.picture and size else []
    return {
        "network": inspection.network,
        "input": by(inspection.input_shape),
        "drawing": Markup(drawing.svg_of(blocks)),
        "legend": drawing.legend(),
        "rows": [_row(layer, inspection, most_macs, most_held) for layer in inspection.layers],
        "cards": _cards(inspection),
        "lines": [line for line in summary_lines(inspection) if ":" in line],
        "size": size,
        "frames": list(range(frames or 1)),
        "pictures": pictures,
        "timed": inspection.totals.seconds is not None,
        "first": _first_shown(inspection),
    }


def _cards(inspection: "Inspection") -> list[tuple[str, str]]:
    totals = inspection.totals
    cards = [
        ("parameters", f"{totals.parameters.value:,}"),
        ("MACs", figure(totals.macs)),
        ("FLOPs", figure(totals.flops)),
        ("activations", bytes_of(totals.activation_bytes.value)),
        ("at once, inference", bytes_of(totals.inference_peak.value)),
        ("at once, training", bytes_of(totals.training_peak.value)),
    ]
    if totals.frames:
        cards.append(("MACs per frame", scaled(totals.macs.value / totals.batch / totals.frames)))
    if totals.seconds is not None:
        cards.append(("time", seconds(totals.seconds)))
    return cards


def _row(layer: Layer, inspection: "Inspection", most_macs: int, most_held: int) -> dict[str, Any]:
    """A layer as the template wants it."""
    return {
        "name": layer.name + (f" (call {layer.call})" if layer.call > 1 else ""),
        "kind": layer.kind,
        "colour": drawing.COLOURS[drawing.family(layer.kind)],
        "output": by(layer.output_shape),
        "kernels": kernels(layer),
        "formula": layer.formula or ("shared" if layer.shared else ""),
        "field": seen(layer.receptive_field),
        "jump": jumps(layer.receptive_field),
        "macs": figure(layer.macs) if layer.macs.value or layer.macs.reason else "",
        "macs_bar": 100 * layer.macs.value / most_macs,
        "held_bar": 100 * layer.parameters / most_held,
        "time": seconds(layer.seconds),
        "time_bar": 100 * (layer.share or 0),
        "notes": " · ".join(layer.notes),
        "box": json.dumps(_box(layer, inspection)),
    }


def _box(layer: Layer, inspection: "Inspection") -> dict[str, Any] | None:
    """The field of the unit in the middle, by axis: first and last position, in the image and beyond it."""
    if layer.field is None or layer.receptive_field is None:
        return None
    unit = of_unit(layer.field, layer.receptive_field.axes)
    told: dict[str, Any] = {"unit": by(unit.unit) if unit.unit else "all", "status": unit.status}
    for axis, inside, beyond in zip(unit.axes, unit.clipped, unit.unclipped, strict=True):
        told[axis] = [*(inside or (0, -1)), *(beyond or (0, -1))]
    return told


def _first_shown(inspection: "Inspection") -> int:
    """The row whose field is drawn first: about half of the picture."""
    size = size_of(inspection.input_shape, inspection.axes)
    best, row = None, 0
    for number, layer in enumerate(inspection.layers):
        field = layer.receptive_field
        if size and field is not None and field.size:
            off = abs(field.clipped_size[-1] - size[1] / 2)
            if best is None or off < best:
                best, row = off, number
    return row
