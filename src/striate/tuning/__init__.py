"""Tuning: which algorithm of each convolution is fastest on this machine, among the right ones.

In: a network and the shape of its input. Out: `Tuning`, a table of choices for `using_algorithms`, with
every time and error that led to it. What has been measured is kept per machine and version in striate's
cache. This room knows no data and no training.
"""

from striate.tuning.calls import calls_of
from striate.tuning.measuring import TOLERANCES, Measured, Trial
from striate.tuning.store import Store
from striate.tuning.tune import Row, Tuning, known_algorithms, tune

__all__ = [
    "TOLERANCES",
    "Measured",
    "Row",
    "Store",
    "Trial",
    "Tuning",
    "calls_of",
    "known_algorithms",
    "tune",
]
