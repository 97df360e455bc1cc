"""One number worked out, for every kind of layer, against torch and against numbers worked out on paper."""

import numpy as np
import pytest
import torch
from explaining_networks import clip_network, image_network, numbers, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from striate.errors import ArgumentError, NetworkError
from striate.explaining.explain import explain
from striate.explaining.kinds.batch_norm import Normalised
from striate.explaining.kinds.convolution import Products
from striate.explaining.kinds.pooling import Window
from striate.explaining.kinds.temporal_shift import Shift
from striate.explaining.unit import choose, explain_unit
from striate.tracing.recording import record


@pytest.mark.parametrize("number", range(16))
def test_every_kind_of_layer_for_images(number: int) -> None:
    recorded = record(image_network(), numbers(2, 4, 9, 8))
    one = recorded.layers[number]
    random = np.random.default_rng(number)
    for _ in range(8):
        index = tuple(int(random.integers(size)) for size in one.output.shape)
        unit = explain_unit(one, index)
        assert unit.value == pytest.approx(float(one.output[index]), rel=1e-5, abs=1e-6)
        assert unit.check.difference <= unit.check.rounding < 1e-4


@pytest.mark.parametrize("number", range(8))
def test_every_kind_of_layer_for_clips(number: int) -> None:
    recorded = record(clip_network(), numbers(1, 8, 4, 8, 8))
    one = recorded.layers[number]
    unit = explain_unit(one, choose(one, None, None))
    assert unit.value == pytest.approx(float(one.output.max()), rel=1e-5)


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


def test_the_winner_of_a_max_pool() -> None:
    x = torch.tensor([[[[1.0, 5.0], [3.0, 2.0]]]])
    unit = explain(nn.MaxPool2d(2), x, layer="maxpool2d").unit
    assert unit is not None
    assert isinstance(unit.detail, Window)
    assert (unit.value, unit.detail.winner) == (5, (0, 1))


def test_what_follows_at_the_same_place() -> None:
    unit = explain(image_network(), numbers(1, 4, 9, 8), layer="0", filter=2, at=(1, 3)).unit
    assert unit is not None
    assert [one.kind for one in unit.after] == ["batch_norm", "silu"]
    assert isinstance(unit.after[0].detail, Normalised)
    assert unit.after[0].detail.input == pytest.approx(unit.value, abs=1e-5)


def test_the_frame_a_channel_came_from() -> None:
    unit = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer="0", filter=0, at=(3, 0, 0)).unit
    assert unit is not None
    assert isinstance(unit.detail, Shift)
    assert (unit.value, unit.detail.came_from) == (0, -1)
    assert unit.detail.source_frames[1].tolist() == [-1, 0, 1, 2]


def test_where_it_lies_in_the_input() -> None:
    unit = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer="3", filter=0, at=(1, 1, 2)).unit
    assert unit is not None
    assert unit.receptive_field is not None
    assert unit.receptive_field.axes == ("T", "H", "W")
    assert unit.receptive_field.clipped == ((0, 3), (1, 4), (3, 6))
    assert unit.receptive_field.unclipped == ((-1, 3), (1, 4), (3, 6))


def test_batch_statistics_in_training_mode() -> None:
    one = record(seeded(nn.BatchNorm2d(3)), numbers(4, 3, 2, 2), training=True).layers[0]
    unit = explain_unit(one, (2, 1, 0, 1))
    assert isinstance(unit.detail, Normalised)
    assert unit.detail.of_batch
    assert unit.detail.mean == pytest.approx(float(one.input[:, 1].mean()), abs=1e-6)


class Standardised(nn.Conv2d):
    """A convolution that is not what its geometry says."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 1.01


def test_a_difference_above_rounding_is_an_error() -> None:
    expected = (
        r"standardised\[0, 0, 0, 0\]: worked out by hand it is .*, but torch computed .*; the difference"
    )
    with pytest.raises(NetworkError, match=expected):
        explain(seeded(Standardised(1, 1, 2)), numbers(1, 1, 3, 3), layer="standardised", at=(0, 0))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"layer": "3", "filter": 9}, r"^filter 9 is not in 3: expected 0–5; the nearest is 5$"),
        ({"layer": "3", "at": (9, 0)}, r"^position 9,0 is not in 3: expected 0–2 × 0–4; the nearest is 2,0$"),
        ({"layer": "3", "at": (1,)}, r"^position 1 is not in 3: expected 0–2 × 0–4, 2 numbers$"),
        (
            {"layer": "15", "at": (1,)},
            r"^position 1 is not in 15: its outputs have no position: leave it out$",
        ),
        ({"layer": "15", "filter": 3}, r"^unit 3 is not in 15: expected 0–2; the nearest is 2$"),
        ({"layer": "33"}, r"^unknown layer '33': did you mean '3'\? Known: 0, 1, 10, 11"),
        (
            {"filter": 1},
            r"^a filter, a position, a weight or the way through is of a layer: give --layer too$",
        ),
        ({"layer": "3", "show": ("map",)}, r"^unknown picture 'map': did you mean 'maps'\? Known: "),
        ({"layer": "3", "language": "fr"}, r"^unknown language 'fr': known: en, vi$"),
    ],
)
def test_what_is_out_of_range(asked: dict[str, object], expected: str) -> None:
    with pytest.raises((ArgumentError, NetworkError), match=expected):
        explain(image_network(), numbers(1, 4, 9, 8), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("network", "layer", "expected"),
    [
        (
            nn.GroupNorm(1, 2),
            "groupnorm",
            "groupnorm is a GroupNorm, which cannot be worked out by hand; those that",
        ),
        (
            nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
            "conv2d",
            "conv2d is a convolution with padding_mode",
        ),
        (
            nn.Sequential(nn.Sequential(nn.Conv2d(2, 2, 1))),
            "0",
            "0 is a Sequential, a block of several layers: name",
        ),
        (nn.Sequential(nn.Flatten(2), nn.Identity()), "0", "0 is a Flatten from axis 2 to -1, which cannot"),
    ],
)
def test_kinds_that_cannot_be_worked_out_are_named(network: nn.Module, layer: str, expected: str) -> None:
    with pytest.raises(NetworkError, match=f"^{expected}"):
        explain(network, numbers(1, 2, 4, 4), layer=layer)
