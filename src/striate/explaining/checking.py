"""Two witnesses for every number: worked out by hand in float64, and what torch computed."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.plain_values import ToJson

SPARE = 16
"""Roundings beside those of the sum itself: of its factors, of a square root, of a vectorised exponential."""


@dataclass(frozen=True)
class Check(ToJson):
    """A comparison that held. `difference` is the largest over `numbers` numbers."""

    what: str
    numbers: int
    difference: float
    rounding: float
    """What rounding alone could make of it, at most."""


def as_array(tensor: Tensor) -> Array:
    """A tensor's numbers as float64 (whole numbers as int64), which holds all that torch computes with.

    Raises NetworkError for complex numbers.
    """
    if tensor.is_complex():
        raise NetworkError("the numbers here are complex, and what is worked out by hand is real: not shown")
    kind = torch.float64 if tensor.is_floating_point() else torch.int64
    array: Array = tensor.detach().to("cpu", kind).numpy()
    return array


def rounding(tensor: Tensor, terms: int, size: Array | float) -> Array | float:
    """What a sum of so many terms may be off by in this tensor's precision: (terms + spare)·ε·Σ|term|.

    size: Σ|term|, for each number. (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, §3.1.)
    """
    epsilon = torch.finfo(tensor.dtype).eps if tensor.is_floating_point() else 0.0
    return (terms + SPARE) * epsilon * size + float(np.finfo(np.float32).tiny)


def compare(what: str, by_hand: Array | float, by_torch: Array | float, allowed: Array | float) -> Check:
    """The check of one number or of many. Raises NetworkError where they differ by more than rounding."""
    ours, theirs = np.asarray(by_hand), np.asarray(by_torch)
    off = np.abs(ours - theirs)
    worst = int(np.argmax(off - allowed)) if off.size else 0
    if off.size and not (off <= allowed).all():
        limit = np.broadcast_to(allowed, off.shape).flat[worst]
        gap = f"{off.flat[worst]:.2g} is above rounding ({limit:.2g})"
        raise NetworkError(
            f"{what}: worked out by hand it is {ours.flat[worst]:.8g}, but torch computed "
            f"{theirs.flat[worst]:.8g}; the difference of {gap}, so the layer does something that its "
            "description does not say, such as a changed forward or a hook"
        )
    return Check(what, off.size, float(off.max(initial=0.0)), float(np.max(allowed, initial=0.0)))
