"""The step of a network against the network's own clips: every way, every length, every chunk."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from narrow_networks import narrowed
from striate.errors import ArgumentError, NetworkError
from striate.models import build, through_time
from striate.stepping import Step, step_of
from striate.stepping.readout import READOUTS, WINDOWED, Readout
from striate.watching import without_numbers

WAYS = ("2d", "tsm", "3d", "2plus1d", "rnn", "lstm", "gru")
TWO_DIRECTIONS = ("tsm", "3d", "2plus1d")
NETWORKS: dict[tuple[str, str, bool], tuple[nn.Module, Step]] = {}


def made(backbone: str, way: str, causal: bool) -> tuple[nn.Module, Step]:
    """A network whose norms do something, and its step; made once."""
    key = backbone, way, causal
    if key not in NETWORKS:
        torch.manual_seed(0)
        sides = {"plain": 12}.get(backbone, 32)
        options = {"widths": (4, 8, 8), "hidden": (6,)} if backbone == "plain" else {}
        with torch.device("cpu") if backbone in ("plain", "fast") else without_numbers():
            images = build(backbone, classes=3, channels=2, size=sides, **options)
        images = narrowed(images) if backbone not in ("plain", "fast") else images
        network = through_time(images, way, classes=3, frames=8, causal=causal)
        for norm in network.modules():
            if isinstance(norm, nn.modules.batchnorm._BatchNorm):
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 1.5)
        step = step_of(network, size=sides, readout="since-start", lookahead=not causal)
        NETWORKS[key] = network.eval(), step
    return NETWORKS[key]


def stepped(step: Step, clip: Tensor, chunks: list[int]) -> Tensor:
    """All scores, those after the end too; chunks: frames of each call, the last again and again."""
    state, scores, at = step.initial(clip.shape[0]), [], 0
    while at < clip.shape[2]:
        k = chunks.pop(0) if len(chunks) > 1 else chunks[0]
        made, state = step(clip[:, :, at : at + k], state)
        scores, at = [*scores, made], at + k
    return torch.cat([*scores, step.finish(state)], dim=1)


def close(found: Tensor, wanted: Tensor) -> None:
    assert float((found - wanted).abs().max()) <= 1e-5 * max(1.0, float(wanted.abs().max()))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(WAYS), st.integers(1, 11), st.lists(st.integers(1, 5), min_size=1), st.integers(1, 3))
def test_a_step_is_the_causal_clip(way: str, frames: int, chunks: list[int], streams: int) -> None:
    network, step = made("plain", way, True)
    clip = torch.randn(streams, 2, frames, 12, 12)
    with torch.no_grad():
        close(stepped(step, clip, chunks), network.running_scores(clip))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(TWO_DIRECTIONS), st.integers(1, 11), st.lists(st.integers(1, 5), min_size=1))
def test_with_lookahead_it_is_the_whole_clip(way: str, frames: int, chunks: list[int]) -> None:
    network, step = made("plain", way, False)
    clip = torch.randn(2, 2, frames, 12, 12)
    scores = stepped(step, clip, chunks)
    assert bool(scores[:, : step.late].isnan().all())
    last = (frames - 1) // step.every * step.every
    with torch.no_grad():
        close(scores[:, step.late + last], network(clip))


@pytest.mark.parametrize(
    ("backbone", "way"),
    [
        *(("resnet18", "tsm"), ("resnet18", "2plus1d"), ("mobilenet_v2", "3d"), ("mobilenet_v2", "lstm")),
        *(("fast", "tsm"), ("fast", "3d"), ("squeezenet1_1", "gru")),
    ],
)
def test_residual_networks_step_too(backbone: str, way: str) -> None:
    network, step = made(backbone, way, True)
    clip = torch.randn(1, 2, 4, 32, 32)
    with torch.no_grad():
        close(stepped(step, clip, [1, 2, 1]), network.running_scores(clip))


@pytest.mark.parametrize(("backbone", "way"), [("resnet18", "tsm"), ("plain", "3d"), ("plain", "lstm")])
def test_layers_keep_the_names_that_the_network_has(backbone: str, way: str) -> None:
    """As what inspects a step tells them; what a way adds to a layer stands below it."""
    network, step = made(backbone, way, True)
    own = {name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Conv3d)}
    stepping = {name for name, _ in step.graph.named_modules()}
    assert own <= stepping
    assert not [name for name in stepping if name.endswith("_2")]


@pytest.mark.parametrize(("backbone", "late"), [("resnet18", 8), ("mobilenet_v2", 10)])
def test_two_directional_shifts_are_as_late_as_they_are_many(backbone: str, late: int) -> None:
    network, step = made(backbone, "tsm", False)
    assert step.late == late
    clip = torch.randn(1, 2, 6, 32, 32)
    with torch.no_grad():
        close(stepped(step, clip, [3, 1])[:, -1], network(clip))


@pytest.mark.parametrize(("name", "late", "every"), [("r3d_18", 54, 8)])
def test_published_networks_step_late(name: str, late: int, every: int) -> None:
    torch.manual_seed(0)
    with without_numbers():
        network = build(name, classes=3)
    network = narrowed(network).eval()
    step = step_of(network, size=16, readout="since-start", lookahead=True)
    assert (step.late, step.every) == (late, every)
    clip = torch.randn(1, 3, 9, 16, 16)
    with torch.no_grad():
        close(stepped(step, clip, [4, 1, 2])[:, late + 8], network(clip))


def test_scores_of_single_frames_are_those_of_the_clip() -> None:
    network, _ = made("plain", "tsm", False)
    step = step_of(network, size=12, readout="frame", lookahead=True)
    clip = torch.randn(1, 2, 7, 12, 12)
    with torch.no_grad():
        each = network.backbone(network.frames.fold(clip)).unflatten(0, (1, 7))
    close(stepped(step, clip, [1])[:, step.late :], each)


class Own(nn.Module):
    """A network of somebody's own: functions, branches, a series convolution, a state taken by name."""

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.gain = nn.Parameter(torch.rand(4, 1, 1))
        self.series = nn.Conv1d(8, 6, 3, padding=1 if not causal else 0, groups=2)
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.head, self.causal = nn.Linear(5 if causal else 6, 3), causal

    def forward(self, clips: Tensor) -> Tensor:
        N, C, T, H, W = clips.shape
        x = clips.permute(0, 2, 1, 3, 4).reshape(N * T, C, H, W)
        x = F.relu(self.norm(self.conv(x))) * self.gain
        left, right = x.chunk(2, dim=1)
        x = torch.cat([left + right, left * right, x], dim=1).mean((-2, -1))
        x = x.view(N, T, 8).transpose(1, 2)
        if self.causal:
            return self.head(self.gru(x.transpose(1, 2)[..., :6])[1][-1])
        return self.head(self.series(x).mean(dim=2))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_a_network_of_ones_own_has_a_step(causal: bool, frames: int) -> None:
    torch.manual_seed(0)
    network = Own(causal).eval()
    step = step_of(network, size=(6, 5), readout="since-start", lookahead=not causal)
    clip = torch.randn(2, 2, frames, 6, 5)
    with torch.no_grad():
        close(stepped(step, clip, [2, 1])[:, -1], network(clip))


CONV = {"in_channels": 2, "out_channels": 3}
OVER_FRAMES = [
    nn.Conv3d(**CONV, kernel_size=3, padding=1),
    nn.Conv3d(**CONV, kernel_size=(5, 1, 1), padding=(2, 0, 0), stride=(2, 1, 1)),
    nn.Conv3d(**CONV, kernel_size=(3, 1, 1), padding=(2, 0, 0), dilation=(2, 1, 1), bias=False),
    nn.Conv3d(**CONV, kernel_size=(2, 3, 3), padding="valid"),
    nn.Conv3d(**CONV, kernel_size=3, padding="same"),
    nn.Conv3d(2, 4, (3, 3, 3), padding=(1, 1, 1), groups=2),
    nn.MaxPool3d((2, 2, 2)),
    nn.MaxPool3d((3, 1, 1), (1, 1, 1), (1, 0, 0)),
    nn.MaxPool3d((3, 1, 1), (2, 1, 1), (1, 0, 0), ceil_mode=True),
    nn.AvgPool3d((3, 1, 1), (1, 1, 1), (1, 0, 0), count_include_pad=False),
    nn.AvgPool3d((3, 1, 1), (2, 1, 1), (1, 0, 0)),
]


@pytest.mark.parametrize("second", OVER_FRAMES, ids=str)
@pytest.mark.parametrize("first", OVER_FRAMES[1::2], ids=str)
def test_layers_over_frames_in_any_order(first: nn.Module, second: nn.Module) -> None:
    """Against the layers themselves: padding, stride, dilation, groups, ends of the clip."""
    torch.manual_seed(0)
    middle = nn.Conv3d(first.out_channels if isinstance(first, nn.Conv3d) else 2, 2, 1)
    network = nn.Sequential(
        nn.Conv3d(2, 2, 1), first, nn.ReLU(), middle, second, nn.AdaptiveAvgPool3d(1), nn.Flatten(),
        nn.LazyLinear(3),
    ).eval()  # fmt: skip
    clip = torch.randn(2, 2, 11, 6, 6)
    wanted = network(clip)
    step = step_of(network, size=6, readout="since-start", lookahead=True)
    with torch.no_grad():
        scores = stepped(step, clip, [3, 1])
    close(scores[:, -1], wanted.detach())


def test_the_step_keeps_its_weights() -> None:
    network, _ = made("plain", "tsm", True)
    step = step_of(network, size=12)
    frames = torch.randn(1, 2, 3, 12, 12)
    before = step(frames, step.initial())[0]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert torch.equal(step(frames, step.initial())[0], before)
    NETWORKS.clear()


REFUSED = [
    ("x3d_xs", "layer1.0.se.avgpool (AdaptiveAvgPool3d) says something of all frames of a clip that goes "
     "back into each of them, so it has no step"),
    ("slowfast_r50_4x16", "getitem in rates (TwoRates) takes a clip's frames apart or out of order, so it "
     "has no step"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sentence"), REFUSED)
def test_published_networks_without_a_step_are_refused_by_the_layers_name(name: str, sentence: str) -> None:
    with without_numbers():
        network = build(name, classes=3)
    with pytest.raises(NetworkError) as caught:
        step_of(network, size=64, lookahead=True)
    assert str(caught.value) == sentence


def ends(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Conv3d(2, 4, 1), *layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 3))


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (nn.GroupNorm(2, 4),
         "1 (GroupNorm) takes its statistics over all frames of a clip, so it has no step"),
        (nn.BatchNorm3d(4, track_running_stats=False),
         "1 (BatchNorm3d) takes its statistics from the batch, so frames see each other: give it "
         "track_running_stats=True"),
        (nn.Conv3d(4, 4, 3, padding=1, padding_mode="replicate"),
         "1 (Conv3d) pads with something else than zeros, which has no form frame by frame: use "
         "padding_mode='zeros'"),
        (nn.AdaptiveAvgPool3d((2, 1, 1)),
         "1 (AdaptiveAvgPool3d) pools the frames of a clip into 2 parts, which has no step"),
        (nn.Upsample(scale_factor=2), "1 (Upsample) has no rule for one frame more, so it has no step"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_layers_without_a_step_are_refused_by_name(layer: nn.Module, sentence: str) -> None:
    with pytest.raises(NetworkError) as caught:
        step_of(ends(layer), size=8, lookahead=True)
    assert str(caught.value) == sentence


def test_two_streams_are_refused() -> None:
    network = build("plain", classes=3, channels=2, size=12, time="two-stream", frames=8)
    with pytest.raises(NetworkError, match=r"flatten in the network \(TwoStreamNetwork\)"):
        step_of(network, size=12, lookahead=True)


def test_later_frames_are_seen_only_if_asked_for() -> None:
    network, _ = made("plain", "tsm", False)
    with pytest.raises(NetworkError) as caught:
        step_of(network, size=12)
    assert str(caught.value) == (
        "backbone.conv3 (ShiftedConv2d) sees later frames, so it cannot answer at once: give --lookahead "
        "for answers that come late, or train with --causal"
    )


class Backwards(nn.Module):
    """Looks harmless to every rule: a function of values that mixes frames."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.normalize(x, dim=0)


def test_what_no_rule_notices_the_check_does() -> None:
    network = build("plain", classes=3, channels=2, size=12, time="2d", frames=8)
    network.backbone.relu1 = Backwards()
    with pytest.raises(NetworkError, match="frame by frame this network's scores differ from the clip's own"):
        step_of(network, size=12)


@pytest.mark.parametrize("readout", WINDOWED)
@pytest.mark.parametrize(
    ("way", "causal", "window"),
    [("2d", True, 8), ("tsm", True, 7), ("tsm", False, 6), ("3d", True, 4), ("gru", True, 4)],
)
def test_a_window_sees_frames_of_one_clip_where_it_can(
    way: str, causal: bool, window: int, readout: Readout
) -> None:
    """None before their own; a shift back, or both ways; three layers of three frames; all there were."""
    network, _ = made("plain", way, causal)
    take = partial(step_of, network, size=12, readout=readout, lookahead=not causal)
    assert [take(clip=8).window, take(clip=8, window=3).window, take().window] == [window, 3, 8]


@pytest.mark.parametrize("readout", sorted(set(READOUTS) - set(WINDOWED)))
def test_a_window_of_a_readout_that_has_none_is_refused(readout: Readout) -> None:
    network, _ = made("plain", "2d", True)
    with pytest.raises(ArgumentError) as caught:
        step_of(network, size=12, readout=readout, window=3)
    assert str(caught.value) == (
        f"the readout {readout} has no window; got 3: leave the window out, or take the readout window or "
        "exponential"
    )
