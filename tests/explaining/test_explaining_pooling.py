"""Pools by hand."""

import torch
from torch import nn

from striate.explaining.explain import explain
from striate.explaining.kinds.pool_window import Window


def test_the_winner_of_a_max_pool() -> None:
    x = torch.tensor([[[[1.0, 5.0], [3.0, 2.0]]]])
    unit = explain(nn.MaxPool2d(2), x, layer="maxpool2d").unit
    assert unit is not None
    assert isinstance(unit.detail, Window)
    assert (unit.value, unit.detail.winner) == (5, (0, 1))
