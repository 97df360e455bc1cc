"""A finished training as evaluation sees it: network, classes, how its inputs and its data are opened."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from striate.algorithms import Table, using_algorithms
from striate.data import ImageData, Sampling, open_data
from striate.data.exchanges import Pairs
from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.transform import AsTransform, transform_of
from striate.data.sources.given import Source
from striate.errors import ArgumentError, DataError, RunError
from striate.evaluating.metrics import probabilities
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.scoring import (
    NO_ALGORITHMS,
    Normalisation,
    classify,
    device_of,
    in_evaluation,
    to_device,
)
from striate.machine import gains_by_choosing, pick_device
from striate.models.spec import network_of
from striate.numbers import by
from striate.runs import read_record
from striate.tuning import known_algorithms

_OF_CLASSES = ("mirrored", "reversed")
"""Options that name classes, and count in training only."""


@dataclass(frozen=True)
class Trained:
    """What a run holds for whoever wants to use it."""

    run: Path
    network: nn.Module
    classes: tuple[str, ...]
    channels: int
    size: tuple[int, int]
    normalise: Normalisation
    temperature: float
    """Probabilities are of the logits divided by it."""
    source: str
    """The data it was trained on, as it was named."""
    data_options: dict[str, Any]
    """How that data was opened, so that its test images can be found again."""
    sampling: Sampling | None
    """Which frames of a video make its clips; None: it was trained on images."""
    flow: str | None
    """How the optical flow of its clips is computed."""
    algorithms: Table
    """How its convolutions are computed, where this machine knows better than PyTorch's call."""
    framing: Framing = DEFAULT
    """How pictures of another shape are brought to its size."""
    notes: tuple[str, ...] = ()
    """What is to be said of it."""
    mirrored: Pairs = ()
    """Classes that a mirror exchanges, as the training was told."""
    mirror_safe: bool = True
    """Whether, as far as their names and the training images tell, a mirror keeps the classes."""

    @property
    def preprocess(self) -> Preprocess:
        """How its inputs are made."""
        return Preprocess(self.channels, self.size, self.normalise, self.sampling, self.flow, self.framing)


def open_run(
    run: str | Path, device: str = "auto", algorithms: str = "auto", transform: AsTransform | None = None
) -> Trained:
    """Opens a run for use.

    Args:
        run: its folder.
        device: "auto", "cpu", "cuda" or "cuda:1".
        algorithms: "auto", or "plain" for PyTorch's own convolutions.
        transform: of pictures, in place of the run's own.

    Raises:
        RunError: it cannot be used.
        WeightsError: its weights are damaged.
    """
    if algorithms not in ("auto", "plain"):
        raise ArgumentError(f"algorithms must be auto or plain; got {algorithms!r}")
    run = Path(run)
    record = read_record(run)
    network = to_device(network_of(run, record), pick_device(device))
    known = NO_ALGORITHMS if algorithms == "plain" else algorithms_of(network)
    return described(run, record, network, known, transform)


def described(
    run: Path,
    record: dict[str, Any],
    network: nn.Module,
    algorithms: Table,
    transform: AsTransform | None = None,
) -> Trained:
    """A network with what the record of its run says of it; another `transform` takes the place of its own.

    Raises:
        RunError: the record does not say it.
    """
    try:
        data = record["data"]
        size = (int(data["size"][0]), int(data["size"][1]))
        options = with_transform(stored_options(data), transform)
        return Trained(
            run=run,
            network=network,
            classes=tuple(data["classes"]),
            channels=int(data["channels"]),
            size=size,
            normalise=Normalisation.from_json(data["normalisation"]),
            temperature=float(record.get("results", {}).get("temperature", 1.0)),
            source=str(data["source"]),
            data_options={name: options[name] for name in options if name not in _OF_CLASSES},
            sampling=_sampling(data) if data.get("frames") else None,
            flow=data.get("flow"),
            algorithms=algorithms,
            framing=framing_in(options),
            mirrored=tuple((str(one), str(other)) for one, other in data.get("mirrored", ())),
            mirror_safe=bool(data.get("mirror_safe", True)),
        )
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        raise RunError(
            f"the record of {run} does not say what its network was trained on: restore it from a copy"
        ) from None


def stored_options(data: dict[str, Any]) -> dict[str, Any]:
    """How a run's data were opened. Images whose record says nothing of their fit were cropped."""
    options: dict[str, Any] = data["options"]
    return options if data.get("frames") else {"fit": "crop"} | options


def framing_in(options: dict[str, Any]) -> Framing:
    """How pictures are framed, from how the data were opened."""
    transform = transform_of(options.get("transform"))
    return Framing(options.get("fit") or DEFAULT.fit, options.get("share", DEFAULT.share), transform)


def with_transform(options: dict[str, Any], asked: AsTransform | None) -> dict[str, Any]:
    """How data were opened, with another transform where one is asked for, as a record holds it.

    Raises:
        ArgumentError: of clips, which have none.
    """
    transform = transform_of(asked)
    if transform is None:
        return options
    if options.get("frames"):
        raise ArgumentError(f"{transform.name} is for images, and this network takes clips: leave it out")
    return options | {"transform": transform.to_json()}


def _sampling(data: dict[str, Any]) -> Sampling:
    """As the record has it; before there were steps in seconds, frames were a stride apart or spread."""
    return Sampling(data["frames"], data["stride"], data.get("seconds_per_frame"), data.get("frame_rate"))


def algorithms_of(network: nn.Module) -> Table:
    """What this machine knows of a network's convolutions in fp32; on a GPU PyTorch's own calls are taken."""
    device = next(network.parameters()).device
    return known_algorithms(network, device=device) if gains_by_choosing(device) else {}


def open_for(trained: Trained, data: Source | None) -> ImageData:
    """A set, made as the network's training images were.

    Args:
        trained: the run.
        data: as for `open_data`; by default what the run was trained on.

    Raises:
        DataError: it cannot be opened, is of the other kind, or has another size.
    """
    H, W = trained.size
    options = trained.data_options | {"channels": trained.channels, "size": H if H == W else None}
    try:
        images = open_data(trained.source if data is None else data, **options)
    except DataError:
        if trained.sampling is not None and data is not None:
            _refuse_other_kind(trained, open_data(data))  # images, which have no frames to take
        raise
    _refuse_other_kind(trained, images)
    if images.size != trained.size:
        raise DataError(
            f"{images.name} has {images.unit} of {by(images.size)}, and {trained.run} was trained on "
            f"{by(trained.size)}: resize them first"
        )
    return images


def _refuse_other_kind(trained: Trained, images: ImageData) -> None:
    expected = "images" if trained.sampling is None else "clips"
    if images.unit != expected:
        raise DataError(
            f"{images.name} holds {images.unit}, and {trained.run} was trained on {expected}: give {expected}"
        ) from None


def class_numbers(trained: Trained, images: ImageData) -> np.ndarray:
    """For each class of the set, its number in the network.

    Raises:
        DataError: the network does not know one of them.
    """
    known = {name: number for number, name in enumerate(trained.classes)}
    foreign = [name for name in images.classes if name not in known]
    if foreign:
        raise DataError(
            f"{images.name} has {len(foreign)} classes that {trained.run} does not know "
            f"({', '.join(foreign[:3])}): it was trained on {', '.join(trained.classes[:10])}"
        )
    return np.array([known[name] for name in images.classes])


def probabilities_of(trained: Trained, pixels: np.ndarray) -> np.ndarray:
    """(N, C, …) uint8, images or clips → (N, K)."""
    device = device_of(trained.network)
    with (
        in_evaluation(trained.network),
        torch.inference_mode(),
        using_algorithms(trained.network, trained.algorithms) if trained.algorithms else nullcontext(),
    ):
        inputs = trained.normalise(torch.from_numpy(pixels).to(device))
        logits: np.ndarray = classify(trained.network, inputs).float().cpu().numpy()
    return probabilities(logits, trained.temperature)
