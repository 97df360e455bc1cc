"""Networks with a way through time: their layers are worked out, and the numbers are torch's."""

import pytest
import torch
from torch import Tensor, nn

from striate.errors import ArgumentError
from striate.explaining.explain import explain
from striate.explaining.kinds.convolution import Products
from striate.explaining.kinds.temporal_shift import Shift
from striate.models import build
from striate.tracing.recording import record


def network(way: str, causal: bool = False) -> nn.Module:
    torch.manual_seed(0)
    return build("plain", classes=3, channels=1, size=8, widths=(8, 8), time=way, causal=causal)


def clip(seed: int = 0) -> Tensor:
    return torch.randn(1, 1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("way", "layer"),
    [
        ("tsm", "backbone.conv2.shift"),
        ("tsm", "backbone.conv2"),
        ("tsm", "backbone.fc2"),
        ("3d", "backbone.conv1"),
        ("3d", "backbone.conv2"),
        ("3d", "backbone.pool1"),
        ("2plus1d", "backbone.conv1.space"),
        ("2plus1d", "backbone.conv2.time"),
        ("2plus1d", "backbone.conv2.norm"),
    ],
)
def test_a_number_of_every_kind_of_layer(way: str, layer: str, causal: bool) -> None:
    found = explain(network(way, causal), clip(), layer=layer)
    recorded = record(network(way, causal).eval(), clip()).named(layer)
    assert found.unit is not None
    assert found.unit.value == pytest.approx(recorded.output[found.unit.index].item(), rel=1e-4, abs=1e-6)


def test_a_position_begins_with_its_frame_where_frames_are_rows_of_the_batch() -> None:
    two, layer = torch.cat([clip(), clip(1)]), "backbone.conv1"
    output = record(network("2d").eval(), two).named(layer).output[:4]  # those of the first clip
    for asked, index in (
        ({"at": (2, 1, 3)}, (2, 5, 1, 3)),
        ({"at": (1, 3)}, (int(output[:, 5, 1, 3].argmax()), 5, 1, 3)),
        (
            {},
            tuple(map(int, (output[:, 5:6] == output[:, 5].max()).nonzero()[0] + torch.tensor([0, 5, 0, 0]))),
        ),
    ):
        unit = explain(network("2d"), two, layer=layer, filter=5, **asked).unit  # type: ignore[arg-type]
        assert unit is not None
        assert unit.index == index
        assert unit.receptive_field is not None
        assert unit.receptive_field.clipped[0] == (index[0], index[0])
    with pytest.raises(ArgumentError) as caught:
        explain(network("2d"), two, layer=layer, at="4,1,3")
    said = "position 4,1,3 is not in backbone.conv1: expected 0–3 × 0–7 × 0–7; the nearest is 3,1,3"
    assert str(caught.value) == said


def test_a_shift_says_which_frame_each_channel_came_from() -> None:
    unit = explain(network("tsm"), clip(), layer="backbone.conv2.shift", filter=0).unit
    assert unit is not None
    assert isinstance(unit.detail, Shift)
    assert unit.detail.source_frames.shape == (8, 4)
    assert unit.receptive_field is not None
    assert unit.receptive_field.clipped[0] == (unit.index[0] + 1, unit.index[0] + 1)
    assert unit.detail.source_frames[:3].tolist() == [[1, 2, 3, -1], [-1, 0, 1, 2], [0, 1, 2, 3]]


def test_what_a_shifted_convolution_convolves_is_what_was_shifted() -> None:
    recorded = record(network("tsm"), clip(), loss=lambda scores: scores.square().sum())
    shift, conv = recorded.named("backbone.conv2.shift"), recorded.named("backbone.conv2")
    assert torch.equal(conv.input, shift.output)
    assert conv.whole
    assert conv.input_gradient is not None
    assert torch.equal(conv.input_gradient, shift.upstream)  # type: ignore[arg-type]


@pytest.mark.parametrize(("way", "weight"), [("tsm", (0, 0, 1, 1)), ("3d", (0, 0, 1, 1, 1))])
def test_a_weights_gradient_as_a_sum_of_terms(way: str, weight: tuple[int, ...]) -> None:
    live = network(way)
    found = explain(live, clip(), layer="backbone.conv2", weight=weight, label=1)
    nn.functional.cross_entropy(live.eval()(clip()), torch.tensor([1])).backward()
    expected = live.get_submodule("backbone.conv2").weight.grad[weight].item()  # type: ignore[union-attr,index]
    assert found.gradient is not None
    assert found.gradient.total == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_products_of_a_causal_kernel_begin_before_the_clip() -> None:
    unit = explain(network("3d", causal=True), clip(), layer="backbone.conv1", filter=0, at=(0, 4, 4)).unit
    assert unit is not None
    assert isinstance(unit.detail, Products)
    assert not unit.detail.patch[0, :2].any()
    assert unit.detail.patch[0, 2].all()
