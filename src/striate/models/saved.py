"""A trained network, back from its run folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError, RunError
from striate.models.spec import NetworkSpec
from striate.models.weight_files import is_state_of, read_run_weights
from striate.runs import MODEL, SEALED, read_record, require


@dataclass(frozen=True)
class DividedBy:
    """A forward hook that divides a network's scores by a temperature."""

    temperature: float

    def __call__(self, network: nn.Module, inputs: object, scores: Tensor) -> Tensor:
        return scores / self.temperature


@checked
def load(run: str | Path, *, calibrated: bool = True) -> nn.Module:
    """The network of a run, with its best weights, in evaluation mode on the CPU.

    Args:
        run: the folder of a run.
        calibrated: its scores are divided by the run's temperature, so that their softmax is what `predict`
            says. False leaves them as they were in training. The weights are the same.

    Returns:
        The network; it takes normalised inputs, as the record of the run says.

    Raises:
        RunError: no run, half-written, of a newer version, or damaged.
        WeightsError: the weights are damaged.
    """
    record = read_record(run)
    network = network_of(Path(run), record)
    temperature = temperature_of(record)
    if calibrated and temperature != 1:
        network.register_forward_hook(DividedBy(temperature))
    return network


def temperature_of(record: dict[str, Any]) -> float:
    """The temperature in a record; 1 where none was fitted yet."""
    return float(record.get("results", {}).get("temperature", 1.0))


def network_of(run: Path, record: dict[str, Any]) -> nn.Module:
    """The network of a run whose record has been read already, as it was trained.

    It is built without numbers first and compared with the file, so that a record that describes a network of
    any size costs no memory.

    Args:
        run: its folder.
        record: as `read_record` gives it.

    Raises:
        RunError: a record that describes no network, or another one than that of the weights.
        WeightsError: the weights are damaged.
    """
    weights = read_run_weights(require(run, MODEL), sealed=record.get("format", SEALED) >= SEALED)
    network = _without_numbers(run, record)
    if not is_state_of(weights, network.state_dict()):
        raise RunError(
            f"the weights in {run / MODEL} are not of the network in its record "
            f"({record['network'].get('backbone')}): restore the folder from a copy, or train again"
        )
    network.to_empty(device="cpu").load_state_dict(weights)
    return network.eval()


def _without_numbers(run: Path, record: dict[str, Any]) -> nn.Module:
    try:
        with torch.device("meta"):
            return NetworkSpec.from_json(record["network"]).build()
    except (KeyError, TypeError, NetworkError, RuntimeError) as problem:
        raise RunError(
            f"the record of {run} describes no network that this striate knows: {problem}"
        ) from None
