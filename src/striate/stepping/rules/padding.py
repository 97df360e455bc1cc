"""Frames of zeros put before or behind a clip, and frames cut off it: what networks of others are causal by.

Nothing is put into a row: zeros before a clip are what a layer over frames has kept before it begins. So a
value with frames before its own comes out so much earlier, and one without its first ones so much later.
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build
from striate.stepping.cells import there
from striate.stepping.rules.frame_by_frame import function
from striate.stepping.timed import CLIP, SEQUENCE, Timed, moved
from striate.stepping.walk import Call

LAYERS = (nn.ZeroPad3d, nn.ConstantPad1d, nn.ConstantPad3d, nn.ReplicationPad3d, nn.ReflectionPad3d)
MODES = {nn.ReplicationPad3d: "replicate", nn.ReflectionPad3d: "reflect"}


class Padded(nn.Module):
    """Frames (N·k, …) with a border; nothing where no frame of the clip is."""

    def __init__(self, border: tuple[int, ...], mode: str, value: float) -> None:
        super().__init__()
        self.border, self.mode, self.value = border, mode, value

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        x = there(x, valid)
        if not any(self.border):
            return x
        return F.pad(x, self.border, self.mode, self.value if self.mode == "constant" else None)


def pad(b: Build, call: Call, x: Timed, *others: Timed) -> Timed:
    """`F.pad`, and the layers that do the same."""
    if x.axis not in (CLIP, SEQUENCE) or others:
        return function(b, call, x, *others)
    border, mode, value = _asked(call)
    number = call.outputs[0]
    assert number is not None
    shape = b.walk.shapes[number]
    at = 2 * (len(shape) - 1 - x.axis)  # where the border of time stands, from the last axis on
    before, after = (*border, 0, 0)[at : at + 2] if len(border) > at else (0, 0)
    if (before or after) and (mode != "constant" or value):
        raise NetworkError(
            f"{call.title} puts frames beside a clip that are not of zeros, so it has no step: pad with zeros"
        )
    if any(border[at + 2 :]) and x.axis == SEQUENCE:
        raise NetworkError(f"{call.title} pads a batch, which has no step")
    rest = tuple(side for i, side in enumerate(shape) if i not in (0, x.axis))
    cell = Padded((*border[:at], *border[at + 2 :]), mode, value)
    valid = b.valid(x.clock) if before or after else None
    made = x.new(b.call(f"{call.name}.padded", cell, x.node, valid), rest)
    return moved(made, -before, before + after)


def _asked(call: Call) -> tuple[tuple[int, ...], str, float]:
    layer: Any = call.layer
    if layer is not None:
        mode = next((mode for kind, mode in MODES.items() if isinstance(layer, kind)), "constant")
        return tuple(layer.padding), mode, float(getattr(layer, "value", 0.0))
    names = ("pad", "mode", "value")
    given = dict(zip(names, call.args[1:], strict=False)) | call.kwargs
    return tuple(given["pad"]), given.get("mode", "constant"), float(given.get("value") or 0.0)
