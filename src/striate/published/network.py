"""A network with published weights, ready to be asked."""

import math
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from striate.data import Sampling
from striate.data.images.framing import DEFAULT, Framing
from striate.errors import ArgumentError, WeightsError
from striate.models import build, head_of, load_weights, read_weights
from striate.models.layouts import Pixels
from striate.models.weight_files import State
from striate.published import table
from striate.published.class_names import class_names
from striate.published.files import check, is_offline, kept_in, weights_file
from striate.published.hub import HubWeights, hub_weights, is_hub
from striate.published.table import SCORES, PublishedWeights, published
from striate.watching import without_numbers

FRAMES, FRAME_RATE = 16, 15
"""Of a clip of Kinetics-400 as torchvision's networks were tested on it."""


@dataclass(frozen=True)
class PublishedNetwork:
    """A network, and what belongs to its weights."""

    network: nn.Module
    weights: PublishedWeights
    file: Path
    classes: tuple[str, ...]
    pixels: Pixels
    """How pixels are normalised."""
    notes: tuple[str, ...] = ()
    """What is to be said."""

    @property
    def framing(self) -> Framing:
        """What of a picture it sees."""
        return self.weights.framing if self.sampling is None else DEFAULT  # clips are cropped

    @property
    def sampling(self) -> Sampling | None:
        """Which frames of a video it sees; None: it takes images."""
        return Sampling(FRAMES, step=1 / FRAME_RATE) if self.weights.data == "kinetics" else None


def is_published(name: str | Path) -> bool:
    """Whether it is the name of a network with published weights, and nothing of that name is here; or the
    address of a repository of weights.
    """
    return is_hub(name) or (
        any(one.network == str(name) for one in table.WEIGHTS) and not Path(name).exists()
    )


def published_network(
    name: str,
    weights: str | Path | None = None,
    *,
    classes: Path | None = None,
    offline: bool = False,
) -> PublishedNetwork:
    """A network of the catalogue with published weights.

    Args:
        name: of the network, or `hf://owner/name`.
        weights: `hf://owner/name`, a name of `published_names`, by default the first; or a file by hand, of
            which the number of classes may be another.
        classes: a file with the names of the classes.
        offline: nothing is fetched.

    Raises:
        ArgumentError: unknown weights, or names that do not fit.
        WeightsError: they cannot be had, are damaged, or are of another network.
    """
    if is_hub(name) or (weights is not None and is_hub(weights)):
        return _of_hub(name, weights, classes, offline)
    by_hand = weights is not None and Path(weights).is_file()
    if by_hand:
        path = Path(str(weights))
        entry = next((one for one in table.WEIGHTS if one.file == path.name), published(name))
        if entry.network != name:
            raise WeightsError(f"{path.name} holds weights of {entry.network}: give those of {name}")
        check(path)
    elif isinstance(weights, Path) or (weights is not None and "." in str(weights)):
        raise WeightsError(f"there is no file {weights}: give one, or a name of published weights")
    else:
        entry = published(name, None if weights is None else str(weights))
        path = weights_file(entry.file, offline=offline)
    state = read_weights(path)
    network = build(name, classes=_scores(name, state, SCORES[entry.data]))
    report = load_weights(network, state, source_name=str(path))
    scores = len(head_of(network)[1].weight)  # type: ignore[arg-type]  # a layer's weight is a tensor
    fetch = path.parent == kept_in() and not (offline or is_offline())
    names, note = class_names(entry.data, scores, path, file=classes, fetch=fetch)
    notes = (*report.notes, *(() if note is None else (note,)))
    return PublishedNetwork(network.eval(), entry, path, names, report.pixels, notes)


def _of_hub(name: str, weights: str | Path | None, classes: Path | None, offline: bool) -> PublishedNetwork:
    """The network of a repository's weights."""
    if is_hub(name) and weights is not None:
        raise ArgumentError(f"{name} has weights of its own; --weights goes with the name of a network")
    found = hub_weights(name if is_hub(name) else str(weights), offline)
    state = read_weights(found.file)
    backbone = found.network(state)
    if not is_hub(name) and backbone != name:
        raise WeightsError(f"{found.address} holds weights of {found.architecture}: give those of {name}")
    network = build(backbone, classes=found.scores)
    report = load_weights(network, state, source_name=found.address)
    names, note = _classes(found, classes)
    entry = PublishedWeights(
        backbone, found.address, found.file.name, math.nan, size=found.size, resized=found.resized
    )
    notes = (*found.notes, *report.notes, *(() if note is None else (note,)))
    return PublishedNetwork(network.eval(), entry, found.file, names, found.pixels, notes)


def _classes(found: HubWeights, file: Path | None) -> tuple[tuple[str, ...], str | None]:
    """Names of classes: the user's, else those that the repository tells."""
    if file is None and found.labels:
        return found.labels, None
    return class_names("imagenet", found.scores, found.file, file=file)


def _scores(name: str, state: State, usual: int) -> int:
    """How many classes weights tell apart, where their head has the name of ours."""
    with without_numbers():
        head, _ = head_of(build(name, classes=usual))
    weight = state.get(f"{head}.weight")
    return usual if weight is None or not weight.ndim else len(weight)
