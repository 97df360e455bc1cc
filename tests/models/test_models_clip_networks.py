"""Clip networks: what `build` refuses of them, in words, and what is special to a family."""

from typing import Any

import pytest
import torch
from torch import nn

from striate.errors import NetworkError
from striate.models import CATALOGUE, CLIP_NETWORKS, NETWORKS, NetworkSpec, build, options, published_clip
from striate.models.i3d import i3d_resnet50
from striate.models.slowfast import TwoRates
from striate.models.video_resnet import VIDEO_RESNETS
from striate.watching import without_numbers


def bare(name: str, **arguments: Any) -> nn.Module:
    with without_numbers():
        return build(name, **{"classes": 7, **arguments}).eval()


def test_names_are_not_taken_twice() -> None:
    assert not set(CATALOGUE) & set(CLIP_NETWORKS)
    assert set(NETWORKS) == set(CATALOGUE) | set(CLIP_NETWORKS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"backbone": "r3d_18", "time": "tsm"},
            "r3d_18 takes clips by itself: leave --time tsm out, or give it to a network for images, such as "
            "resnet18",
        ),
        (
            {"backbone": "x3d_s", "causal": True},
            "the frames of x3d_s see later ones: for --causal take tsm_resnet50 or tsm_mobilenet_v2, or a "
            "network for images with a way through time",
        ),
        ({"backbone": "x3d_s", "frames": 0}, "frames must be a whole number of at least 1; got 0"),
        (
            {"backbone": "i3d_resnet50", "frames": 1},
            "i3d_resnet50 needs clips of at least 2 frames; got 1: give longer clips",
        ),
        (
            {"backbone": "i3d_resnet50", "frames": 4, "size": 32, "like": "mmaction2"},
            "i3d_resnet50 needs clips of at least 5 frames; got 4: give longer clips",
        ),
        (
            {"backbone": "c3d", "frames": 8},
            "c3d takes clips of 16 frames of 112×112 and no other size, which its fully connected layers "
            "fix; got 8 frames of 112×112",
        ),
        (
            {"backbone": "c3d", "size": (64, 72)},
            "c3d takes clips of 16 frames of 112×112 and no other size, which its fully connected layers "
            "fix; got 16 frames of 64×72",
        ),
        (
            {"backbone": "slowfast_r50_4x16", "like": "pytorchvideo"},
            "unknown like 'pytorchvideo': known: mmaction2, pyslowfast",
        ),
        ({"backbone": "ir_csn_50", "dropout": 1}, "dropout must be at least 0 and less than 1; got 1"),
        ({"backbone": "r3d_18", "width": 3}, "r3d_18 takes no options; got 'width'"),
        (
            {"backbone": "x3d_x"},
            f"unknown backbone 'x3d_x': did you mean 'x3d_xs'? Known: {', '.join(sorted(NETWORKS))}; "
            "or name your own, as in my.py:make",
        ),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as raised, without_numbers():
        build(**{"classes": 7, **arguments})
    assert str(raised.value) == message


def test_records_refuse_what_build_would_refuse() -> None:
    with pytest.raises(NetworkError, match="r3d_18 takes clips by itself"):
        NetworkSpec("r3d_18", classes=3, time="lstm")


def test_options_are_the_builders() -> None:
    assert options("i3d_resnet50") == {"like": "pyslowfast", "dropout": 0.5}
    assert options("tsm_mobilenet_v2") == {"dropout": 0.2}


def test_published_clips() -> None:
    assert published_clip("r2plus1d_18") == (16, 112, 112)
    assert published_clip("slowfast_r50_8x8") == (32, 224, 224)


def test_c3d_refuses_other_clips_when_they_come() -> None:
    with pytest.raises(NetworkError, match=r"fully connected layers fix; got 16 frames of 96×112"):
        bare("c3d")(torch.empty(1, 3, 16, 96, 112, device="meta"))


def test_tsm_is_the_image_network_with_the_way() -> None:
    """The same names and shapes, of which causal changes none."""
    by_way = bare("resnet50", time="tsm").state_dict()
    for causal in (False, True):
        by_name = bare("tsm_resnet50", causal=causal).state_dict()
        assert {name: t.shape for name, t in by_name.items()} == {name: t.shape for name, t in by_way.items()}


def test_causal_tsm_sees_no_later_frame() -> None:
    torch.manual_seed(0)
    network = build("tsm_mobilenet_v2", classes=3, causal=True).eval()
    clip = torch.randn(1, 3, 4, 32, 32)
    changed = clip.clone()
    changed[:, :, 3] = 0
    with torch.no_grad():
        before, after = network.running_scores(clip), network.running_scores(changed)
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3], after[:, 3])


@pytest.mark.parametrize(
    ("every", "frames", "seen"),
    [
        (False, 32, [0, 10, 20, 31]),
        (True, 32, [0, 8, 16, 24]),
        (False, 20, [0, 9, 19]),
        (True, 20, [0, 8, 16]),
        (False, 3, [0]),
        (True, 3, [0]),
    ],
)
def test_frames_of_the_slow_pathway(every: bool, frames: int, seen: list[int]) -> None:
    clip = torch.arange(frames).view(1, 1, frames, 1, 1)
    slow, fast = TwoRates(alpha=8, every=every)(clip)
    assert slow.flatten().tolist() == seen
    assert fast is clip


def mid_widths(network: nn.Module) -> list[int]:
    layers = dict(network.named_modules())
    return [layers[f"layer2.0.conv{number}.0.0"].weight.shape[0] for number in (1, 2)]


def test_mid_widths_per_block_and_per_convolution() -> None:
    """⌊27·64·128 / (9·64 + 3·128)⌋ = 230 in both, or 288 = ⌊27·128·128 / (9·128 + 3·128)⌋ in the second."""
    with without_numbers():
        assert mid_widths(VIDEO_RESNETS["r2plus1d_18"](classes=3)) == [230, 230]
        assert mid_widths(VIDEO_RESNETS["r2plus1d_18_paper"](classes=3)) == [230, 288]


def test_branches_that_begin_at_zero() -> None:
    """A fresh I3D, SlowFast or X3D block gives back its input, as PySlowFast starts it."""
    torch.manual_seed(0)
    block = i3d_resnet50(classes=3).get_submodule("layer1")[1].eval()
    x = torch.rand(1, 256, 2, 4, 4)
    torch.testing.assert_close(block(x), x)
