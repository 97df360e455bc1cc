"""`two-stream`: one network on the pictures, one on stacks of optical flow, and the mean of their scores.

Simonyan, Zisserman, "Two-Stream Convolutional Networks for Action Recognition in Videos", 2014,
https://arxiv.org/abs/1406.2199; the flow stream's first kernels from those of RGB as in TSN (2016).
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Frames
from striate.models.building import positive
from striate.models.head_stem import stem_of
from striate.models.ways.clip_network import ClipNetwork, Plan, exchange

FLOW_PLANES = 2  # x and y


class TwoStreamNetwork(ClipNetwork):
    """Clips carry the planes of the picture, then flow in x and in y: (N, C+2, T, H, W) → (N, classes).

    Each picture goes through `backbone`. `flow` sees ⌈T/L⌉ windows of L consecutive flow fields, 2L planes (x
    of all, then y), spread evenly over the clip; a shorter clip repeats its last field.
    """

    least_frames = 2

    def __init__(self, backbone: nn.Module, flow: nn.Module, *, planes: int, stack: int) -> None:
        super().__init__("two-stream", backbone, Frames(), planes=planes + FLOW_PLANES, causal=False)
        self.flow = flow
        self.stack = stack

    def forward(self, clips: Tensor) -> Tensor:
        clips = self.take(clips)
        pictures, flow = clips[:, :-FLOW_PLANES], clips[:, -FLOW_PLANES:]
        of_pictures = self.frames.unfold(self.backbone(self.frames.fold(pictures))).mean(dim=1)
        stacks = windows(flow, self.stack)  # (N, windows, 2L, H, W)
        of_flow = self.flow(stacks.flatten(0, 1)).view(*stacks.shape[:2], -1).mean(dim=1)
        scores: Tensor = (of_pictures + of_flow) / 2
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        raise NetworkError("two-stream has no scores after each frame: flow points to the next one")


def windows(flow: Tensor, length: int) -> Tensor:
    """(N, 2, T, H, W) → (N, ⌈T/L⌉, 2L, H, W)."""
    frames = flow.shape[2]
    if frames < length:
        last = flow[:, :, -1:].expand(-1, -1, length - frames, -1, -1)
        flow, frames = torch.cat([flow, last], dim=2), length
    count = -(-frames // length)
    starts = [(frames - length) * place // max(1, count - 1) for place in range(count)]
    return torch.stack([flow[:, :, start : start + length].flatten(1, 2) for start in starts], dim=1)


def two_stream(plan: Plan, flow_stack: int = 5) -> TwoStreamNetwork:
    """flow_stack: consecutive flow fields that the flow stream sees at once."""
    if plan.causal:
        raise NetworkError(
            "two-stream cannot be causal, as flow points from a frame to the next one: leave causal out, or "
            "take another way"
        )
    stack = positive("flow_stack", flow_stack)
    planes = FLOW_PLANES * stack
    flow = plan.again(planes) if plan.again is not None else seeing(deepcopy(plan.network), planes)
    return TwoStreamNetwork(plan.network, flow, planes=plan.planes, stack=stack)


def seeing(network: nn.Module, planes: int) -> nn.Module:
    """The network, in place, with a first convolution that takes so many planes."""
    _, stem = stem_of(network)
    shape: Any = stem
    made = nn.Conv2d(
        planes,
        shape.out_channels,
        shape.kernel_size,
        shape.stride,
        shape.padding,
        shape.dilation,
        bias=shape.bias is not None,
        device=shape.weight.device,
        dtype=shape.weight.dtype,
    )
    made.weight.data = of_planes(shape.weight.detach(), planes)
    if shape.bias is not None:
        made.bias = shape.bias
    return exchange(network, {stem: made})


def of_planes(kernels: Tensor, planes: int) -> Tensor:
    """(O, C, k, k) → (O, planes, k, k): the mean over colour for every plane."""
    return kernels.mean(dim=1, keepdim=True).repeat(1, planes, *[1] * (kernels.ndim - 2))
