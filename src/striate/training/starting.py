"""The network that a training starts from, and how its pixels are normalised."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from striate.data import ImageData
from striate.evaluating.scoring import Normalisation
from striate.models import load_weights
from striate.models.fast import whiten
from striate.models.layouts import Pixels
from striate.runs import MODEL, RECORD, read_record
from striate.training.process_group import ProcessGroup
from striate.training.recipe import Recipe
from striate.training.request import NetworkOptions, Request, has_flow

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
