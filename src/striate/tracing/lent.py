"""Memory that is lent to code outside of torch, which may write there without an operation being heard."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from striate.tracing.arguments import memory

LENDS = frozenset({"numpy", "__array__", "__dlpack__", "data_ptr", "storage", "untyped_storage"})
"""Functions whose result is the tensor's own memory."""


class Lent:
    """Tensors whose memory is lent, as they were when they were lent."""

    def __init__(self, silence: Callable[[], AbstractContextManager[None]]) -> None:
        self.silence = silence
        """In which nothing of what is done here is written down."""
        self.before: dict[int, list[tuple[Tensor, Tensor]]] = {}
        self.changed: set[int] = set()
        """The memory that was written to outside."""

    def lend(self, tensors: Iterable[Tensor]) -> None:
        """Keeps a copy of each that has memory of its own."""
        with self.silence():
            for tensor in tensors:
                if memory(tensor) > 0 and tensor.device.type == "cpu" and not tensor.is_quantized:
                    self.before.setdefault(memory(tensor), []).append((tensor, tensor.clone()))

    def take_back(self, which: Iterable[int] | None = None) -> None:
        """All that is lent, or this memory: what has changed was written to outside. Torch may write now."""
        with self.silence():
            for place in list(self.before) if which is None else which:
                for tensor, before in self.before.pop(place, ()):
                    if not torch.equal(_bytes(tensor), _bytes(before)):
                        self.changed.add(place)


def _bytes(tensor: Tensor) -> Tensor:
    """(n,) uint8: unlike its numbers, a NaN equals itself."""
    return tensor.detach().resolve_conj().resolve_neg().contiguous().flatten().view(torch.uint8)
