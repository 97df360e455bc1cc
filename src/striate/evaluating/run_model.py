"""A finished training as evaluation sees it: network, classes, and how its inputs are made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from striate.algorithms import Table
from striate.data import Sampling
from striate.data.exchanges import Pairs
from striate.data.images.framing import DEFAULT, Framing
from striate.data.images.transform import AsTransform, transform_of
from striate.errors import ArgumentError, RunError
from striate.evaluating.preprocessing import Preprocess
from striate.evaluating.scoring import NO_ALGORITHMS, Normalisation, to_device
from striate.machine import gains_by_choosing, pick_device
from striate.models.spec import network_of
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
