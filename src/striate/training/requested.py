"""The arguments of `train`, whichever function was called with them, as one request."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from striate.data.exchanges import pairs_of
from striate.data.images.transform import transform_of
from striate.models.own import name_of
from striate.models.weight_files import read_weights
from striate.published.files import weights_file
from striate.published.hub import hub_weights, is_hub
from striate.published.table import published, published_names
from striate.training.presets import is_setting, recipe_request
from striate.training.request import (
    AUTO,
    FOR_PHOTOGRAPHS,
    ClipOptions,
    MachineOptions,
    NetworkOptions,
    PictureOptions,
    Request,
)


def requested(data: str, arguments: Mapping[str, Any]) -> Request:
    """What is asked of a training on these data.

    Args:
        data: their name.
        arguments: by name, settings of a recipe among them; what is None or missing is not asked for, and
            what is no argument of a request is left alone.

    Raises:
        ArgumentError: what no training could have.
    """
    settings = {name: value for name, value in arguments.items() if is_setting(name)}
    given = {name: value for name, value in arguments.items() if value is not None}
    given |= {name: _pairs(name, given[name]) for name in ("mirrored", "reversed") if name in given}
    if "span" in given:
        given["span"] = str(given["span"])
    return Request(
        data=data,
        recipe=recipe_request(arguments.get("recipe"), settings),
        network=_network(**_of(NetworkOptions, given)),
        options=given.get("options", {}),
        picture=PictureOptions(
            **_of(PictureOptions, given) | {"transform": transform_of(given.get("transform"))}
        ),
        time=given.get("time"),
        clips=ClipOptions(**_of(ClipOptions, given)),
        out=Path(given["out"]) if "out" in given else None,
    )


def machine_options(arguments: Mapping[str, Any]) -> MachineOptions:
    """What of such arguments says what computes."""
    return MachineOptions(**_of(MachineOptions, arguments))


def _of(group: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of a group of options."""
    return {one.name: given[one.name] for one in fields(group) if one.name in given}


def _pairs(name: str, pairs: Mapping[str, str] | Sequence[str]) -> tuple[str, ...]:
    """Pairs of classes as they are typed, open=close. Raises ArgumentError for what is none."""
    return tuple(f"{one}={other}" for one, other in pairs_of(name, pairs))


def _network(
    backbone: Any = AUTO,
    weights: str | Path | None = None,
    weights_mean: Sequence[float] = (),
    weights_std: Sequence[float] = (),
    from_scratch: bool = False,
    offline: bool = False,
) -> NetworkOptions:
    name = backbone if isinstance(backbone, str) else name_of(backbone)
    pixels = tuple(map(float, weights_mean)), tuple(map(float, weights_std))
    if weights is None or not is_hub(weights):
        path = None if weights is None else _weights_path(name, weights, offline)
        return NetworkOptions(name, path, *pixels, from_scratch, offline)
    # normalised as the repository says, in the network that its weights are of
    found = hub_weights(str(weights), offline)
    network = found.network(read_weights(found.file))
    pixels = pixels if any(pixels) else (found.pixels.mean, found.pixels.std)
    chosen = network if name == AUTO else name
    return NetworkOptions(chosen, found.file.absolute(), *pixels, from_scratch, offline)


def _weights_path(backbone: str, weights: str | Path, offline: bool) -> Path:
    """The file of weights: by its path, or by the name that published ones have, which may fetch it."""
    backbone = FOR_PHOTOGRAPHS if backbone == AUTO else backbone
    named = isinstance(weights, str) and weights in published_names(backbone) and not Path(weights).exists()
    return weights_file(published(backbone, str(weights)).file, offline=offline) if named else Path(weights)
