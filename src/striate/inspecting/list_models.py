"""The verb `models`: which networks there are, and which weights are published of them."""

from dataclasses import dataclass
from typing import Any

from striate.checked import checked
from striate.inspecting.inspect import inspect
from striate.inspecting.inspection import Inspection
from striate.models import CATALOGUE, CLIP_NETWORKS
from striate.pages import Shown
from striate.plain_values import ToJson
from striate.published import table
from striate.published.files import address_of, found


@dataclass(frozen=True)
class ListedWeights(ToJson):
    """Weights that are published of a network."""

    name: str
    """What `--weights` calls them."""
    top1: float
    """Published accuracy, a fraction."""
    data: str
    classes: int
    size: int
    """Height and width in pixels of what the network was tested on."""
    licence: str
    address: str
    here: bool
    """Whether the file is here already."""


@dataclass(frozen=True)
class ListedNetwork(ToJson):
    """A network of the catalogue."""

    in_json = "network=name takes parameters products weights"

    name: str
    takes: str
    """Images or clips."""
    parameters: int
    """With 1000 classes of images, 400 of clips."""
    products: int
    """Multiply-accumulates for one image of 224×224 pixels, or a clip of 16 frames of 112×112."""
    weights: tuple[ListedWeights, ...] = ()


@dataclass(frozen=True)
class Listed(Shown):
    """All networks."""

    rows_in = "networks"

    networks: tuple[ListedNetwork, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"networks": [one.to_json() for one in self.networks]}


@checked
def list_models() -> Listed:
    """Lists the networks of the catalogue: parameters, cost, and the weights that are published of them.

    Nothing is fetched.

    >>> [one.name for one in list_models().networks if one.weights][:3]
    ['resnet18', 'resnet34', 'resnet50']
    """
    return Listed(tuple(map(_listed, (*CATALOGUE, *_clip_networks()))))


def _clip_networks() -> list[str]:
    """Those with published weights. The others stand in the documentation, with the clips that they take."""
    return [name for name in CLIP_NETWORKS if any(one.network == name for one in table.WEIGHTS)]


def _listed(name: str) -> ListedNetwork:
    takes = "images" if name in CATALOGUE else "clips"
    found = inspect(name, (3, 224, 224) if takes == "images" else (3, 16, 112, 112))
    assert isinstance(found, Inspection)
    totals = found.totals
    weights = tuple(_weights(one) for one in table.WEIGHTS if one.network == name)
    return ListedNetwork(name, takes, totals.parameters.value, totals.macs.value, weights)


def _weights(one: table.PublishedWeights) -> ListedWeights:
    return ListedWeights(
        name=one.name,
        top1=one.top1,
        data="ImageNet-1K" if one.data == "imagenet" else "Kinetics-400",
        classes=table.SCORES[one.data],
        size=one.size,
        licence=table.LICENCE,
        address=address_of(one.file),
        here=found(one.file) is not None,
    )
