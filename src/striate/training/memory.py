"""How much memory a training step takes: what is kept for the backward pass, and what each weight carries."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from striate.watching import watching


class Kept:
    """Counts the bytes that the steps in the block keep for their backward passes.

    Each storage counts once, however many layers keep it; weights do not count, `carried` counts those.
    """

    def __init__(self, network: nn.Module) -> None:
        self.bytes = 0
        self._network = network
        self._seen = {value.untyped_storage().data_ptr() for value in network.parameters()}

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts in the block; what is computed there stays the same."""
        held = []  # as long as they are held, no other tensor has their address

        def count(tensor: Tensor) -> None:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in self._seen:
                self._seen.add(storage.data_ptr())
                self.bytes += storage.nbytes()
                held.append(storage)

        with watching(self._network, saved=count):
            yield
        held.clear()


def carried(network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None) -> int:
    """Bytes of weights, gradients, the optimiser's memories and the moving average."""
    values = [*network.parameters(), *network.buffers()]
    values += [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    values += [value for state in optimizer.state.values() for value in state.values() if _is_tensor(value)]
    if average is not None:
        values += [*average.parameters(), *average.buffers()]
    return sum(value.numel() * value.element_size() for value in values)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)
