"""Pictures by name: feature maps, filters, an update, Grad-CAM, and what a filter or a unit looks at."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError
from striate.explaining.checking import as_array
from striate.explaining.pictures.attribution import grad_cam, integrated_gradients, occlusion
from striate.explaining.pictures.context import Scene, frame_of
from striate.explaining.pictures.picture import Picture
from striate.explaining.pictures.top_activations import effective_field, largest
from striate.explaining.updating import clip_factor, stepped
from striate.tracing.recording import LayerRecord
from striate.tracing.single_layer import probe

TILES = 64
"""Maps or kernels in one picture, at most."""


def feature_maps(scene: Scene) -> list[Picture]:
    """Every channel of the layer's output for the first input; of a clip, the frame of the unit."""
    record = scene.needed_layer()
    return [_maps("maps", record.title, record.output[0], scene, range(record.output.shape[1]))]


def _maps(kind: str, title: str, output: Any, scene: Scene, channels: "range | list[int]") -> Picture:
    """(C, *size) → one tile per channel."""
    maps = as_array(output)
    if maps.ndim not in (3, 4):
        raise NetworkError(
            f"{title} gives no maps: its output for an input has shape {maps.shape}, not C×H×W"
        )
    frame = frame_of(scene, maps.shape)
    if frame is not None:
        maps = maps[:, frame]
    shown = list(channels)[:TILES]
    facts = {"layer": title, "count": len(maps), "shown": len(shown), "frame": frame}
    return Picture(kind, tuple(maps[c] for c in shown), tuple(str(c) for c in shown), facts)


def filters(scene: Scene) -> list[Picture]:
    """The layer's filters; where they hold more kernels than colours, the kernels of one filter."""
    record = scene.needed_layer()
    weight = _kernels(record)
    return [_filters("filters", record.title, weight, scene)]


def _kernels(record: LayerRecord) -> Array:
    weight = record.parameters.get("weight")
    if weight is None or weight.dim() < 3:
        raise NetworkError(f"{record.title} is a {type(record.layer).__name__}: it has no filters to draw")
    return as_array(weight)


def _filters(kind: str, title: str, weight: Array, scene: Scene) -> Picture:
    """(O, C, *kernel) → tiles; frames of a kernel stand side by side."""
    of_filter = weight.shape[1] not in (1, 3)
    chosen = scene.chosen_filter() if of_filter else None
    cubes = weight[chosen][:, None] if chosen is not None else weight  # (tiles, 1 or 3, *kernel)
    tiles = tuple(_flat(cube) for cube in cubes[:TILES])
    facts = {"layer": title, "count": len(cubes), "shown": len(tiles), "filter": chosen}
    return Picture(kind, tiles, tuple(map(str, range(len(tiles)))), facts, signed=True)


def _flat(cube: Array) -> Array:
    """(1 or 3, *kernel) → (H, W) or (3, H, W)."""
    planes = cube if cube.ndim > 2 else cube[:, None]
    if planes.ndim == 4:  # (C, T, H, W)
        planes = np.concatenate([planes[:, t] for t in range(planes.shape[1])], axis=-1)
    return planes[0] if len(planes) == 1 else planes


def update(scene: Scene) -> list[Picture]:
    """Filters before and after one step of the optimiser, and the chosen feature map before and after."""
    record, optimiser = scene.needed_layer(), scene.optimiser
    if optimiser is None:
        raise ArgumentError("an update needs an optimiser: explain a run, or give optimizer= with the module")
    before = _kernels(record)
    clip = clip_factor(scene.recorded.parameter_gradients, optimiser.clip_norm)
    new = {}
    for name, parameter in scene.subject.network.named_parameters():
        gradient = scene.recorded.parameter_gradients.get(name)
        if gradient is not None and parameter.requires_grad:
            new[name] = stepped(optimiser.torch, parameter, gradient * clip)
    after = as_array(new[f"{record.name}.weight"])
    old = _filters("filters_before", record.title, before, scene)
    return [
        old,
        _filters("filters_after", record.title, after, scene),
        _filters("filters_change", record.title, after - before, scene),
        *_maps_after(scene, record, new),
    ]


def _maps_after(scene: Scene, record: LayerRecord, new: dict[str, torch.Tensor]) -> list[Picture]:
    network, channel = scene.subject.network, scene.chosen_filter()
    old = {name: parameter.detach().clone() for name, parameter in network.named_parameters() if name in new}
    try:
        _load(network, new)
        output, _ = probe(network, record.title, scene.subject.inputs[:1])
    finally:
        _load(network, old)
    pair = torch.stack([record.output[0, channel], output[0, channel]])
    picture = _maps("map_update", record.title, pair, scene, range(2))
    change = picture.tiles[1] - picture.tiles[0]
    facts = {**picture.facts, "filter": channel, "change": float(np.abs(change).max())}
    return [Picture("map_update", picture.tiles, ("before", "after"), facts)]


@torch.no_grad()
def _load(network: torch.nn.Module, values: dict[str, torch.Tensor]) -> None:
    for name, parameter in network.named_parameters():
        if name in values:
            parameter.copy_(values[name])


SHOWS: dict[str, Callable[[Scene], list[Picture]]] = {
    "maps": feature_maps,
    "filters": filters,
    "update": update,
    "grad-cam": grad_cam,
    "integrated-gradients": integrated_gradients,
    "occlusion": occlusion,
    "largest": largest,
    "effective-field": effective_field,
}
"""What can be shown, by name."""
