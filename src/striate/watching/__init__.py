"""Watching a network run. In: a live network, and functions that want to hear of what runs in it.

The only room with hooks, function and dispatch modes, and replaced methods; whoever wants to know what a
network does asks here. Nothing is put into the network itself: afterwards it is as it was, and `untouched`
says the same of its attributes, modes and the random state. Needs only torch; knows no model and no layer.
"""

from striate.watching.restore import untouched
from striate.watching.watch import Running, on_gradient, on_gradient_before_change, replaced, watching
from striate.watching.without_numbers import without_numbers

__all__ = [
    "Running",
    "on_gradient",
    "on_gradient_before_change",
    "replaced",
    "untouched",
    "watching",
    "without_numbers",
]
