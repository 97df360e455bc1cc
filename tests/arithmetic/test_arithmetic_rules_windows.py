"""Rules of padding, windows written out and resampling, against which outputs change with the input."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, traced_field
from striate.arithmetic.described import Status
from striate.arithmetic.receptive.rules_windows import RESIZING

amounts = st.tuples(st.integers(-1, 3), st.integers(-1, 3))


@drawn
@given(amounts, amounts, st.sampled_from(["constant", "reflect", "replicate"]))
def test_padding(height: tuple[int, int], width: tuple[int, int], mode: str) -> None:
    assert_seen(Made(lambda s, x: F.pad(x, (*width, *height), mode)), (1, 2, 5, 4))


def test_padding_does_not_end_the_field_as_though_the_input_went_on() -> None:
    layer = nn.Conv1d(1, 1, 3).double()
    for mode in ("constant", "replicate"):
        padded = traced_field(Made(lambda s, x, m=mode: s.c(F.pad(x, (1, 1), m)), c=layer), (1, 1, 6))
        opened = padded.axes[0].open
        assert opened is not None
        assert opened[0].reshape(-1).tolist() == [-1, 0, 1, 2, 3, 4]
        assert (-opened[1]).reshape(-1).tolist() == [1, 2, 3, 4, 5, 6]


@drawn
@given(st.integers(1, 4), st.integers(1, 3))
def test_windows_written_out(size: int, step: int) -> None:
    assert_seen(Made(lambda s, x: x.unfold(2, size, step)), (1, 2, 7, 3))
    assert_seen(Made(lambda s, x: x.unfold(2, size, step).mean(-1)), (1, 2, 7, 3))


@drawn
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_windows_as_columns(
    kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int]
) -> None:
    assert_seen(Made(lambda s, x: F.unfold(x, kernel, dilation, padding, stride)), (1, 2, 6, 5))


@drawn
@given(st.integers(1, 9), st.integers(1, 6), st.sampled_from(["avg", "max"]))
def test_adaptive_pools(height: int, width: int, kind: str) -> None:
    pool = {"avg": nn.AdaptiveAvgPool2d, "max": nn.AdaptiveMaxPool2d}[kind]
    assert_seen(pool((height, width)), (1, 2, 7, 5))


def test_adaptive_pools_over_one_and_three_axes() -> None:
    assert_seen(nn.AdaptiveAvgPool1d(3), (1, 2, 7))
    assert_seen(nn.AdaptiveAvgPool3d((2, 3, 1)), (1, 2, 5, 4, 3))
    assert_seen(nn.Sequential(nn.Conv2d(1, 2, 3, 2), nn.AdaptiveAvgPool2d(2)), (1, 1, 9, 9))


MODES = ["nearest", "nearest-exact", "bilinear", "bicubic"]


@drawn
@given(st.sampled_from(MODES), st.integers(2, 12), st.integers(2, 12), st.booleans())
def test_resampling_to_a_size(mode: str, height: int, width: int, align: bool) -> None:
    options = {} if mode.startswith("nearest") else {"align_corners": align}
    assert_seen(Made(lambda s, x: F.interpolate(x, (height, width), mode=mode, **options)), (1, 1, 6, 5))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("factor", [2.0, 0.5, 1.5])
def test_resampling_by_a_factor(mode: str, factor: float) -> None:
    assert_seen(Made(lambda s, x: F.interpolate(x, scale_factor=factor, mode=mode)), (1, 1, 6, 6))


def test_resampling_along_one_and_three_axes() -> None:
    assert_seen(Made(lambda s, x: F.interpolate(x, 9, mode="linear")), (1, 2, 5))
    assert_seen(Made(lambda s, x: F.interpolate(x, (2, 8, 3), mode="trilinear")), (1, 1, 4, 4, 3))
    assert_seen(Made(lambda s, x: F.interpolate(x, (2, 8, 3))), (1, 1, 4, 4, 3))


def test_a_smoothed_resampling_is_a_bound() -> None:
    network = Made(lambda s, x: F.interpolate(x, (3, 3), mode="bilinear", antialias=True))
    assert_seen(network, (1, 1, 6, 6), Status.BOUND)


def test_what_stands_behind_a_resampling_goes_on_as_it_does() -> None:
    network = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3, padding=1), nn.AvgPool2d(2))
    field = assert_seen(network, (1, 1, 6, 6))
    step = field.axes[0].steps[2]
    assert (step.period, step.shift) == (1, 1)
    assert set(RESIZING) == {"adaptive_pool", "interpolate", "fold"}
    assert field.axes[1].open is not None
    assert torch.tensor(field.axes[1].open[0]).flatten().tolist() == [-1, 0, 1, 2, 3, 4]


@drawn
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(1, 2), st.integers(5, 7))
def test_windows_added_up_again_are_seen_where_they_lie(
    kernel: int, stride: int, padding: int, dilation: int, size: int
) -> None:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        columns = F.unfold(x, kernel, dilation, padding, stride)
        return F.fold(columns * columns, (size, size), kernel, dilation, padding, stride)

    assume(size + 2 * padding >= dilation * (kernel - 1) + 1)
    assert_seen(Made(run), (1, 2, size, size))
