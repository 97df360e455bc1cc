"""What in the input speaks for a class: Grad-CAM, integrated gradients, occlusion; of clips, per frame."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.evaluating.metrics import probabilities
from striate.explaining.checking import as_array
from striate.explaining.picture import Picture
from striate.explaining.pictures.request import PictureRequest
from striate.tracing.layer_record import LayerRecord
from striate.tracing.recording import record

STEPS = 64
"""Points on the way from the blank input to the input."""
SHARE = 5
"""An occluding patch is this part of the shorter side."""
BATCH = 64


def grad_cam(request: PictureRequest) -> list[Picture]:
    """The maps of a layer, each weighted by the mean of its gradient; what speaks for the class is kept.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based Localization",
    2017.
    """
    target = request.target_class()
    network, first = request.subject.network, request.subject.inputs[:1]
    title = (_last_maps(request.recorded.layers) if request.layer is None else request.layer).title
    layer = record(network, first, loss=lambda scores: scores[0, target], of=[title]).named(title)
    if layer.upstream is None or layer.output.dim() < 4:
        shape = tuple(layer.output.shape)
        raise NetworkError(f"Grad-CAM needs maps: the output of {layer.title} has shape {shape}")
    folded = first.dim() == 5 and layer.output.dim() == 4
    both = (as_array(one) for one in (layer.output, layer.upstream))  # (1, C, *size), or folded (T, C, H, W)
    maps, gradient = (np.moveaxis(one, 0, 1) if folded else one[0] for one in both)  # (C, *size)
    weights = gradient.reshape(len(gradient), -1).mean(axis=1)
    heat = np.maximum(np.tensordot(weights, maps, axes=1), 0)  # (*size)
    facts = {"layer": layer.title, "class": request.subject.class_name(target)}
    return [_over_input(request, "grad_cam", _resized(heat, request.subject.inputs.shape[2:]), facts)]


def _last_maps(layers: tuple[LayerRecord, ...]) -> LayerRecord:
    """The last layer whose output has places: the one that Grad-CAM was made for."""
    found = [one for one in layers if one.whole and one.output.dim() > 3 and one.output[0, 0].numel() > 1]
    if not found:
        raise NetworkError("Grad-CAM needs maps: no layer of this network gives any")
    return found[-1]


def _resized(heat: Array, size: torch.Size) -> Array:
    """(*small) → (*size), between the cells linearly."""
    mode = {2: "bilinear", 3: "trilinear"}[heat.ndim]
    grid = torch.from_numpy(np.ascontiguousarray(heat))[None, None]
    return as_array(F.interpolate(grid, tuple(size), mode=mode, align_corners=False)[0, 0])


def _over_input(
    request: PictureRequest, kind: str, heat: Array, facts: Mapping[str, object], signed: bool = False
) -> Picture:
    """(H, W) or (T, H, W) → one tile, or one per frame, over the input."""
    tiles = tuple(heat) if heat.ndim == 3 else (heat,)
    names = tuple(map(str, range(len(tiles)))) if len(tiles) > 1 else ("",)
    return Picture(
        kind, tiles, names, dict(facts), signed=signed, over_input=True, behind=request.subject.frames()
    )


def integrated_gradients(request: PictureRequest) -> list[Picture]:
    """The gradient of the score, averaged along the straight way from a blank input, times the way.

    Their sum is the score's rise, up to the coarseness of the steps; both are told. Sundararajan, Taly, Yan,
    "Axiomatic Attribution for Deep Networks", 2017.
    """
    target, network = request.target_class(), request.subject.network
    end, start = request.subject.inputs[:1], request.blank()
    total = torch.zeros_like(end)
    points = ((torch.arange(STEPS) + 0.5) / STEPS).to(end)  # the middle of each step
    for part in torch.split(points, BATCH):
        way = start + part.view(-1, *[1] * (end.dim() - 1)) * (end - start)
        found = record(network, way, loss=lambda scores: scores[:, target].sum()).input_gradient
        assert found is not None
        total += found.sum(dim=0, keepdim=True) / STEPS
    shares = as_array((end - start) * total)[0]  # (C, *size)
    ends = record(network, torch.cat([start, end])).output[:, target]
    facts = {
        "class": request.subject.class_name(target),
        "steps": STEPS,
        "sum": float(shares.sum()),
        "rise": float(ends[1] - ends[0]),
    }
    return [_over_input(request, "integrated_gradients", shares.sum(axis=0), facts, signed=True)]


def occlusion(request: PictureRequest) -> list[Picture]:
    """How far the class's probability falls when a patch of the input is blank, by the patch's place.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014. A clip is covered in one
    frame at a time.
    """
    target, inputs, blank = request.target_class(), request.subject.inputs[:1], request.blank()
    side = max(1, min(inputs.shape[-2:]) // SHARE)
    frames = inputs.shape[2] if inputs.dim() == 5 else 1
    before = _probability(request, inputs, target)[0]
    fall, count = np.zeros((frames, *inputs.shape[-2:])), np.zeros((frames, *inputs.shape[-2:]))
    rows, columns = (_starts(inputs.shape[axis], side) for axis in (-2, -1))
    spots = [(t, y, x) for t in range(frames) for y in rows for x in columns]
    for start in range(0, len(spots), BATCH):
        part = spots[start : start + BATCH]
        covered = torch.cat([_covered(inputs, blank, spot, side) for spot in part])
        for (t, y, x), after in zip(part, _probability(request, covered, target), strict=True):
            fall[t, y : y + side, x : x + side] += before - after
            count[t, y : y + side, x : x + side] += 1
    heat = fall / np.maximum(count, 1)
    facts: dict[str, object] = {
        "class": request.subject.class_name(target),
        "side": side,
        "before": float(before),
    }
    return [_over_input(request, "occlusion", heat if inputs.dim() == 5 else heat[0], facts, signed=True)]


def _starts(length: int, side: int) -> list[int]:
    """Places of a patch along one axis, half overlapping, the last one at the edge."""
    return sorted({*range(0, length - side + 1, max(1, side // 2)), length - side})


def _covered(inputs: Tensor, blank: Tensor, spot: tuple[int, int, int], side: int) -> Tensor:
    t, y, x = spot
    place = (..., slice(y, y + side), slice(x, x + side))
    covered = inputs.clone()
    if inputs.dim() == 5:
        covered[:, :, t][place] = blank[:, :, t][place]
    else:
        covered[place] = blank[place]
    return covered


def _probability(request: PictureRequest, inputs: Tensor, target: int) -> Array:
    """Of the class, for each input: (N,)."""
    logits = as_array(record(request.subject.network, inputs).output)
    return probabilities(logits, request.subject.temperature)[:, target]
