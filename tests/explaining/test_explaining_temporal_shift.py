"""Temporal shift by hand."""

from explaining_networks import clip_network, numbers

from striate.explaining.explain import explain
from striate.explaining.kinds.temporal_shift import Shift


def test_the_frame_a_channel_came_from() -> None:
    unit = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer="0", filter=0, at=(3, 0, 0)).unit
    assert unit is not None
    assert isinstance(unit.detail, Shift)
    assert (unit.value, unit.detail.came_from) == (0, -1)
    assert unit.detail.source_frames[1].tolist() == [-1, 0, 1, 2]


def test_zeros_are_told_from_the_first_frame() -> None:
    page = explain(clip_network(), numbers(1, 8, 4, 8, 8), layer="0").to_html()
    assert "∅" in page
    assert "zeros, from no frame" in page
