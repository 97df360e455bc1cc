"""Feature maps, filters, and what one step of the optimiser makes of both."""

from collections.abc import Sequence

import numpy as np
import torch

from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError
from striate.explaining.checking import as_array
from striate.explaining.optimiser import Optimiser, clip_factor, is_moved, stepped
from striate.explaining.picture import Picture
from striate.explaining.pictures.request import PictureRequest
from striate.explaining.weight_gradient import parameter_name
from striate.tracing.layer_record import LayerRecord
from striate.tracing.single_layers import probe

TILES = 64
"""Maps or kernels in one picture, at most."""


def feature_maps(request: PictureRequest) -> list[Picture]:
    """Every channel of the layer's output for the first input; of a clip, the frame of the unit."""
    record = request.needed_layer()
    return [_maps("maps", record.title, record.output[0], request)]


def _maps(kind: str, title: str, output: torch.Tensor, request: PictureRequest) -> Picture:
    """(C, *size) → one tile per channel."""
    maps = as_array(output)
    if maps.ndim not in (3, 4):
        raise NetworkError(
            f"{title} gives no maps: its output for an input has shape {maps.shape}, not C×H×W"
        )
    frame = request.frame_of(maps.shape)
    if frame is not None:
        maps = maps[:, frame]
    tiles = tuple(maps[:TILES])
    facts = {"layer": title, "count": len(maps), "shown": len(tiles), "frame": frame}
    return Picture(kind, tiles, _numbered(tiles), facts)


def _numbered(tiles: Sequence[Array]) -> tuple[str, ...]:
    return tuple(map(str, range(len(tiles))))


def filters(request: PictureRequest) -> list[Picture]:
    """The layer's filters; where they hold more kernels than colours, the kernels of one filter."""
    record = request.needed_layer()
    return [_filters("filters", record.title, _kernels(record), request)]


def _kernels(record: LayerRecord) -> Array:
    weight = record.parameters.get("weight")
    if weight is None or weight.dim() < 3:
        raise NetworkError(f"{record.title} is a {type(record.layer).__name__}: it has no filters to draw")
    return as_array(weight)


def _filters(kind: str, title: str, weight: Array, request: PictureRequest) -> Picture:
    """(O, C, *kernel) → tiles; frames of a kernel stand side by side."""
    of_filter = weight.shape[1] not in (1, 3)
    chosen = request.chosen_filter() if of_filter else None
    cubes = weight[chosen][:, None] if chosen is not None else weight  # (tiles, 1 or 3, *kernel)
    tiles = tuple(_flat(cube) for cube in cubes[:TILES])
    facts = {"layer": title, "count": len(cubes), "shown": len(tiles), "filter": chosen}
    return Picture(kind, tiles, _numbered(tiles), facts, signed=True)


def _flat(cube: Array) -> Array:
    """(1 or 3, *kernel) → (H, W) or (3, H, W)."""
    planes = cube if cube.ndim > 2 else cube[:, None]
    if planes.ndim == 4:  # (C, T, H, W)
        planes = np.concatenate([planes[:, t] for t in range(planes.shape[1])], axis=-1)
    return planes[0] if len(planes) == 1 else planes


def update(request: PictureRequest) -> list[Picture]:
    """Filters before and after one step of the optimiser, and the chosen feature map before and after."""
    record, optimiser = request.needed_layer(), request.optimiser
    if optimiser is None:
        raise ArgumentError("an update needs an optimiser: explain a run, or give optimizer= with the module")
    _kernels(record)  # refuses layers without any
    old, new = _moved(request, optimiser), _stepped(request, optimiser)
    name = parameter_name(request.recorded, record)
    before, after = as_array(old[name]), as_array(new[name])
    return [
        _filters("filters_before", record.title, before, request),
        _filters("filters_after", record.title, after, request),
        _filters("filters_change", record.title, after - before, request),
        _map_update(request, record, old, new),
    ]


Values = dict[str, torch.Tensor]


def _moved(request: PictureRequest, optimiser: Optimiser) -> Values:
    """Every parameter that learns, by name: the values that the optimiser moves, not their moving average."""
    return {
        name: optimiser.raw.get(name, parameter).detach().clone()
        for name, parameter in request.subject.network.named_parameters()
        if name in request.recorded.parameter_gradients and is_moved(optimiser.torch, parameter)
    }


def _stepped(request: PictureRequest, optimiser: Optimiser) -> Values:
    """The same after one step."""
    gradients = request.recorded.parameter_gradients
    clip = clip_factor(gradients, optimiser.clip_norm)
    return {
        name: stepped(optimiser.torch, parameter, gradients[name] * clip, optimiser.raw.get(name, parameter))
        for name, parameter in request.subject.network.named_parameters()
        if name in gradients and is_moved(optimiser.torch, parameter)
    }


def _map_update(request: PictureRequest, record: LayerRecord, old: Values, new: Values) -> Picture:
    """The chosen feature map before and after the update of the whole network."""
    network, channel = request.subject.network, request.chosen_filter()
    kept = {name: parameter.detach().clone() for name, parameter in network.named_parameters() if name in new}
    maps = []
    try:
        for values in (old, new):
            _load(network, values)
            output, _ = probe(network, record.title, request.subject.inputs[:1])
            maps.append(output[0, channel])
    finally:
        _load(network, kept)
    picture = _maps("map_update", record.title, torch.stack(maps), request)
    change = picture.tiles[1] - picture.tiles[0]
    facts = {**picture.facts, "filter": channel, "change": float(np.abs(change).max())}
    return Picture("map_update", picture.tiles, ("before", "after"), facts)


@torch.no_grad()
def _load(network: torch.nn.Module, values: Values) -> None:
    for name, parameter in network.named_parameters():
        if name in values:
            parameter.copy_(values[name])
