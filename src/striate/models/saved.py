"""A trained network, back from its run folder."""

from pathlib import Path
from typing import Any

from torch import nn

from striate.checked import checked
from striate.errors import NetworkError, RunError
from striate.models.spec import NetworkSpec
from striate.models.weight_files import read_weights
from striate.runs import MODEL, read_record, require


@checked
def load(run: str | Path) -> nn.Module:
    """The network of a run, with its best weights, in evaluation mode on the CPU.

    Raises RunError for a folder that is no run, half-written, of a newer version, or damaged.
    """
    return network_of(Path(run), read_record(run))


def network_of(run: Path, record: dict[str, Any]) -> nn.Module:
    """The same for a record that has been read already."""
    weights = read_weights(require(run, MODEL))
    try:
        network = NetworkSpec.from_json(record["network"]).build()
    except (KeyError, TypeError, NetworkError) as problem:
        raise RunError(
            f"the record of {run} describes no network that this striate knows: {problem}"
        ) from None
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise RunError(
            f"the weights in {run / MODEL} are not of the network in its record "
            f"({record['network'].get('backbone')}): restore the folder from a copy, or train again"
        ) from None
    return network.eval()
