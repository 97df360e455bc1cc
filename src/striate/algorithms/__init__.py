"""The algorithms of a convolution: ways to compute it that are equal in exact arithmetic and differ in time.

A convolution is three operations: its output, and on the way back the gradients of its input and of its
weight. Each `Algorithm` can do some of them, for geometries that it fits: as a 2D convolution over folded
frames, as a matrix product, with its padding made explicit, … (`ALGORITHMS` has them all). The three
operations of a layer may take different ones. `using_algorithms` puts chosen ones into a network for a block
of code; parameters, state dict and hooks stay as they are.

Which algorithm is fastest, and whether its result is right on this machine, is not known here:
`striate.tuning` measures it.
"""

from striate.algorithms.algorithm import Algorithm, Geometry, Operation
from striate.algorithms.catalogue import ALGORITHMS
from striate.algorithms.in_network import Choice, Choices, Table, using_algorithms

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Choice",
    "Choices",
    "Geometry",
    "Operation",
    "Table",
    "using_algorithms",
]
