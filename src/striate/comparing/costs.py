"""What a network costs: counted without computing, and measured in milliseconds."""

import time
from collections.abc import Callable, Sequence
from statistics import median

import torch
from torch import Tensor, nn

from striate.data.optical_flow import flow_planes
from striate.evaluating.inputs import channels_last, to_device
from striate.evaluating.scoring import in_evaluation
from striate.inspecting import inspect
from striate.models import NetworkSpec

WARM_UP, LEAST, MOST, SECONDS = 3, 5, 50, 0.5
"""Runs before measuring, and measured runs of each network: between five and fifty, as many as fit."""
FLOW_PLANES = 2


def planes_of(spec: NetworkSpec) -> int:
    """Of a clip: the picture's channels, and for two-stream the flow's."""
    return spec.channels + (FLOW_PLANES if spec.time == "two-stream" else 0)


def streams(spec: NetworkSpec) -> bool:
    """Whether a new frame costs that frame only: what was computed of earlier ones is kept, not redone.

    Recurrent ways and 2d look at each frame once. Where no frame sees a later one, neither shifts nor kernels
    over time change what was computed of earlier frames; otherwise the whole clip is needed again.
    """
    return spec.time in ("2d", "rnn", "lstm", "gru") or spec.causal


def bare(spec: NetworkSpec) -> nn.Module:
    """The network without numbers, to be counted."""
    with torch.device("meta"):
        return spec.build()


def parameters_of(spec: NetworkSpec) -> int:
    """Numbers that are learnt."""
    return sum(parameter.numel() for parameter in bare(spec).parameters())


def macs_of(spec: NetworkSpec, frames: int) -> int:
    """Multiply-accumulates of one clip of so many frames, as `inspect` counts them."""
    assert isinstance(spec.size, tuple)
    return int(inspect(bare(spec), (planes_of(spec), frames, *spec.size)).totals.macs.value)


def milliseconds(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Of each call: the median, after some that do not count. They run in turn, so that a machine that slows
    down slows them all.
    """
    for call in calls:
        for _ in range(WARM_UP):
            call()
    slowest = max((_seconds(call) for call in calls), default=0.0)
    rounds = max(LEAST, min(MOST, int(SECONDS / max(slowest, 1e-9))))
    rows = [[_seconds(call) for call in calls] for _ in range(rounds)]
    return [1e3 * median(column) for column in zip(*rows, strict=True)]


def inference_ms(specs: Sequence[NetworkSpec], frames: Sequence[int], device: torch.device) -> list[float]:
    """Milliseconds of one clip through each network, in fp32 as `predict` computes. Weights do not matter."""
    networks = [to_device(spec.build(), device).eval() for spec in specs]
    clips = [_clip(spec, count, device) for spec, count in zip(specs, frames, strict=True)]
    with torch.inference_mode():
        return milliseconds(
            [_call(network, clip, device) for network, clip in zip(networks, clips, strict=True)]
        )


def _clip(spec: NetworkSpec, frames: int, device: torch.device) -> Tensor:
    """(1, planes, T, H, W)."""
    assert isinstance(spec.size, tuple)
    return channels_last(torch.randn(1, planes_of(spec), frames, *spec.size, device=device))


def _call(network: nn.Module, clip: Tensor, device: torch.device) -> Callable[[], object]:
    def call() -> None:
        with in_evaluation(network):
            network(clip)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return call


def flow_ms(spec: NetworkSpec, frames: int, method: str) -> float:
    """Milliseconds of the optical flow of one clip, on one thread; MissingExtraError without OpenCV."""
    assert isinstance(spec.size, tuple)
    clip = torch.randint(0, 256, (frames, spec.channels, *spec.size), dtype=torch.uint8).numpy()
    return milliseconds([lambda: flow_planes(clip, method)])[0]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
