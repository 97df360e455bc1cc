"""The algorithms that compute a network's outputs: as measured before, whatever the batch."""

import torch
from torch import nn

from striate.algorithms import Table
from striate.algorithms.table import Number
from striate.tuning.calls import calls_of
from striate.tuning.store import Store


def known_algorithms(
    network: nn.Module,
    shape: tuple[int, ...],
    *,
    number_format: Number = "fp32",
    device: torch.device | None = None,
    store: Store | None = None,
) -> Table:
    """What training or `tune` found for single inputs of this shape, (C, H, W) or (C, T, H, W).

    For computing without gradients: measurements of any batch size count, the largest before others. Nothing
    is measured here; convolutions that are unknown are left out. Raises NetworkError for inputs that the
    network does not take.
    """
    memory = Store(device or torch.device("cpu")) if store is None else store
    if memory.empty:
        return {}
    found = {}
    for call in calls_of(network, (1, *shape)):
        measured = memory.of_any_batch(call.geometry, call.shape[1:], number_format)
        if measured is not None:
            found[call.geometry, call.shape] = measured.choices
    return found
