"""Confidence that means something: one temperature, fitted to the validation images.

Smoothed and mixed labels leave a network less sure than it should be, long training more. Dividing its logits
by one number mends most of either and changes no prediction (Guo et al. 2017, On Calibration of Modern Neural
Networks).
"""

import numpy as np
from scipy.optimize import minimize_scalar

LOWEST, HIGHEST = 0.25, 4.0
"""Bounds of the temperature: where every validation image is right, no finite one is best."""


def with_temperature(rows: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) as they would be had the logits been divided by the temperature."""
    if temperature == 1:
        return rows
    logits = np.log(np.maximum(rows, 1e-30)) / temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return result


def fit_temperature(rows: np.ndarray, labels: np.ndarray) -> float:
    """The temperature under which labels (N,) are likeliest, given probabilities (N, K)."""

    def loss(log_temperature: float) -> float:
        scaled = with_temperature(rows, float(np.exp(log_temperature)))
        own = scaled[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(own, 1e-30)).mean())

    best = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(best.x))
