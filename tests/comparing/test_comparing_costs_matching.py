"""Widths that match parameters or MACs."""

import re

import pytest

from striate.comparing.costs import macs_of, matched, parameters_of, streams
from striate.errors import ArgumentError
from striate.models import WAYS, NetworkSpec, build


def spec(time: str, backbone: str = "plain", **changes: object) -> NetworkSpec:
    arguments = {"classes": 8, "channels": 1, "size": 32, "time": time, "frames": 8, **changes}
    return NetworkSpec(backbone, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("time", ["3d", "gru", "two-stream"])
def test_parameters_come_within_a_hundredth(time: str) -> None:
    reference = spec("2d")
    found = matched(spec(time), reference, "params", 8)
    network = build("plain", classes=8, channels=1, size=32, time=time, **found.options)
    ours, wanted = sum(p.numel() for p in network.parameters()), parameters_of(reference)
    assert abs(ours - wanted) < 0.01 * wanted
    assert ours != parameters_of(spec(time))


def test_macs() -> None:
    reference, found = spec("tsm"), matched(spec("3d"), spec("tsm"), "macs", 8)
    assert abs(macs_of(found, 8) - macs_of(reference, 8)) < 0.05 * macs_of(reference, 8)
    assert found.options["widths"] < (32, 64)


def test_what_matches_already_stays() -> None:
    assert matched(spec("tsm"), spec("2d"), "params", 8) == spec("tsm")
    assert matched(spec("tsm", "resnet18"), spec("2d", "resnet18"), "macs", 8) == spec("tsm", "resnet18")


def test_a_backbone_without_widths() -> None:
    sentence = (
        "--match params scales the widths of a network, and resnet18 has none to choose: compare at the "
        "backbone's own width (leave --match out), match time, or take the backbone plain"
    )
    with pytest.raises(ArgumentError, match=re.escape(sentence)):
        matched(spec("3d", "resnet18"), spec("2d", "resnet18"), "params", 8)


def test_no_width_comes_near() -> None:
    tiny = {"widths": (1,), "hidden": ()}
    with pytest.raises(
        ArgumentError, match=r"no width of plain with 3d comes near the .* params of plain with 2d"
    ):
        matched(spec("3d", options={"widths": (1, 1)}), spec("2d", options=tiny, size=4), "params", 8)


def test_which_ways_pay_for_the_new_frame_only() -> None:
    assert [time for time in WAYS if streams(spec(time))] == ["2d", "rnn", "lstm", "gru"]
    assert streams(spec("tsm", causal=True))
