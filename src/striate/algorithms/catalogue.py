"""Every algorithm by name. Plain comes first: it always fits, so nothing need get slower."""

from striate.algorithms.algorithm import Algorithm, Geometry, Operation
from striate.algorithms.plain import Flipped, Padded, Plain, Spread
from striate.algorithms.products import PatchProduct, Product, ShiftedProducts
from striate.algorithms.refolded import DepthwiseFlipped, DepthwiseFrames, Frames, Time
from striate.algorithms.shifts import FoldedShift
from striate.algorithms.winograd import Winograd, WinogradFlipped

ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Plain(),
        Frames(),
        Time(),
        Product(),
        PatchProduct(),
        ShiftedProducts(),
        DepthwiseFrames(),
        DepthwiseFlipped(),
        Flipped(),
        Spread(),
        Winograd(),
        WinogradFlipped(),
        FoldedShift(),
        Padded(),
    )
}


def fitting(g: Geometry, operation: Operation, last_resorts: bool = False) -> list[str]:
    """Names of the algorithms that can compute this, plain first; or of the last resorts among them."""
    alone = g.unshifted()
    return [
        algorithm.name
        for algorithm in ALGORITHMS.values()
        if algorithm.last_resort == last_resorts
        and operation in algorithm.offers
        and algorithm.fits(g if algorithm.shifts else alone)
    ]
