"""What is known of the values of constants: may one switch off what it is multiplied with or added to?"""

from collections.abc import Sequence
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

    def examine(self, tensor: Tensor, number: int) -> None:
        """Look at a constant's values when they are used."""
        if number not in self.now:
            hidden = bodiless(tensor) or tensor.numel() > _EXAMINED
            self.now[number] = Fill.UNKNOWN if hidden else fill_of(tensor)
        self.used[number] = _either(self.used.get(number), self.now[number])

    def of(self, number: int) -> Fill:
        """What is known of a tensor."""
        return self.used.get(number, self.now.get(number, Fill.UNKNOWN))


def _either(before: Fill | None, now: Fill) -> Fill:
    """What is known of a constant that was used with other values before."""
    if before is None or before is now:
        return now
    return Fill.UNKNOWN if Fill.UNKNOWN in (before, now) else Fill.FINITE


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
