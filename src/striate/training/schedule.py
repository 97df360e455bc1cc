"""The learning rate and the momentum at every step, as functions of the share of training done."""

import math
from typing import Literal, NamedTuple

MOMENTUM_DIP = 0.1
"""How far one-cycle lowers the momentum at its highest learning rate."""


class Pace(NamedTuple):
    """The learning rate as a share of the highest, and the momentum."""

    rate: float
    momentum: float


def pace(
    kind: Literal["one-cycle", "cosine"], step: int, steps: int, *, warmup: float, momentum: float
) -> Pace:
    """The pace of step `step` of `steps`, counted from 0.

    One-cycle (Smith and Topin 2018): cosine from 1/25 to 1, cosine down to 1/1000, the momentum the other
    way. Cosine (Loshchilov and Hutter 2017): straight from 0 to 1, then half a cosine down to 0.
    """
    done = (step + 1) / steps
    rising = done < warmup
    share = done / warmup if rising else (done - warmup) / (1 - warmup)
    if kind == "cosine":
        return Pace(share if rising else _down(share), momentum)
    if rising:
        return Pace(1 / 25 + (1 - 1 / 25) * (1 - _down(share)), momentum - MOMENTUM_DIP * momentum * share)
    return Pace(1e-3 + (1 - 1e-3) * _down(share), momentum - MOMENTUM_DIP * momentum * _down(share))


def _down(share: float) -> float:
    """Half a cosine from 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * share))
