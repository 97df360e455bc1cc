"""Rules of operations that mix elements, against which outputs change with the input."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, traced_field
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.rules_mixing import MIXING

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
POOLS = {1: (nn.MaxPool1d, nn.AvgPool1d), 2: (nn.MaxPool2d, nn.AvgPool2d), 3: (nn.MaxPool3d, nn.AvgPool3d)}


@st.composite
def windows(draw: st.DrawFn, axes: int) -> dict[str, tuple[int, ...]]:
    """Kernel, stride, padding and dilation per axis."""

    def several(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    bounds = {"kernel_size": (1, 3), "stride": (1, 3), "padding": (0, 1), "dilation": (1, 2)}
    return {name: several(*limits) for name, limits in bounds.items()}


@drawn
@given(st.data(), st.sampled_from([1, 2, 3]), st.sampled_from([(1, 2, 3), (2, 4, 2), (4, 4, 4)]))
def test_convolutions(data: st.DataObject, axes: int, channels: tuple[int, int, int]) -> None:
    groups, inputs, outputs = channels
    layer = CONVOLUTIONS[axes](inputs, outputs, groups=groups, **data.draw(windows(axes)))
    assert_seen(layer, (1, inputs, *[7, 6, 5][:axes]))


@drawn
@given(st.data(), st.sampled_from([1, 2]), st.sampled_from([1, 2]))
def test_transposed_convolutions(data: st.DataObject, axes: int, groups: int) -> None:
    layer = TRANSPOSED[axes](2, 4, groups=groups, **data.draw(windows(axes)))
    assert_seen(layer, (1, 2, *[4, 3][:axes]))


@drawn
@given(st.data(), st.sampled_from([1, 2, 3]), st.booleans())
def test_pools(data: st.DataObject, axes: int, ceil_mode: bool) -> None:
    geometry = data.draw(windows(axes))
    sides = zip(geometry["padding"], geometry["kernel_size"], strict=True)
    geometry["padding"] = tuple(min(padding, kernel // 2) for padding, kernel in sides)
    average = {key: value for key, value in geometry.items() if key != "dilation"}
    maximum, mean = POOLS[axes]
    assert_seen(maximum(**geometry, ceil_mode=ceil_mode), (1, 2, *[8, 7, 6][:axes]))
    assert_seen(mean(**average, ceil_mode=ceil_mode), (1, 2, *[8, 7, 6][:axes]))


SHAPE = (1, 4, 5, 6)
LAYERS = {
    "linear over the width": nn.Linear(6, 3),
    "layer norm": nn.LayerNorm(6),
    "layer norm over a map": nn.LayerNorm((5, 6)),
    "rms norm": nn.RMSNorm(6),
    "group norm": nn.GroupNorm(2, 4),
    "group norm of single channels": nn.GroupNorm(4, 4),
    "instance norm": nn.InstanceNorm2d(4),
    "batch norm": nn.BatchNorm2d(4),
    "batch norm of the batch itself": nn.BatchNorm2d(4, track_running_stats=False),
    "softmax over the height": nn.Softmax(2),
    "log softmax over channels": nn.LogSoftmax(1),
    "mean over the height": Made(lambda s, x: x.mean(2)),
    "mean over the map, kept": Made(lambda s, x: x.mean((2, 3), keepdim=True)),
    "sum of all": Made(lambda s, x: x.sum()),
    "norm over the width": Made(lambda s, x: x.norm(dim=3)),
    "variance over the width": Made(lambda s, x: x.var(3)),
    "logsumexp over channels": Made(lambda s, x: x.logsumexp(1)),
    "a product with itself": Made(lambda s, x: x @ x.transpose(2, 3)),
    "a product of batches": Made(lambda s, x: torch.bmm(x[0], x[0].transpose(1, 2))),
    "a vector times a matrix": Made(lambda s, x: x[0, 0, 0] @ x[0, 0].t()),
    "a matrix times a vector": Made(lambda s, x: x[0, 0] @ x[0, 1, 1]),
    "two vectors": Made(lambda s, x: x[0, 0, 0] @ x[0, 1, 1]),
    "a product plus a bias": Made(lambda s, x: torch.addmm(x[0, 3, 0], x[0, 0], x[0, 1].t() @ x[0, 2])),
    "a matrix per channel": Made(lambda s, x: torch.einsum("nchw,ndhw->ncdh", x, x)),
    "an activation": nn.SiLU(),
    "a residual": Made(lambda s, x: x + F.pad(x, (1, 0))[..., :6]),
    "a gate": Made(lambda s, x: x * x.mean((2, 3), keepdim=True)),
    "a gate per row": Made(lambda s, x: x * x.mean(3, keepdim=True).sigmoid()),
    "zeros as a factor": Made(lambda s, x: x[:, :1] + x * torch.zeros(1)),
    "computed weights": Made(lambda s, x: F.conv2d(x, x.mean((0, 2, 3)).view(1, 4, 1, 1))),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    assert_seen(LAYERS[name], SHAPE)


BOUNDS = {
    "sort": Made(lambda s, x: x.sort(3)[0]),
    "a factor that may be zero": Made(lambda s, x: x * torch.tensor([1.0, 0, 1, 0, 1, 1])),
    "a constant mask": Made(lambda s, x: torch.where(torch.arange(6) < 3, x.mean(3, keepdim=True), x)),
    "a causal mask": Made(lambda s, x: (x + torch.full((5, 6), -1e9).triu(1)).softmax(3)),
    "an operation without a rule": Made(lambda s, x: torch.linalg.qr(x.transpose(2, 3))[0]),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_what_is_only_bounded_is_called_so_and_the_bound_holds(name: str) -> None:
    assert_seen(BOUNDS[name], SHAPE, Status.BOUND)


def test_an_embedding_sees_its_index() -> None:
    network = Made(lambda s, x: s.table(x.round().long().clamp(0, 3)), table=nn.Embedding(4, 2))
    field = traced_field(network, (1, 1, 5))
    assert field.shape == (1, 1, 5, 2)
    assert field.axes[0].seen[0].reshape(-1).tolist() == [0, 1, 2, 3, 4]


def test_every_kind_of_this_file_is_met_here() -> None:
    """`activation` and `opaque` are said by other readers; sequences have a file of their own."""
    elsewhere = {"activation", "opaque", "copy", "cumulative", "recurrent", "attention"}
    met = {
        "elementwise",
        "convolution",
        "pool",
        "matmul",
        "mix",
        "reduce",
        "batch_norm",
        "group_norm",
        "lookup",
        "sample",
    }
    assert set(MIXING) == elsewhere | met


FILTER = torch.rand(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TRANSFORMS = {
    "in both directions": lambda x: torch.fft.fft2(x).real,
    "of real numbers": lambda x: torch.fft.rfft(x).abs(),
    "a filter": lambda x: torch.fft.irfft2(torch.fft.rfft2(x) * torch.fft.rfft2(FILTER)),
    "apart and together": lambda x: torch.view_as_real(
        (1 + 2j) * torch.view_as_complex(x.reshape(1, 2, 6, 3, 2))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_see_all_along_their_dimensions(name: str) -> None:
    assert_seen(Made(lambda s, x: TRANSFORMS[name](x)), (1, 2, 6, 6))


def test_what_is_read_anywhere_is_a_bound_that_holds() -> None:
    moved = Made(lambda s, x: F.grid_sample(x, x.permute(0, 2, 3, 1).tanh(), align_corners=False))
    assert_seen(moved, (1, 2, 6, 6), Status.BOUND)

    def asked(s: nn.Module, x: Tensor) -> Tensor:
        where = 0.1 * x[:, 0, :, :, None].expand(1, 6, 6, 2).tanh()
        return F.grid_sample(FILTER[None, None], where, align_corners=False)

    assert_seen(Made(asked), (1, 2, 6, 6))
