"""Batch normalisation by hand."""

import pytest
from explaining_networks import numbers, seeded
from torch import nn

from striate.explaining.kinds.normalisation import Normalised
from striate.explaining.unit import explain_unit
from striate.tracing.recording import record


def test_batch_statistics_in_training_mode() -> None:
    one = record(seeded(nn.BatchNorm2d(3)), numbers(4, 3, 2, 2), training=True).layers[0]
    unit = explain_unit(one, (2, 1, 0, 1))
    assert isinstance(unit.detail, Normalised)
    assert unit.detail.of_batch
    assert unit.detail.mean == pytest.approx(float(one.input[:, 1].mean()), abs=1e-6)
