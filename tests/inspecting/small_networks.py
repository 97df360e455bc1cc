"""Small networks of every kind that a receptive field has to come through. Each is (name, network, input
shape).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Made(nn.Module):
    """A network whose forward is a function of its parts."""

    def __init__(self, forward, **parts):  # type: ignore[no-untyped-def]
        super().__init__()
        self.run = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self, x)


def dilated() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.Conv2d(3, 3, 3, padding=2, dilation=2),
        nn.Conv2d(3, 2, 3, dilation=3),
    )


def strided_pools() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 5, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(3, 3, 3, padding=1),
        nn.AvgPool2d(2),
    )


def ceil_pool() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(3, 2, 2))


def unaligned_branches() -> nn.Module:
    return Made(
        lambda s, x: torch.cat([s.a(x), s.b(x)[..., :14, :14]], 1),
        a=nn.Conv2d(2, 2, 3), b=nn.Conv2d(2, 2, 2, padding=1),
    )  # fmt: skip


def different_jumps() -> nn.Module:
    return Made(
        lambda s, x: s.c(s.a(x)[..., :5, :5] + s.b(x)[..., :5, :5]),
        a=nn.Conv2d(2, 2, 3, stride=2), b=nn.Conv2d(2, 2, 3, stride=1), c=nn.Conv2d(2, 2, 3, padding=1),
    )  # fmt: skip


def residual() -> nn.Module:
    return Made(
        lambda s, x: F.relu(s.a(x) + s.b(F.relu(s.c(x)))),
        a=nn.Conv2d(2, 4, 1, stride=2), b=nn.Conv2d(4, 4, 3, padding=1),
        c=nn.Conv2d(2, 4, 3, stride=2, padding=1),
    )  # fmt: skip


def unet() -> nn.Module:
    return Made(
        lambda s, x: s.out(torch.cat([h := s.down(x), s.up(s.deep(F.max_pool2d(h, 2)))], 1)),
        down=nn.Conv2d(2, 3, 3, padding=1), deep=nn.Conv2d(3, 4, 3, padding=1),
        up=nn.ConvTranspose2d(4, 3, 2, 2), out=nn.Conv2d(6, 2, 3, padding=1),
    )  # fmt: skip


def transposed(kernel: int, stride: int, padding: int, extra: int, dilation: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2),
        nn.ConvTranspose2d(3, 2, kernel, stride, padding, extra, dilation=dilation),
        nn.Conv2d(2, 2, 3, padding=1),
    )


def upsampled(mode: str, factor: float = 2, align: bool | None = None) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2, padding=1),
        nn.Upsample(scale_factor=factor, mode=mode, align_corners=align),
        nn.Conv2d(3, 2, 3, padding=1),
    )


def resized(mode: str, size: int, align: bool | None = None) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.Upsample(size=size, mode=mode, align_corners=align)
    )


def shift_by_slices() -> nn.Module:
    def shift(x: Tensor) -> Tensor:
        out = torch.zeros_like(x)
        out[:, :2, :-1] = x[:, :2, 1:]
        out[:, 2:4, 1:] = x[:, 2:4, :-1]
        out[:, 4:] = x[:, 4:]
        return out

    return Made(lambda s, x: s.b(shift(s.a(shift(x)))), a=nn.Conv3d(8, 8, (1, 3, 3)), b=nn.Conv3d(8, 4, 1))


def shift_by_concatenation() -> nn.Module:
    def shift(x: Tensor) -> Tensor:
        ahead, behind, still = x[:, :2], x[:, 2:4], x[:, 4:]
        zero = torch.zeros_like(x[:, :2, :1])
        return torch.cat(
            [torch.cat([ahead[:, :, 1:], zero], 2), torch.cat([zero, behind[:, :, :-1]], 2), still], 1
        )

    return Made(lambda s, x: s.b(shift(s.a(shift(x)))), a=nn.Conv3d(8, 8, (1, 3, 3)), b=nn.Conv3d(8, 4, 1))


def shift_by_padding() -> nn.Module:
    def shift(x: Tensor) -> Tensor:
        padded = F.pad(x, (0, 0, 0, 0, 1, 1))
        return torch.cat([padded[:, :2, 2:], padded[:, 2:4, :-2], x[:, 4:]], 1)

    return Made(lambda s, x: s.b(shift(s.a(shift(x)))), a=nn.Conv3d(8, 8, (1, 3, 3)), b=nn.Conv3d(8, 4, 1))


def shift_folded() -> nn.Module:
    """As TSM's own code does: time folded into the batch, unfolded in the layer."""

    def shift(x: Tensor, frames: int) -> Tensor:
        nt, c, h, w = x.shape
        x = x.view(nt // frames, frames, c, h, w)
        out = torch.zeros_like(x)
        out[:, :-1, :2] = x[:, 1:, :2]
        out[:, 1:, 2:4] = x[:, :-1, 2:4]
        out[:, :, 4:] = x[:, :, 4:]
        return out.view(nt, c, h, w)

    def run(s: nn.Module, x: Tensor) -> Tensor:
        n, c, t, h, w = x.shape
        y = x.transpose(1, 2).reshape(n * t, c, h, w)
        y = s.b(shift(F.relu(s.a(shift(y, t))), t))
        return y.view(n, t, *y.shape[1:]).transpose(1, 2)

    return Made(run, a=nn.Conv2d(8, 8, 3, padding=1), b=nn.Conv2d(8, 4, 3, stride=2))


def rolled() -> nn.Module:
    def shift(x: Tensor) -> Tensor:
        y = torch.roll(x[:, :2], 1, 2)
        y[:, :, 0] = 0
        return torch.cat([y, x[:, 2:]], 1)

    return Made(lambda s, x: s.a(shift(s.a(shift(x)))), a=nn.Conv3d(8, 8, 1))


def lateral_slices() -> nn.Module:
    """Like SlowFast: a slow way of every fourth frame, joined by a strided convolution of the fast way."""
    return Made(
        lambda s, x: torch.cat([s.slow(x[:, :, ::4]), s.lateral(s.fast(x))], 1),
        slow=nn.Conv3d(2, 4, (1, 3, 3), padding=(0, 1, 1)),
        fast=nn.Conv3d(2, 2, (5, 3, 3), padding=(2, 1, 1)),
        lateral=nn.Conv3d(2, 2, (5, 1, 1), stride=(4, 1, 1), padding=(2, 0, 0)),
    )  # fmt: skip


def lateral_picked() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        picked = x.index_select(2, torch.linspace(0, x.shape[2] - 1, 3).long())
        return s.slow(picked)

    return Made(run, slow=nn.Conv3d(2, 4, (3, 3, 3), padding=1))


def pixel_shuffled() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 8, 3, stride=2), nn.PixelShuffle(2), nn.Conv2d(2, 2, 3, padding=1))


def pixel_unshuffled() -> nn.Module:
    return nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(1, 2, 2)
    )


def channel_shuffled() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3, groups=2), nn.ChannelShuffle(2), nn.Conv2d(4, 4, 1, groups=2)
    )


def same_padding(kernel: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, kernel, padding="same"), nn.Conv2d(3, 2, 3, padding="same", dilation=2)
    )


def padded(mode: str) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode), nn.Conv2d(3, 3, 5, 2, padding=2, padding_mode=mode)
    )


def wide_padding() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 2, 1, padding=1), nn.Conv2d(2, 2, 2, stride=3, padding=2))


def squeeze_and_excitation() -> nn.Module:
    return Made(
        lambda s, x: s.b((h := s.a(x)) * torch.sigmoid(s.gate(h.mean((2, 3), keepdim=True)))),
        a=nn.Conv2d(2, 4, 3), gate=nn.Conv2d(4, 4, 1), b=nn.Conv2d(4, 2, 3, padding=1),
    )  # fmt: skip


def adaptive(size: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.AdaptiveAvgPool2d(size), nn.Conv2d(3, 2, 3, padding=1))


def adaptive_max(size: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.AdaptiveMaxPool2d(size))


def cnn_lstm(bidirectional: bool = False, layers: int = 1, cell: type[nn.RNNBase] = nn.LSTM) -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        n, c, t, h, w = x.shape
        y = s.cnn(x.transpose(1, 2).reshape(n * t, c, h, w)).mean((2, 3)).view(n, t, -1)
        return s.rnn(y)[0].transpose(1, 2)

    rnn = cell(3, 4, layers, batch_first=True, bidirectional=bidirectional)
    return Made(run, cnn=nn.Conv2d(2, 3, 3, 2), rnn=rnn)


def cnn_cell() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        state = x.new_zeros(x.shape[0], 4)
        steps = []
        for t in range(x.shape[2]):
            state = s.cell(s.cnn(x[:, :, t]).mean((2, 3)), state)
            steps.append(state)
        return torch.stack(steps, 2)

    return Made(run, cnn=nn.Conv2d(2, 3, 3), cell=nn.GRUCell(3, 4))


def functional() -> nn.Module:
    return Made(
        lambda s, x: F.max_pool2d(F.conv2d(F.relu(F.conv2d(x, s.a, padding=1)), s.b, stride=2), 2),
        a=nn.Parameter(torch.rand(3, 2, 3, 3)), b=nn.Parameter(torch.rand(2, 3, 3, 3)),
    )  # fmt: skip


def attention_over_space() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        h = s.a(x)
        tokens = h.flatten(2).transpose(1, 2)
        return s.mha(tokens, tokens, tokens)[0].transpose(1, 2).reshape(h.shape)

    return Made(run, a=nn.Conv2d(2, 4, 3, 2), mha=nn.MultiheadAttention(4, 2, batch_first=True))


def attention_over_time() -> nn.Module:
    """Attention among frames at each place: time is seen whole, space is not."""

    def run(s: nn.Module, x: Tensor) -> Tensor:
        h = s.a(x)
        n, c, t, height, width = h.shape
        tokens = h.permute(0, 3, 4, 2, 1).reshape(n * height * width, t, c)
        mixed = F.scaled_dot_product_attention(tokens, tokens, tokens)
        return mixed.view(n, height, width, t, c).permute(0, 4, 3, 1, 2)

    return Made(run, a=nn.Conv3d(2, 4, (1, 3, 3)))


def causal_attention() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        tokens = s.a(x).mean((3, 4)).transpose(1, 2)
        return F.scaled_dot_product_attention(tokens, tokens, tokens, is_causal=True).transpose(1, 2)

    return Made(run, a=nn.Conv3d(2, 4, (2, 3, 3)))


def patches_and_back() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        columns = F.unfold(x, 3, padding=1, stride=2)
        return s.a(columns.view(x.shape[0], -1, x.shape[2] // 2, x.shape[3] // 2))

    return Made(run, a=nn.Conv2d(18, 3, 3))


def windows_of_time() -> nn.Module:
    return Made(lambda s, x: s.a(x.unfold(2, 3, 2).mean(-1)), a=nn.Conv3d(2, 3, (2, 3, 3)))


def flipped() -> nn.Module:
    return Made(
        lambda s, x: s.b(torch.flip(s.a(x), (3,))), a=nn.Conv2d(2, 3, 3, 2), b=nn.Conv2d(3, 2, 3, padding=1)
    )


def frame_difference() -> nn.Module:
    return Made(lambda s, x: s.a(x[:, :, 1:] - x[:, :, :-1] * 0.5), a=nn.Conv3d(2, 3, 3, padding=1))


def depthwise() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(4, 8, 3, groups=4), nn.Conv2d(8, 4, 1, groups=2), nn.Conv2d(4, 4, 3, groups=4)
    )


def dense_block() -> nn.Module:
    def run(s: nn.Module, x: Tensor) -> Tensor:
        x = torch.cat([x, s.a(x)], 1)
        return torch.cat([x, s.b(x)], 1)

    return Made(run, a=nn.Conv2d(2, 3, 3, padding=1), b=nn.Conv2d(5, 3, 3, padding=1))


def instance_norm() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.InstanceNorm2d(3), nn.Conv2d(3, 2, 3))


def group_norm() -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 3), nn.GroupNorm(2, 4))


def channel_norm() -> nn.Module:
    return Made(
        lambda s, x: s.b(s.norm(s.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
        a=nn.Conv2d(2, 4, 3, 2), norm=nn.LayerNorm(4), b=nn.Conv2d(4, 2, 3, padding=1),
    )  # fmt: skip


def batch_normed() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU6(inplace=True), nn.Conv2d(3, 2, 3, 2))


def linear_over_space() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3, 2), nn.Flatten(), nn.Linear(3 * 49, 4))


def rows_mixed() -> nn.Module:
    """A linear layer along the width alone."""
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Linear(14, 5), nn.Conv2d(3, 2, (3, 1)))


def causal_frames() -> nn.Module:
    return Made(
        lambda s, x: s.b(F.pad(s.a(F.pad(x, (0, 0, 0, 0, 2, 0))), (0, 0, 0, 0, 2, 0))),
        a=nn.Conv3d(2, 2, (3, 1, 1)), b=nn.Conv3d(2, 2, (3, 3, 3)),
    )  # fmt: skip


def one_dimensional() -> nn.Module:
    return nn.Sequential(nn.Conv1d(2, 3, 5, 2, 2), nn.MaxPool1d(3, 2), nn.Conv1d(3, 2, 3, dilation=2))


def summed_over_time() -> nn.Module:
    return Made(lambda s, x: torch.cumsum(s.a(x), 2), a=nn.Conv3d(2, 2, (2, 3, 3)))


IMAGE, CLIP = (1, 2, 16, 16), (1, 2, 8, 7, 6)
WIDE = (1, 8, 6, 5, 5)

NETWORKS = {
    "dilated": (dilated(), (1, 2, 18, 16)),
    "strided pools": (strided_pools(), (1, 2, 33, 30)),
    "ceil pool": (ceil_pool(), IMAGE),
    "unaligned branches": (unaligned_branches(), IMAGE),
    "different jumps": (different_jumps(), IMAGE),
    "residual": (residual(), IMAGE),
    "u-net": (unet(), IMAGE),
    "transposed 2 2": (transposed(2, 2, 0, 0), IMAGE),
    "transposed 3 2 with extra": (transposed(3, 2, 1, 1), IMAGE),
    "transposed 4 3": (transposed(4, 3, 1, 0), IMAGE),
    "transposed 2 3 with gaps": (transposed(2, 3, 0, 0), IMAGE),
    "transposed dilated": (transposed(3, 2, 1, 0, 2), IMAGE),
    "nearest": (upsampled("nearest"), IMAGE),
    "nearest by 1.5": (upsampled("nearest", 1.5), IMAGE),
    "bilinear": (upsampled("bilinear", 2, False), IMAGE),
    "bilinear by 3": (upsampled("bilinear", 3, False), IMAGE),
    "bilinear aligned": (upsampled("bilinear", 2, True), IMAGE),
    "bicubic": (upsampled("bicubic", 2, False), IMAGE),
    "nearest to 5": (resized("nearest", 5), IMAGE),
    "nearest-exact to 7": (resized("nearest-exact", 7), IMAGE),
    "bilinear to 11": (resized("bilinear", 11, False), IMAGE),
    "bilinear aligned to 6": (resized("bilinear", 6, True), IMAGE),
    "shift by slices": (shift_by_slices(), WIDE),
    "shift by concatenation": (shift_by_concatenation(), WIDE),
    "shift by padding": (shift_by_padding(), WIDE),
    "shift folded": (shift_folded(), WIDE),
    "shift folded, batch of 2": (shift_folded(), (2, *WIDE[1:])),
    "rolled": (rolled(), WIDE),
    "lateral slices": (lateral_slices(), CLIP),
    "lateral picked": (lateral_picked(), CLIP),
    "pixel shuffle": (pixel_shuffled(), IMAGE),
    "pixel unshuffle": (pixel_unshuffled(), IMAGE),
    "channel shuffle": (channel_shuffled(), IMAGE),
    "padding same, 4": (same_padding(4), IMAGE),
    "padding same, 3": (same_padding(3), IMAGE),
    "padding reflect": (padded("reflect"), IMAGE),
    "padding replicate": (padded("replicate"), IMAGE),
    "padding circular": (padded("circular"), IMAGE),
    "padding wider than the kernel": (wide_padding(), (1, 2, 6, 7)),
    "squeeze and excitation": (squeeze_and_excitation(), IMAGE),
    "adaptive, identity": (adaptive(14), IMAGE),
    "adaptive, uneven": (adaptive(5), IMAGE),
    "adaptive, larger": (adaptive(17), IMAGE),
    "adaptive, one": (adaptive(1), IMAGE),
    "adaptive max": (adaptive_max(4), IMAGE),
    "cnn lstm": (cnn_lstm(), CLIP),
    "cnn gru of two": (cnn_lstm(layers=2, cell=nn.GRU), CLIP),
    "cnn rnn both ways": (cnn_lstm(True, cell=nn.RNN), CLIP),
    "cnn lstm both ways of two": (cnn_lstm(True, 2), CLIP),
    "cnn and a cell": (cnn_cell(), CLIP),
    "functional": (functional(), IMAGE),
    "attention over space": (attention_over_space(), (1, 2, 9, 9)),
    "attention over time": (attention_over_time(), CLIP),
    "causal attention": (causal_attention(), CLIP),
    "patches": (patches_and_back(), IMAGE),
    "windows of time": (windows_of_time(), CLIP),
    "flipped": (flipped(), IMAGE),
    "frame difference": (frame_difference(), CLIP),
    "depthwise": (depthwise(), (1, 4, 9, 9)),
    "dense block": (dense_block(), IMAGE),
    "instance norm": (instance_norm(), IMAGE),
    "group norm": (group_norm(), (1, 4, 8, 8)),
    "channel norm": (channel_norm(), IMAGE),
    "batch norm": (batch_normed(), IMAGE),
    "linear over space": (linear_over_space(), IMAGE),
    "rows mixed": (rows_mixed(), IMAGE),
    "causal frames": (causal_frames(), CLIP),
    "one dimension": (one_dimensional(), (1, 2, 40)),
    "summed over time": (summed_over_time(), CLIP),
}
