"""Weights laid out for the processor, against the convolution of PyTorch that they stand for."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.stepping.cells import Convolution

BOUNDS = (None, (0.0, None), (0.0, 6.0), (-1.0, 1.0))
needs_library = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN")


@needs_library
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_is_the_convolution_then_what_cuts_it_off(data: st.DataObject) -> None:
    """Kernels of one place, which are products of matrices, and others; any number of frames after the first
    call, which lays the weights out."""
    whole = st.integers
    groups = data.draw(whole(1, 3))
    inputs, outputs = groups * data.draw(whole(1, 3)), groups * data.draw(whole(1, 3))
    kernel = data.draw(st.sampled_from([(1, 1), (1, 3), (3, 3)]))
    stride, dilation = data.draw(whole(1, 2)), data.draw(whole(1, 2))
    geometry = (stride,) * 2, (data.draw(whole(0, 1)),) * 2, (dilation,) * 2, groups
    bias = torch.randn(outputs) if data.draw(st.booleans()) else None
    weight = torch.randn(outputs, inputs // groups, *kernel)
    layer = Convolution(weight, bias, *geometry)
    bounds = data.draw(st.sampled_from(BOUNDS))
    if bounds is not None:
        layer.bound(bounds)
    layer.packs = True
    shape = inputs, data.draw(whole(5, 9)), data.draw(whole(5, 9))
    for frames in (1, data.draw(whole(1, 4))):
        x = torch.randn(frames, *shape) * 3
        wanted = F.conv2d(x, weight, bias, *geometry)
        if bounds is not None:
            wanted = wanted.clamp(*bounds)
        with torch.inference_mode():
            torch.testing.assert_close(layer(x), wanted, atol=1e-5, rtol=1e-5)


@needs_library
def test_an_input_of_any_layout_stays_as_it_was() -> None:
    layer = Convolution(torch.randn(4, 3, 1, 1), None, (1, 1), (0, 0), (1, 1), 1)
    layer.bound((0.0, None))
    layer.packs = True
    for layout in (torch.contiguous_format, torch.channels_last):
        x = torch.randn(2, 3, 5, 6).contiguous(memory_format=layout)
        before = x.clone()
        with torch.inference_mode():
            layer(x)
        assert torch.equal(x, before)
