"""A finished training as evaluation sees it: network, classes, and how its inputs are made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from striate.data import Sampling
from striate.errors import RunError
from striate.evaluating.inputs import Normalisation, place
from striate.machine import pick_device
from striate.models.saved import network_of
from striate.runs import read_record


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


def open_run(run: str | Path, device: str = "auto") -> Trained:
    """Opens a run for use. Raises RunError, in one sentence, for one that cannot be."""
    run = Path(run)
    record = read_record(run)
    chosen = pick_device(device)
    network = place(network_of(run, record), chosen)
    try:
        data = record["data"]
        return Trained(
            run=run,
            network=network,
            classes=tuple(data["classes"]),
            channels=int(data["channels"]),
            size=(int(data["size"][0]), int(data["size"][1])),
            normalise=Normalisation.from_json(data["normalisation"]),
            temperature=float(record.get("results", {}).get("temperature", 1.0)),
            source=str(data["source"]),
            data_options=dict(data["options"]),
            sampling=Sampling(data["frames"], data["stride"]) if data.get("frames") else None,
            flow=data.get("flow"),
        )
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        raise RunError(
            f"the record of {run} does not say what its network was trained on: restore it from a copy"
        ) from None
