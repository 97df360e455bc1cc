"""Layers of every kind that can be worked out by hand, with shapes of inputs that they take."""

from explaining_networks import Outputs, TemporalShift
from torch import nn

from striate.layers import CausalConv3d, Consensus, EndOfTime, Frames
from striate.models.slowfast import TwoRates

Examples = tuple[tuple[nn.Module, tuple[int, ...]], ...]

EXAMPLES: dict[str, Examples] = {
    "convolution": (
        (nn.Conv1d(3, 4, 3, 2, 1), (2, 3, 7)),
        (nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), (2, 4, 7, 6)),
        (nn.Conv2d(2, 3, 4, padding="same", bias=False), (1, 2, 6, 5)),
        (nn.Conv2d(2, 3, 3, padding="valid"), (1, 2, 6, 5)),
        (nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"), (1, 2, 6, 5)),
        (nn.Conv1d(2, 4, 3, padding="same", padding_mode="circular", groups=2), (2, 2, 5)),
        (nn.Conv3d(2, 2, 3, padding=1, padding_mode="replicate"), (1, 2, 3, 4, 3)),
        (nn.Conv3d(2, 2, (1, 3, 3), padding=(0, 1, 1)), (1, 2, 3, 5, 5)),
        (CausalConv3d(2, 2, (3, 1, 1), padding=(0, 0, 0)), (1, 2, 4, 3, 3)),
    ),
    "pointwise": (
        (nn.Conv2d(4, 6, 1, stride=2, groups=2), (2, 4, 5, 4)),
        (nn.Conv3d(3, 2, 1, padding=1), (1, 3, 2, 3, 3)),
    ),
    "fully_connected": ((nn.Linear(5, 4), (3, 5)), (nn.Linear(5, 2, bias=False), (2, 3, 5))),
    "max_pool": (
        (nn.MaxPool1d(3, 2, 1), (2, 2, 8)),
        (nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 3, 6, 7)),
        (nn.MaxPool2d(5, padding=1, ceil_mode=True), (1, 2, 2, 2)),
        (nn.MaxPool3d((2, 2, 1), dilation=(1, 2, 1), stride=1), (1, 2, 3, 5, 3)),
    ),
    "average_pool": (
        (nn.AvgPool1d(3, 2, 1), (2, 2, 8)),
        (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (2, 3, 6, 7)),
        (nn.AvgPool2d(2, divisor_override=3), (1, 2, 5, 4)),
        (nn.AvgPool3d(2, stride=1), (1, 2, 3, 4, 3)),
        (nn.AvgPool2d(4, stride=2, ceil_mode=True), (1, 2, 3, 3)),
    ),
    "adaptive_pool": (
        (nn.AdaptiveAvgPool1d(3), (2, 2, 7)),
        (nn.AdaptiveAvgPool2d((2, 3)), (1, 2, 5, 7)),
        (nn.AdaptiveAvgPool3d(1), (1, 2, 2, 3, 3)),
    ),
    "batch_norm": (
        (nn.BatchNorm1d(3), (4, 3)),
        (nn.BatchNorm2d(3, affine=False), (2, 3, 4, 2)),
        (nn.BatchNorm2d(2, track_running_stats=False), (3, 2, 3, 3)),
        (nn.BatchNorm3d(2, eps=0.1), (1, 2, 2, 3, 3)),
        (nn.InstanceNorm2d(2, affine=True, track_running_stats=True), (2, 2, 3, 3)),
    ),
    "group_norm": (
        (nn.GroupNorm(2, 4), (3, 4, 3, 2)),
        (nn.GroupNorm(1, 3, affine=False), (2, 3, 4)),
        (nn.InstanceNorm2d(3, affine=True), (2, 3, 3, 3)),
        (nn.InstanceNorm1d(2, eps=0.1), (2, 2, 5)),
        (nn.GroupNorm(2, 2), (3, 2)),
    ),
    "relu": ((nn.ReLU(), (2, 3, 4)), (nn.ReLU(inplace=True), (2, 5))),
    "relu6": ((nn.Sequential(nn.Linear(3, 4), nn.ReLU6()), (2, 3)),),
    "leaky_relu": ((nn.LeakyReLU(0.2), (2, 3, 4)), (nn.RReLU(), (2, 3))),
    "sigmoid": ((nn.Sigmoid(), (2, 3, 4)),),
    "tanh": ((nn.Tanh(), (2, 3, 4)),),
    "silu": ((nn.SiLU(), (2, 3, 4)),),
    "hard_sigmoid": ((nn.Hardsigmoid(), (2, 3, 4)),),
    "hard_swish": ((nn.Hardswish(inplace=True), (2, 3, 4)),),
    "elu": ((nn.ELU(0.7), (2, 3, 4)), (nn.SELU(), (2, 3)), (nn.CELU(0.3), (2, 3))),
    "softplus": ((nn.Softplus(), (2, 3, 4)), (nn.Softplus(2.0, 3.0), (2, 3))),
    "gelu": ((nn.GELU(), (2, 3, 4)), (nn.GELU("tanh"), (2, 3))),
    "flatten": (
        (nn.Flatten(), (2, 3, 2, 2)),
        (nn.Flatten(2), (2, 3, 2, 2)),
        (nn.Unflatten(1, (2, 3)), (2, 6)),
    ),
    "transposed_convolution": (
        (nn.ConvTranspose1d(2, 3, 3, 2, 1, 1), (2, 2, 4)),
        (nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 1), groups=2, dilation=(1, 2)), (1, 4, 3, 4)),
        (nn.ConvTranspose3d(2, 2, 2, bias=False), (1, 2, 2, 3, 2)),
    ),
    "adaptive_max_pool": (
        (nn.AdaptiveMaxPool1d(3), (2, 2, 7)),
        (nn.AdaptiveMaxPool2d((2, 3)), (1, 2, 5, 7)),
        (nn.AdaptiveMaxPool3d(1), (1, 2, 2, 3, 3)),
    ),
    "layer_norm": (
        (nn.LayerNorm(4), (2, 3, 4)),
        (nn.LayerNorm((3, 4), elementwise_affine=False), (2, 3, 4)),
        (nn.LayerNorm((2, 3, 4), eps=0.1), (2, 2, 3, 4)),
    ),
    "rms_norm": ((nn.RMSNorm(4), (2, 3, 4)), (nn.RMSNorm((3, 4), eps=0.1), (2, 3, 4))),
    "mish": ((nn.Mish(inplace=True), (2, 3, 4)),),
    "log_sigmoid": ((nn.LogSigmoid(), (2, 3, 4)),),
    "softsign": ((nn.Softsign(), (2, 3, 4)),),
    "tanh_shrink": ((nn.Tanhshrink(), (2, 3, 4)),),
    "hardtanh": ((nn.Hardtanh(-0.5, 2.0), (2, 3, 4)),),
    "threshold": ((nn.Threshold(0.2, -1.0), (2, 3, 4)),),
    "hard_shrink": ((nn.Hardshrink(0.7), (2, 3, 4)),),
    "soft_shrink": ((nn.Softshrink(0.7), (2, 3, 4)),),
    "prelu": ((nn.PReLU(), (2, 3, 4)), (nn.PReLU(3), (2, 3, 2, 2))),
    "softmax": (
        (nn.Softmax(1), (2, 3, 4)),
        (nn.LogSoftmax(-1), (2, 3, 4)),
        (nn.Softmin(2), (2, 3, 4)),
        (nn.Softmax2d(), (2, 3, 2, 2)),
    ),
    "shuffle": (
        (nn.PixelShuffle(2), (1, 8, 2, 3)),
        (nn.PixelUnshuffle(2), (1, 2, 4, 2)),
        (nn.ChannelShuffle(3), (2, 6, 2, 2)),
    ),
    "padding": (
        (nn.ZeroPad2d((1, 0, -1, 2)), (2, 2, 3, 4)),
        (nn.ConstantPad1d(2, 0.3), (2, 2, 3)),
        (nn.ReflectionPad2d((1, 2, 0, 1)), (2, 2, 3, 4)),
        (nn.ReplicationPad3d(1), (1, 2, 2, 3, 2)),
        (nn.CircularPad2d((1, 2, 0, 1)), (2, 2, 3, 4)),
    ),
    "upsampling": (
        (nn.Upsample(scale_factor=1.5), (1, 2, 4, 5)),
        (nn.Upsample(size=7, mode="nearest-exact"), (2, 2, 4)),
        (nn.Upsample(scale_factor=(1.7, 2.0), mode="bilinear"), (1, 2, 4, 5)),
        (nn.Upsample(size=(3, 7), mode="bicubic", align_corners=True), (1, 2, 4, 5)),
        (nn.Upsample(size=(3, 5, 2), mode="trilinear"), (1, 2, 2, 3, 4)),
        (nn.Upsample(size=(3, 2), mode="area"), (1, 2, 4, 5)),
        (nn.UpsamplingBilinear2d(scale_factor=2), (1, 2, 3, 2)),
    ),
    "two_rates": (
        (Outputs(TwoRates(2, every=True)), (1, 2, 5, 2, 2)),
        (Outputs(TwoRates(2, every=False)), (1, 2, 6, 2, 2)),
    ),
    "recurrent": (
        (Outputs(nn.RNN(3, 2, 2, nonlinearity="relu", bidirectional=True)), (4, 2, 3)),
        (Outputs(nn.LSTM(3, 4, 2, batch_first=True)), (2, 4, 3)),
        (Outputs(nn.GRU(3, 2, bias=False, batch_first=True, bidirectional=True)), (2, 4, 3)),
    ),
    "dropout": ((nn.Dropout(0.4), (2, 3)), (nn.Dropout2d(0.4), (1, 2, 3, 3)), (nn.Identity(), (2, 3))),
    "mean_over_frames": ((Consensus(Frames(3)), (6, 4)), (EndOfTime(), (2, 3, 4, 2, 2))),
    "temporal_shift": ((TemporalShift(), (2, 8, 3, 2, 2)),),
}
"""By the key of the kind; the last layer of a network is of it."""
