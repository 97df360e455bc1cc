"""From scores to probabilities: the one place where that is done, and how sure a network may be.

Smoothed and mixed labels leave a network less sure than it should be, long training more. Dividing its logits
by one number, the temperature, mends most of either and changes no prediction (Guo et al. 2017, On
Calibration of Modern Neural Networks).

The temperature is fitted to the validation images. Where they are few, or all right, the likeliest one says
more than they know: of ten right answers it makes certainty. So it is the most probable one under a prior
that expects 1: log T is normal with deviation `SPREAD` about 0 (maximum a posteriori, Bishop 2006, Pattern
Recognition and Machine Learning, section 3.3; Platt 1999, Probabilistic Outputs for Support Vector Machines,
section 2.2, puts a prior on a calibration for the same reason). Each image adds its evidence, the prior
stays: few images leave T near 1, many move it to where it is likeliest. There is no bound to rest at.
"""

import math
from collections.abc import Callable

import numpy as np

SPREAD = 0.5
"""Two temperatures in three are expected within a factor of e^0.5 = 1.65 of 1, as Guo et al. report them."""
PRECISION = 1e-3
"""Of log T."""


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits divided by a temperature.

    Args:
        logits: (N, K), one row an image or clip, one column a class.
        temperature: above 0; 1 leaves the logits as they are.

    Returns:
        (N, K), float64, each row adding up to 1.

    >>> probabilities(np.array([[0.0, np.log(3)]])).round(6).tolist()
    [[0.25, 0.75]]
    """
    result: np.ndarray = np.exp(log_probabilities(logits, temperature))
    return result


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Logarithms of `probabilities`, exact also where those are too small to be written."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    result: np.ndarray = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return result


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The most probable temperature, given what a network says of images and what they are.

    Args:
        logits: (N, K); N may be 0, which leaves 1.
        labels: (N,), the right classes.

    Returns:
        The temperature, above 0.
    """

    def surprise(log_temperature: float) -> float:
        """Nats of the labels and of the temperature itself."""
        rows = log_probabilities(logits, math.exp(log_temperature))
        return float(-rows[np.arange(len(labels)), labels].sum()) + 0.5 * (log_temperature / SPREAD) ** 2

    if not len(labels):
        return 1.0
    reach = SPREAD * math.sqrt(2 * surprise(0.0))  # beyond it the prior alone surprises more
    return math.exp(_lowest(surprise, min(reach, 100.0)))


def _lowest(surprise: Callable[[float], float], reach: float) -> float:
    """Where a function with one valley in [−reach, reach] is lowest, by golden sections."""
    share = (math.sqrt(5) - 1) / 2
    low, high = -reach, reach
    one, other = high - share * (high - low), low + share * (high - low)
    at_one, at_other = surprise(one), surprise(other)
    while high - low > PRECISION:
        if at_one < at_other:
            high, other, at_other = other, one, at_one
            one = high - share * (high - low)
            at_one = surprise(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + share * (high - low)
            at_other = surprise(other)
    return (low + high) / 2
