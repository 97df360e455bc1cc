"""Temperature scaling against logits that were scaled on purpose."""

import numpy as np
import pytest
import torch

from striate.evaluating.calibration import HIGHEST, LOWEST, fit_temperature, with_temperature
from striate.evaluating.metrics import calibration_error


def calibrated(seed: int = 0) -> tuple[torch.Tensor, np.ndarray]:
    """Logits (4000, 5) and labels drawn from the very distribution that they stand for."""
    random = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(4000, 5, generator=random, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=random)[:, 0]
    return logits, labels.numpy()


@pytest.mark.parametrize("wrong_by", [0.5, 1.0, 2.5])
def test_finds_the_factor_that_logits_were_scaled_by(wrong_by: float) -> None:
    logits, labels = calibrated()
    rows = (logits * wrong_by).softmax(1).numpy()
    temperature = fit_temperature(rows, labels)
    assert temperature == pytest.approx(wrong_by, rel=0.06)
    mended = with_temperature(rows, temperature)
    assert np.allclose(mended, (logits * wrong_by / temperature).softmax(1).numpy(), atol=1e-6)
    assert calibration_error(mended, labels) < 0.03
    assert (mended.argmax(1) == rows.argmax(1)).all()


def test_stays_in_bounds_where_everything_is_right_or_wrong() -> None:
    rows = np.full((50, 3), 0.2)
    rows[:, 0] = 0.6
    assert fit_temperature(rows, np.zeros(50, int)) == pytest.approx(LOWEST, rel=0.01)
    assert fit_temperature(rows, np.ones(50, int)) == pytest.approx(HIGHEST, rel=0.01)


def test_one_changes_nothing() -> None:
    rows = np.array([[0.2, 0.8], [1.0, 0.0]])
    assert with_temperature(rows, 1.0) is rows
    assert np.isfinite(with_temperature(rows, 0.5)).all()
