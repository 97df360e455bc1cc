"""Convolutions that see several frames: inflated, causal, and factorised into space and time."""

from collections import OrderedDict
from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from striate.arithmetic.factorised import mid_channels
from striate.errors import NetworkError

Kernel = tuple[int, int]


class CausalConv3d(nn.Conv3d):
    """A convolution whose frames see no later frame: zeros come before the clip, none after it.

    The frames stay as many: (N, C, T, H, W) → (N, O, T, H', W'). `padding` is that of space.
    """

    @property
    def frames_before(self) -> int:
        """How many frames of zeros come before the clip."""
        return int(self.dilation[0]) * (int(self.kernel_size[0]) - 1)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, (0, 0, 0, 0, self.frames_before, 0)))


def conv3d(layer: nn.Conv2d, t: int, causal: bool) -> nn.Conv3d:
    """The convolution t×k×k of the same geometry in space, as many frames out as in, fresh weights.

    Its weights are normal, and as much smaller than those of `layer` as keeps the size of its outputs.

    Args:
        layer: a 2D convolution.
        t: frames of the kernel.
        causal: whether no frame may see a later one: all padding in time then comes before the clip.

    Raises:
        NetworkError: an even t without causal, or padding other than zeros.
    """
    if t % 2 == 0 and not causal:
        raise NetworkError(f"a kernel over time needs a middle frame: give an odd number of frames; got {t}")
    kind = CausalConv3d if causal and t > 1 else nn.Conv3d
    made = kind(
        layer.in_channels,
        layer.out_channels,
        (t, *_pair(layer.kernel_size)),
        (1, *_pair(layer.stride)),
        (0 if causal else t // 2, *_padding(layer)),
        (1, *_pair(layer.dilation)),
        layer.groups,
        layer.bias is not None,
        device=layer.weight.device,
        dtype=layer.weight.dtype,
    )
    nn.init.normal_(made.weight, std=_spread(layer.weight) / sqrt(t))
    if layer.bias is not None and made.bias is not None:
        made.bias = layer.bias
    return made


def inflate(kernels: Tensor, t: int) -> Tensor:
    """(O, C, k, k) → (O, C, t, k, k): repeated and divided by t (Carreira, Zisserman 2017, I3D).

    On a clip that stands still the convolution then gives what the 2D one gives of its picture, but for the
    frames at the ends, where a kernel reaches into the padding.

    Args:
        kernels: (O, C, k, k) of a 2D convolution.
        t: frames of the new kernels.
    """
    return kernels.unsqueeze(2).repeat(1, 1, t, 1, 1) / t


class Conv2Plus1d(nn.Sequential):
    """1×k×k, norm, ReLU, t×1×1 in place of t×k×k (Tran et al. 2018).

    (N, C, T, H, W) → (N, O, T, H/stride, W/stride). The width between gives the two the weights of the one.
    Groups stay groups in both halves, each with the width that its own channels give: a depthwise convolution
    becomes two depthwise ones, with two channels between for each, for 3×3×3.
    """

    space: nn.Conv3d
    norm: nn.BatchNorm3d
    time: nn.Conv3d

    def __init__(self, layer: nn.Conv2d, t: int, causal: bool) -> None:
        groups, bias = layer.groups, layer.bias is not None
        mid = groups * mid_width(layer, t)
        space = nn.Conv2d(
            layer.in_channels,
            mid,
            _pair(layer.kernel_size),
            _pair(layer.stride),
            _padding(layer),
            _pair(layer.dilation),
            groups,
            bias=False,
            device=layer.weight.device,
        )
        time = nn.Conv2d(mid, layer.out_channels, 1, groups=groups, bias=bias, device=layer.weight.device)
        super().__init__(
            OrderedDict(
                space=conv3d(space, 1, causal),  # (N, mid, T, H/stride, W/stride)
                norm=nn.BatchNorm3d(mid, device=layer.weight.device),
                relu=nn.ReLU(),
                time=conv3d(time, t, causal),  # (N, O, T, H/stride, W/stride)
            )
        )
        for half in (self.space, self.time):
            nn.init.kaiming_normal_(half.weight, nonlinearity="relu")
        if layer.bias is not None:
            self.time.bias = layer.bias


def mid_width(layer: nn.Conv2d, t: int) -> int:
    """Channels of each group between the halves of (2+1)D, at least one.

    Args:
        layer: the 2D convolution that is split.
        t: frames of the kernel in time.
    """
    height, width = _pair(layer.kernel_size)
    inputs, outputs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    return max(1, mid_channels(t, (height, width), inputs, outputs))


@dataclass(frozen=True)
class Halves:
    """2D kernels as two layers with a ReLU between.

    space: (mid, C, 1, k, k). time: (O, mid, 1, 1, 1), which belongs at the frame itself: in the middle of
    t×1×1, at its end if causal. exact: so many filters of each group, the first ones, come through unchanged;
    `rectified` more as relu(x), which is no change where a ReLU follows. kept: where `mid` is less than the
    filters, the share of the kernels' squares that is left, and 1 otherwise.
    """

    space: Tensor
    time: Tensor
    exact: int
    rectified: int
    kept: float = 1.0


def factorise(kernels: Tensor, mid: int, groups: int = 1) -> Halves:
    """2D kernels (O, C, k, k) in (2+1)D form with `mid` channels between in each group.

    x = relu(x) − relu(−x) carries a filter through a ReLU in two channels. Filters without a second one come
    as relu(x). If not even one is there for each, pairs carry the strongest singular directions, which loses
    least (Eckart, Young 1936). Channels left over get kernels of zeros.

    Args:
        kernels: (O, C/groups, k, k) of a 2D convolution.
        mid: channels between the two halves, in each group.
        groups: of the convolution.

    Returns:
        the kernels of the two halves, and how much of the 2D ones came through.
    """
    own = kernels.reshape(groups, kernels.shape[0] // groups, -1)  # (groups, O, C·k·k)
    filters, kept = own.shape[1], 1.0
    pairs = min(filters, mid - filters)
    if pairs >= 0:
        into = torch.cat([own, -own[:, :pairs]], dim=1)
        one = torch.eye(filters, dtype=own.dtype).expand(groups, -1, -1)
        out = torch.cat([one, -one[..., :pairs]], dim=2)
    else:
        into, out, kept = _strongest(own, mid // 2)
    spare = mid - into.shape[1]
    space = F.pad(into, (0, 0, 0, spare)).reshape(groups * mid, *kernels.shape[1:]).unsqueeze(2)
    time = F.pad(out, (0, spare)).reshape(kernels.shape[0], mid, 1, 1, 1)
    return Halves(space, time, max(0, pairs), filters - pairs if pairs >= 0 else 0, kept)


def _strongest(own: Tensor, directions: int) -> tuple[Tensor, Tensor, float]:
    """Matrices (groups, O, C·k·k) as products of two, through pairs of directions, and the share kept."""
    u, s, v = torch.linalg.svd(own, full_matrices=False)
    root, whole = s[:, :directions].sqrt(), float(s.square().sum())
    into, out = root.unsqueeze(2) * v[:, :directions], u[:, :, :directions] * root.unsqueeze(1)
    kept = float(s[:, :directions].square().sum()) / whole if whole else 1.0
    return torch.cat([into, -into], dim=1), torch.cat([out, -out], dim=2), kept


def _spread(kernels: Tensor) -> float:
    return 1.0 if kernels.is_meta else float(kernels.detach().std(correction=0))


def _pair(value: Any) -> Kernel:
    height, width = value if isinstance(value, tuple) else (value, value)
    return int(height), int(width)


def _padding(layer: nn.Conv2d) -> Kernel:
    """Padding in space. Zeros only: other kinds would fill time with frames that are not there."""
    if layer.padding_mode != "zeros":
        raise NetworkError(
            f"a convolution with padding_mode {layer.padding_mode!r} has no form over frames: use 'zeros'"
        )
    if not isinstance(layer.padding, str):
        return _pair(layer.padding)
    if layer.padding == "valid":
        return 0, 0
    whole = [d * (k - 1) for d, k in zip(_pair(layer.dilation), _pair(layer.kernel_size), strict=True)]
    if any(one % 2 for one in whole):
        raise NetworkError(
            "padding='same' of an even kernel has no form over frames: give the padding in numbers"
        )
    return whole[0] // 2, whole[1] // 2


class ExactConv2d(nn.Conv2d):
    """A convolution in fp32, whatever the others are computed in.

    What whitens takes the small differences of large numbers, which are lost where these are rounded to bf16.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, filters, H', W')."""
        device = x.device.type
        if device == "meta" or not torch.is_autocast_enabled(device):
            return super().forward(x)
        with torch.autocast(device, enabled=False):
            return super().forward(x.float())
