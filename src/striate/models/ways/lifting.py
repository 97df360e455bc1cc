"""`3d` and `2plus1d`: the 2D network lifted to clips, layer by layer.

`3d` inflates: every k×k convolution becomes t×k×k (Carreira, Zisserman, "Quo Vadis, Action Recognition?",
2017, https://arxiv.org/abs/1705.07750). `2plus1d` factorises: 1×k×k within a frame, norm, ReLU, t×1×1 over
frames (Tran et al., "A Closer Look at Spatiotemporal Convolutions", 2018, https://arxiv.org/abs/1711.11248).

In both, 1×1 convolutions stay within frames, convolutions keep all frames, the first pool leaves time alone
and later ones pool it as they pool space. Where the network leaves its maps for scores (its last adaptive
pool, or else where it flattens) the mean over the frames is taken: what follows is the 2D network's own.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import (
    Conv2Plus1d,
    EndOfTime,
    ExactConv2d,
    Frames,
    Halves,
    conv3d,
    factorise,
    inflate,
    pool3d,
)
from striate.models.building import positive
from striate.models.ways.clip_network import ClipNetwork, Plan, exchange
from striate.models.ways.layer_order import Step, steps

Convolution = Callable[[nn.Conv2d, int, bool, bool], nn.Module]

ENDS = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
RECAST: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm2d: nn.BatchNorm3d,
    nn.Dropout2d: nn.Dropout3d,
}
"""Layers that do the same on clips under another name."""
OF_IMAGES = (nn.Upsample, nn.PixelShuffle, nn.PixelUnshuffle, nn.Unfold, nn.Fold)
FRAMES_MIX = (nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm)
NOT_ON_CLIPS = frozenset(
    (
        "adaptive_avg_pool2d",
        "adaptive_max_pool2d",
        "avg_pool2d",
        "max_pool2d",
        "lp_pool2d",
        "conv2d",
        "conv_transpose2d",
        "interpolate",
        "upsample",
        "flatten",
        "view",
        "reshape",
        "mean",
        "amax",
        "sum",
        "permute",
        "unfold",
        "fold",
        "pixel_shuffle",
        "grid_sample",
    )
)
"""Functions that do something else, or nothing, when the maps have a fifth axis."""


class LiftedNetwork(ClipNetwork):
    """The backbone takes clips, (N, C, T, H, W), and its maps have time up to `EndOfTime`."""

    def __init__(self, way: str, plan: Plan, time_kernel: int, convolution: Convolution) -> None:
        backbone = lifted(plan, positive("time_kernel", time_kernel), convolution)
        super().__init__(way, backbone, Frames(), planes=plan.planes, causal=plan.causal)

    def forward(self, clips: Tensor) -> Tensor:
        scores: Tensor = self.backbone(self.take(clips))
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        ends = [layer for layer in self.modules() if isinstance(layer, EndOfTime)]
        try:
            for end in ends:
                end.so_far = True
            return self.frames.unfold(self.forward(clips))
        finally:
            for end in ends:
                end.so_far = False


def inflated(layer: nn.Conv2d, t: int, causal: bool, untrained: bool) -> nn.Module:
    """t×k×k for k×k, 1×1×1 for 1×1."""
    made = conv3d(layer, 1 if _is_pointwise(layer) else t, causal)
    if not untrained:
        made.weight.data = inflate(layer.weight.detach(), made.kernel_size[0])
    return made


def factorised(layer: nn.Conv2d, t: int, causal: bool, untrained: bool) -> nn.Module:
    """1×k×k, norm, ReLU, t×1×1 for k×k, 1×1×1 for 1×1."""
    if _is_pointwise(layer):
        return inflated(layer, 1, causal, untrained)
    made = Conv2Plus1d(layer, t, causal)
    if not untrained:
        bias = None if layer.bias is None else layer.bias.detach()
        made.load_state_dict(embedded(made, layer.weight.detach(), bias)[0])
    return made


def embedded(block: Conv2Plus1d, kernels: Tensor, bias: Tensor | None) -> tuple[dict[str, Tensor], Halves]:
    """A state dict for a (2+1)D block that does what 2D kernels did, as far as its width between allows.

    The norm between hands on what it gets, in evaluation mode; filters that come rectified get their bias
    there. Channels between that are not needed keep their own kernels in space, so that they can learn.
    """
    time, norm = block.time, block.norm
    groups, t = time.groups, time.kernel_size[0]
    halves = factorise(kernels, time.in_channels // groups, groups)
    taps = halves.time.new_zeros(*halves.time.shape[:2], t, 1, 1)
    taps[:, :, t // 2 if time.padding[0] else t - 1] = halves.time[:, :, 0]
    unused = (halves.space.flatten(1) == 0).all(dim=1).view(-1, 1, 1, 1, 1)
    own = block.space.weight.detach().to(kernels)
    state = {
        "space.weight": torch.where(unused, own, halves.space)
        if own.shape == halves.space.shape
        else halves.space,
        "norm.weight": torch.ones(norm.num_features),
        "norm.bias": torch.zeros(norm.num_features),
        "norm.running_mean": torch.zeros(norm.num_features),
        "norm.running_var": torch.full((norm.num_features,), 1 - norm.eps),
        "norm.num_batches_tracked": torch.tensor(0),
        "time.weight": taps,
    }
    if bias is not None:
        state["time.bias"] = bias.clone()
        if groups == 1 and halves.rectified:
            rectified = slice(halves.exact, halves.exact + halves.rectified)
            state["norm.bias"][rectified] = bias[rectified]
            state["time.bias"][rectified] = 0
    return state, halves


def _is_pointwise(layer: nn.Conv2d) -> bool:
    return set(layer.kernel_size) == {1}


def lifted(plan: Plan, t: int, convolution: Convolution) -> nn.Module:
    """The network, in place, on clips."""
    layers = dict(plan.network.named_modules())
    ran = steps(plan.network, plan.planes) or _as_written(layers)
    end = _end(ran, layers)
    on_clips = ran[:end]
    _refuse_functions(on_clips)
    new: dict[nn.Module, nn.Module] = {}
    pools = 0
    for name in dict.fromkeys(step.layer for step in on_clips if step.function is None):
        layer = layers[name]
        new[layer] = _on_clips(name, layer, plan, t, convolution, pools)
        pools += isinstance(layer, nn.MaxPool2d | nn.AvgPool2d)
    last = layers[ran[end].layer]
    return exchange(plan.network, {**new, last: nn.Sequential(EndOfTime(), last)})


def _as_written(layers: dict[str, nn.Module]) -> tuple[Step, ...]:
    """The layers in the order in which the network holds them, where it cannot be run to see another."""
    return tuple(Step(name) for name, layer in layers.items() if not list(layer.children()))


def _end(ran: tuple[Step, ...], layers: dict[str, nn.Module]) -> int:
    """Which step leaves the maps: the last adaptive pool, or else the last layer that flattens."""
    for kinds in (ENDS, (nn.Flatten,)):
        found = [
            i for i, step in enumerate(ran) if not step.function and isinstance(layers[step.layer], kinds)
        ]
        if found:
            return found[-1]
    function = next((step.function for step in reversed(ran) if step.function in NOT_ON_CLIPS), "a function")
    raise NetworkError(
        f"the network leaves its maps by {function}, which would mix up the frames of a clip: let "
        "nn.AdaptiveAvgPool2d or nn.Flatten do it, or take a way that keeps frames apart, such as tsm"
    )


def _refuse_functions(ran: tuple[Step, ...]) -> None:
    for step in ran:
        if step.function in NOT_ON_CLIPS:
            raise NetworkError(
                f"{step.layer or 'the network'} calls {step.function} on its maps, which cannot be lifted to "
                "clips: make it a layer of torch.nn, or take a way that keeps frames apart, such as tsm"
            )


def _on_clips(
    name: str, layer: nn.Module, plan: Plan, t: int, convolution: Convolution, pools: int
) -> nn.Module:
    """The form of a layer that takes clips."""
    kind = type(layer)
    if kind in (nn.Conv2d, ExactConv2d):
        return convolution(layer, t, plan.causal, plan.untrained)  # type: ignore[arg-type]
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return pool3d(layer, pools > 0, plan.causal)
    if isinstance(layer, ENDS):  # one that is not the last, as in a squeeze-and-excitation block
        return _per_frame_pool(layer)
    if kind in RECAST:
        made = RECAST[kind].__new__(RECAST[kind])
        made.__dict__ = dict(layer.__dict__)
        return made
    looks_ahead = plan.causal and isinstance(layer, FRAMES_MIX)
    if "2d" in kind.__name__ or isinstance(layer, OF_IMAGES) or looks_ahead:
        raise NetworkError(
            f"{name}, a layer of the kind {kind.__name__}, has no form on clips"
            f"{' in which no frame sees a later one' if plan.causal else ''}: take a way that keeps frames "
            "apart, such as tsm"
        )
    return layer


def _per_frame_pool(layer: nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) -> nn.Module:
    size = layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * 2
    if isinstance(layer, nn.AdaptiveMaxPool2d):
        return nn.AdaptiveMaxPool3d((None, *size))
    return nn.AdaptiveAvgPool3d((None, *size))
