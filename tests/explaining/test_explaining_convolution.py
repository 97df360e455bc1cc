"""Convolutions by hand: against torch, and against numbers worked out on paper."""

import pytest
import torch
from explaining_networks import numbers, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.explaining.explain import explain
from striate.explaining.kinds.convolution import Products
from striate.explaining.unit import explain_unit
from striate.tracing.recording import record


@settings(max_examples=30, deadline=None)
@given(
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    data=st.data(),
)
def test_any_convolution_of_one_axis(
    kernel: int, stride: int, padding: int, dilation: int, groups: int, data: st.DataObject
) -> None:
    conv = nn.Conv1d(4, 6, kernel, stride, padding, dilation, groups)
    one = record(seeded(conv), numbers(2, 4, 9)).layers[0]
    index = tuple(data.draw(st.integers(0, size - 1)) for size in one.output.shape)
    assert explain_unit(one, index).value == pytest.approx(float(one.output[index].detach()), abs=1e-5)


def test_a_convolution_worked_out_on_paper() -> None:
    conv = nn.Conv2d(1, 1, 2)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
        conv.bias.fill_(0.5)  # type: ignore[union-attr]
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    unit = explain(conv, x, layer="conv2d", filter=0, at=(1, 0)).unit
    assert unit is not None
    detail = unit.detail
    assert isinstance(detail, Products)
    assert detail.patch.tolist() == [[[3, 4], [6, 7]]]
    assert detail.products.tolist() == [[[3, 8], [18, 28]]]
    assert (detail.channel_sums.tolist(), detail.bias, unit.value) == ([57], 0.5, 57.5)
    assert detail.input_cells[:, 1, 1].tolist() == [2, 1]
