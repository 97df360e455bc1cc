"""What a lab is opened on: a run, or a network by its name, with published weights or untrained."""

from pathlib import Path

import torch
from torch import nn

from striate.errors import ArgumentError
from striate.evaluating.opening import open_trained
from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation
from striate.inspecting.loading import load_network
from striate.published.network import is_published
from striate.runs import holds_run

UNTRAINED = "untrained"
"""In place of a file of weights: as the network is built."""
SEED = 0
Network = str | Path | nn.Module | Trained


def opened_network(
    network: Network,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
) -> Network:
    """The folder of a run as it is, so that it is read anew whenever it has learnt; anything else opened.

    Args:
        network: a run, a network's name, or a module.
        weights: of a name: as for `predict`, or "untrained".
        classes: as for `predict`.
        offline: as for `predict`.

    Raises:
        ArgumentError: what is neither.
        WeightsError: weights that are damaged or cannot be had.
    """
    if isinstance(network, nn.Module | Trained):
        return network
    name = str(network)
    if str(weights) != UNTRAINED and (is_published(name) or weights is not None):
        return open_trained(name, "cpu", weights=weights, classes=classes, offline=offline)
    if holds_run(Path(name)):
        return network
    if classes is not None:
        raise ArgumentError(f"{name} is opened untrained, its classes are numbers: leave --classes out")
    return untrained(name)


def untrained(name: str) -> Trained:
    """A network of the catalogue, or of one's own, with the weights that seed 0 gives it.

    Pixels are divided by 255, classes are numbers.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        loaded = load_network(name, real=True)
    shape = loaded.shape or (3, 224, 224)
    if len(shape) != 3:
        raise ArgumentError(f"{name} takes clips: train it, and open its run")
    channels, height, width = shape
    network = loaded.network.eval()
    with torch.no_grad():
        scores = network(torch.zeros(1, *shape))
    if not isinstance(scores, torch.Tensor) or scores.dim() != 2:
        raise ArgumentError(
            f"{name} gives no scores of classes: open it in Python, striate.lab(module, tensor)"
        )
    return Trained(
        run=Path(f"{name}, {UNTRAINED}"),
        network=network,
        classes=tuple(map(str, range(scores.shape[1]))),
        channels=channels,
        size=(height, width),
        normalise=Normalisation((0.0,) * channels, (255.0,) * channels),
        temperature=1.0,
        source="digits" if channels == 1 else "",
        data_options={},
        sampling=None,
        flow=None,
        algorithms=NO_ALGORITHMS,
    )


def name_of(network: Network) -> str:
    """What to call it."""
    if isinstance(network, Trained):
        return str(network.run)
    return type(network).__name__ if isinstance(network, nn.Module) else str(network)
