"""Networks drawn by chance against their second witness, inside the image and beyond its edges."""

import numpy as np
import torch
from gradient_witness import Softened, positive, support_in
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.arithmetic.receptive.axis import NOTHING
from striate.inspecting import inspect

small = st.integers(1, 3)


@st.composite
def layers(draw: st.DrawFn) -> nn.Module:
    """One layer that keeps one dimension of space and two channels."""
    kind = draw(
        st.sampled_from(["conv", "transposed", "pool", "average", "nearest", "linear", "pad", "shuffle"])
    )
    kernel, stride, dilation = draw(st.integers(1, 4)), draw(small), draw(small)
    if kind == "conv":
        return nn.Conv1d(2, 2, kernel, stride, draw(st.integers(0, 4)), dilation)
    if kind == "transposed":
        extra = draw(st.integers(0, max(stride, dilation) - 1))
        lead = draw(st.integers(0, dilation * (kernel - 1)))
        return nn.ConvTranspose1d(2, 2, kernel, stride, lead, extra, dilation=dilation)
    if kind == "pool":
        window = draw(st.integers(2, 4))
        return nn.MaxPool1d(
            window, draw(small), draw(st.integers(0, window // 2)), dilation, ceil_mode=draw(st.booleans())
        )
    if kind == "average":
        return nn.AvgPool1d(draw(st.integers(2, 4)), draw(small), ceil_mode=draw(st.booleans()))
    if kind == "nearest":
        return nn.Upsample(scale_factor=draw(st.sampled_from([2, 3])), mode="nearest")
    if kind == "linear":
        return nn.Upsample(scale_factor=2, mode="linear", align_corners=draw(st.booleans()))
    if kind == "pad":
        return draw(
            st.sampled_from(
                [nn.ReflectionPad1d((1, 2)), nn.ReplicationPad1d(2), nn.ConstantPad1d((-1, 2), 0)]
            )
        )
    return Shuffled()


class Shuffled(nn.Module):
    """Pixel shuffle along one dimension: channels dealt out to positions, and back to two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.more = nn.Conv1d(2, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.more(x)
        n, c, length = y.shape
        return y.view(n, c // 2, 2, length).transpose(2, 3).reshape(n, c // 2, 2 * length)


def fits(network: nn.Module, length: int) -> bool:
    try:
        with torch.no_grad():
            return 0 < network(torch.zeros(1, 2, length)).shape[-1] <= 400
    except (RuntimeError, ValueError):
        return False


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(layers(), min_size=1, max_size=4), st.integers(9, 30))
def test_any_stack_of_layers_sees_what_its_gradient_says(stack: list[nn.Module], length: int) -> None:
    network = nn.Sequential(*stack)
    if not fits(network, length):
        return
    found = inspect(network, (2, length))
    field = found.layers[-1].field
    assert field is not None
    assert field.status.word == "exact"
    x = torch.rand(1, 2, length, dtype=torch.float64).add(0.5).requires_grad_()
    with Softened():
        result = positive(network)(x)
    count = result.shape[-1]
    for unit in sorted({0, 1, count // 2, count - 2, count - 1} & set(range(count))):
        for channel in range(result.shape[1]):
            expected = support_in(result[0, channel, unit], x, (2,))[0]
            bounds = field.axes[0].seen
            place = [min(spot, n - 1) for spot, n in zip((0, channel, unit), bounds.shape[1:], strict=True)]
            low, high = int(bounds[(0, *place)]), -int(bounds[(1, *place)])
            assert (None if low >= NOTHING >> 1 else (low, high)) == expected, (unit, channel, network)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(layers(), min_size=1, max_size=4), st.integers(9, 24))
def test_the_unclipped_field_is_that_of_an_image_that_goes_on(stack: list[nn.Module], length: int) -> None:
    """Where a network is the same from place to place, a unit amid a longer image has that size."""
    aligned = any(isinstance(layer, nn.Upsample) and layer.align_corners for layer in stack)
    network = nn.Sequential(*stack)
    if aligned or not fits(network, length) or not fits(network, 240):
        return
    short, long = inspect(network, (2, length)).layers[-1], inspect(network, (2, 240)).layers[-1]
    a, b = short.receptive_field, long.receptive_field
    assert a is not None
    assert b is not None
    assert long.field is not None
    if not (a.open_known[0] and b.open_known[0]):
        return
    assert a.jump == b.jump
    assert a.start == b.start
    inside = long.field.axes[0].seen
    units = inside.shape[-1]
    middle = inside[..., units // 3 : 2 * units // 3]
    sizes = np.where(middle[0] < NOTHING >> 1, -middle[1] - middle[0] + 1, 0).max()
    assert a.size[0] <= b.size[0]
    assert b.size[0] == sizes
