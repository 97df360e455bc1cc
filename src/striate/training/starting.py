"""The network that a training starts from, and how its pixels are normalised.

Where none is named, it is what suits the data, said in one sentence:

given weights of a network with a name  that network
clips                                   plain, to which a way through time is added
grey pictures                           plain
colour pictures of less than 64 pixels  fast, narrow enough for a processor (plain under 16 pixels)
colour pictures of 64 pixels and more   resnet18 from published weights, where they are here or come at
                                        once; else fast, from scratch
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.data import ClipData, ImageData
from striate.errors import WeightsError
from striate.evaluating.scoring import Normalisation
from striate.models import load_weights
from striate.models import options as options_of
from striate.models.catalogue import NETWORKS
from striate.models.fast import whiten
from striate.models.layouts import Pixels
from striate.published import table
from striate.published.files import weights_at_once, weights_file
from striate.published.table import published
from striate.runs import MODEL, RECORD, read_record
from striate.training.process_group import ProcessGroup
from striate.training.recipe import Recipe
from striate.training.request import AUTO, FOR_CLIPS, FOR_PHOTOGRAPHS, NetworkOptions, Request, has_flow

FOR_GREY = "plain"
FOR_COLOUR = "fast"
PHOTOGRAPH = 64
"""Pixels of the shorter side from which on a colour picture is taken for a photograph."""
LEAST = 16
"""Pixels of the shorter side that `fast` is of use for, as it halves its map three times."""
NARROW: dict[str, Any] = {"widths": (32, 64, 128)}
"""Of `fast`: an image costs about what it costs `plain`."""


def with_backbone(request: Request, data: ImageData) -> tuple[Request, str | None]:
    """The request with a network that suits the data, and the sentence about it; as it is, and None, where
    one was named.
    """
    if request.network.backbone != AUTO:
        return request, None
    if (known := _of_weights(request.network.weights)) is not None:
        backbone, options = known
        chosen = replace(_taking(request, backbone), options={**options, **request.options})
        return chosen, _said(backbone, f"that of {request.network.weights}")
    if isinstance(data, ClipData):
        return _taking(request, FOR_CLIPS), _said(FOR_CLIPS, "the usual one for clips")
    if data.channels == 1:
        return _taking(request, FOR_GREY), _said(FOR_GREY, "the pictures are grey")
    if request.options.keys() - options_of(FOR_COLOUR):
        return _taking(request, FOR_GREY), _said(FOR_GREY, "the options given are its own")
    side = min(data.size)
    if side < LEAST:
        return _taking(request, FOR_GREY), _said(FOR_GREY, f"the pictures have less than {LEAST} pixels")
    if side < PHOTOGRAPH:
        return _narrow(request, f"colour pictures of less than {PHOTOGRAPH} pixels")
    return _for_photographs(request)


def _of_weights(weights: Path | None) -> tuple[str, dict[str, Any]] | None:
    """The network of weights and its options, where these are a run's or have a published name. Code of
    somebody's own is run for those who name it, not for a run that does.
    """
    if weights is None:
        return None
    run = weights.parent if weights.name == MODEL else weights
    if (run / RECORD).is_file():
        network = read_record(run)["network"]
        return (network["backbone"], network.get("options", {})) if network["backbone"] in NETWORKS else None
    return next(((one.network, {}) for one in table.WEIGHTS if one.file == weights.name), None)


def _for_photographs(request: Request) -> tuple[Request, str]:
    kind = f"colour pictures of {PHOTOGRAPH} pixels and more"
    if request.network.weights is not None:
        return _taking(request, FOR_PHOTOGRAPHS), _said(FOR_PHOTOGRAPHS, kind)
    if request.options:
        return _narrow(request, f"{kind}, from scratch as it has options of its own")
    if request.network.from_scratch:
        return _narrow(request, f"{kind}, from scratch as asked")
    found = _published(request.network.offline)
    if isinstance(found, str):
        return _narrow(request, f"{kind}, from scratch as published weights cannot be had: {found}")
    note = (
        f"backbone {FOR_PHOTOGRAPHS}, from the published weights {found.name}: {kind} (--from-scratch: "
        f"{FOR_COLOUR}, without them)"
    )
    return _taking(request, FOR_PHOTOGRAPHS, weights=found), note


def _published(offline: bool) -> Path | str:
    """The file of weights, or why there is none."""
    try:
        file = published(FOR_PHOTOGRAPHS).file
        return weights_file(file, offline=True) if offline else weights_at_once(file)
    except WeightsError as problem:
        return str(problem)


def _narrow(request: Request, why: str) -> tuple[Request, str]:
    options = {**NARROW, **request.options}
    widths = " ".join(map(str, options["widths"]))
    chosen = replace(_taking(request, FOR_COLOUR), options=options)
    return chosen, _said(f"{FOR_COLOUR} of widths {widths}", why)


def _taking(request: Request, backbone: str, **others: Any) -> Request:
    return replace(request, network=replace(request.network, backbone=backbone, **others))


def _said(backbone: str, why: str) -> str:
    return f"backbone {backbone}: {why} (--backbone names another)"


WHITENING = 5000
"""Images that decide the first layer of a network that whitens."""


@dataclass(frozen=True)
class Start:
    """A network before its first step."""

    network: nn.Module
    normalise: Normalisation
    untrained: tuple[str, ...] = ()
    """Parameters that the loaded weights left as they were."""
    notes: tuple[str, ...] = ()


def starting_network(
    request: Request,
    weights: dict[str, Tensor] | None,
    data: ImageData,
    recipe: Recipe,
    group: ProcessGroup,
) -> Start:
    torch.manual_seed(recipe.seed)
    network, source = request.spec(data).build(), request.network.weights
    if source is None or weights is None:
        normalise = Normalisation.of_data(data)
        whiten(network, normalise(data.splits["train"].take(_spread(data, WHITENING))))
        return Start(network, normalise)
    report = load_weights(network, weights, source_name=str(source))
    asked = _asked(request.network)
    normalise, note = group.from_main(lambda: _normalisation_of(source, asked, report.pixels, data))
    return Start(network, normalise, report.untrained, (*report.notes, *note))


def _spread(data: ImageData, images: int) -> range:
    """Indices of about so many images of the training split, evenly spread."""
    count = len(data.splits["train"])
    return range(0, count, max(1, count // images))


def _asked(network: NetworkOptions) -> Pixels | None:
    if not network.weights_mean:
        return None
    return Pixels(network.weights_mean, network.weights_std, "as asked,")


def _normalisation_of(
    weights: Path, asked: Pixels | None, published: Pixels, data: ImageData
) -> tuple[Normalisation, tuple[str, ...]]:
    """As the weights were trained, and what to say: who asks knows it, or a run does, else their publisher.

    Optical flow is normalised as it is here.
    """
    notes: tuple[str, ...] = ()
    run = weights.parent if weights.name == MODEL else weights
    if asked is None and (run / RECORD).is_file():
        known = read_record(run)["data"]
        normalise = Normalisation.from_json(known["normalisation"])
        normalise = normalise.picture if known.get("flow") else normalise
        picture = normalise.for_channels(data.channels)
    else:
        pixels = asked or published
        picture = Normalisation.published(pixels, data.channels)
        notes = (f"pixels are normalised as the weights were trained: {pixels}",)
    return picture.with_flow(Normalisation.of_data(data)) if has_flow(data) else picture, notes
