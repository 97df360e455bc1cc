"""What is known of the numbers in memory: of constants, and of what is lent to code outside of torch."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from striate.arithmetic.described import Fill
from striate.tracing.arguments import bodiless, memory

_EXAMINED = 1 << 20  # elements of a constant that are looked at for zeros
_LARGE = 1e3  # a constant beyond this may be an attention mask
_FAR_BELOW = (
    -36.7
)  # what is added to one of two scores before a softmax switches it off: e^−36.7 is lost beside 1

_MADE = {
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros", "zero_"), Fill.ZERO),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), Fill.NONZERO),
}
MADE_LIKE = frozenset({"zeros_like", "new_zeros", "ones_like", "new_ones"})


class Constants:
    """The fills of tensors, by their numbers in a run."""

    def __init__(self) -> None:
        self.now: dict[int, Fill] = {}
        self.used: dict[int, Fill] = {}  # as they were in all their uses

    def create(self, name: str, args: Sequence[Any], number: int) -> None:
        """A constant is made by an operation of this name."""
        fill = _MADE.get(name)
        if name == "full" and len(args) > 1 and not isinstance(args[1], Tensor):
            fill = Fill.ZERO if args[1] == 0 else Fill.UNKNOWN if abs(args[1]) > _LARGE else Fill.NONZERO
        if fill is not None:
            self.now[number] = fill

    def inherit(self, outputs: Sequence[int], fill: Fill) -> None:
        """Results have the fill of what they were made from."""
        self.now.update(dict.fromkeys(outputs, fill))

    def forget(self, target: Tensor, tensors: Sequence[Tensor]) -> None:
        """A constant is written to: what was known of the values in its memory is known no more."""
        home = memory(target)
        for number, tensor in enumerate(tensors):
            if self.now.get(number) not in (None, Fill.GENERIC) and memory(tensor) == home:
                del self.now[number]
                if bodiless(tensor):
                    self.now[number] = Fill.UNKNOWN

    def examine(self, tensor: Tensor, number: int, kernel: bool = False) -> None:
        """Look at a constant's values when they are used; `kernel`: as that of a convolution."""
        now = self.now.get(number)
        if now is None:
            hidden = bodiless(tensor) or tensor.numel() > _EXAMINED or tensor.layout is not torch.strided
            now = self.now[number] = Fill.UNKNOWN if hidden else fill_of(tensor)
        if kernel and now is Fill.FINITE and not bodiless(tensor) and bool(edges(tensor).all()):
            now = Fill.NONZERO
        self.used[number] = _either(self.used.get(number), now)

    def of(self, number: int) -> Fill:
        """What is known of a tensor."""
        return self.used.get(number, self.now.get(number, Fill.UNKNOWN))


def _either(before: Fill | None, now: Fill) -> Fill:
    """What is known of a constant that was used with other values before."""
    if before is None or before is now:
        return now
    return Fill.UNKNOWN if Fill.UNKNOWN in (before, now) else Fill.FINITE


def edges(kernel: Tensor) -> Tensor:
    """(2·axes·filters,) of truth: whether each filter (first axis) has a weight at both ends of each axis."""
    flat = [kernel.movedim(axis, 1).flatten(2) for axis in range(2, kernel.dim())]
    return torch.cat([(each[:, [0, -1]] != 0).any(2).flatten() for each in flat])


def fill_of(tensor: Tensor) -> Fill:
    """What the values of a tensor can do to what they are multiplied with or added to."""
    values = tensor.detach()
    if values.dtype == torch.bool:
        return Fill.NONZERO if bool(values.all()) else Fill.FINITE
    if not bool(values.any()):
        return Fill.ZERO
    if not bool(torch.isfinite(values).all()) or bool((values.abs() > _LARGE).any()):
        return Fill.UNKNOWN
    if not values.is_complex() and bool((values < _FAR_BELOW).any()):
        return Fill.UNKNOWN
    return Fill.NONZERO if bool((values != 0).all()) else Fill.FINITE


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
