"""One operation of a convolution, in the algorithm and number format chosen for it."""

from collections.abc import Callable

from torch import Tensor

from striate.algorithms.algorithm import Algorithm, Operation
from striate.algorithms.catalogue import ALGORITHMS
from striate.algorithms.geometry import Geometry
from striate.algorithms.shifts import shift, shift_back
from striate.algorithms.table import DTYPES, Choice


def compute(choice: Choice, operation: Operation, g: Geometry, *tensors: Tensor) -> Tensor:
    """One operation as chosen, in the number format of the first tensor when it is done.

    tensors: x and w for the output, d, x and w for a gradient. x is what comes before a shift, and so is its
    gradient.
    """
    algorithm = ALGORITHMS[choice.algorithm]
    operands = [tensor.to(DTYPES[choice.number_format]) for tensor in tensors]
    if g.shift is None or algorithm.shifts:
        return _call(algorithm, operation)(*operands, g).to(tensors[0].dtype)
    if operation is not Operation.INPUT_GRADIENT:  # of x this one needs only the shape
        operands[-2] = shift(operands[-2], g.shift)
    result = _call(algorithm, operation)(*operands, g.unshifted())
    if operation is Operation.INPUT_GRADIENT:
        result = shift_back(result, g.shift)
    return result.to(tensors[0].dtype)


def _call(algorithm: Algorithm, operation: Operation) -> Callable[..., Tensor]:
    calls: dict[Operation, Callable[..., Tensor]] = {
        Operation.OUTPUT: algorithm.output,
        Operation.INPUT_GRADIENT: algorithm.input_gradient,
        Operation.WEIGHT_GRADIENT: algorithm.weight_gradient,
    }
    return calls[operation]
