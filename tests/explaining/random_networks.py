"""Random networks of every kind of layer that can be worked out, and what is held against autograd."""

from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from striate.explaining.checking import as_array, compare, rounding
from striate.explaining.gradient_terms import place_of_largest
from striate.explaining.kinds.catalogue import kind_of
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.unit import choose
from striate.tracing.layer_record import LayerRecord, Recorded
from striate.tracing.recording import record

Shape = tuple[int, ...]
Make = Callable[[Random, Shape], nn.Module]
KERNELS = {
    "conv": (nn.Conv1d, nn.Conv2d, nn.Conv3d),
    "transposed": (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    "batch_norm": (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
    "instance_norm": (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
    "max_pool": (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    "average_pool": (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    "adaptive_average": (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
    "adaptive_max": (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
    "zeros": (nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d),
    "constant": (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d),
    "reflect": (nn.ReflectionPad1d, nn.ReflectionPad2d, nn.ReflectionPad3d),
    "replicate": (nn.ReplicationPad1d, nn.ReplicationPad2d, nn.ReplicationPad3d),
    "circular": (nn.CircularPad1d, nn.CircularPad2d, nn.CircularPad3d),
}
MOST = 4000
"""Numbers of a layer's output for one sample, at most."""


def of_axes(name: str, shape: Shape) -> type[nn.Module]:
    """The module of that name for inputs (N, C, *size)."""
    return KERNELS[name][len(shape) - 3]


def convolution(random: Random, shape: Shape) -> nn.Module:
    channels, size = shape[1], shape[2:]
    groups = random.choice([g for g in (1, 1, 2, channels) if channels % g == 0])
    kernel = tuple(random.randint(1, min(3, n)) for n in size)
    dilation = tuple(random.choice([1, 2]) if n >= 2 * k else 1 for n, k in zip(size, kernel, strict=True))
    padding: str | tuple[int, ...] = tuple(random.randint(0, k // 2) for k in kernel)
    stride = tuple(random.randint(1, 2) for _ in size)
    if random.random() < 0.15:
        padding, stride = "same", (1,) * len(size)
    modes = ["zeros"] * 3 + ["reflect", "replicate", "circular"]
    return of_axes("conv", shape)(
        channels, groups * random.randint(1, 3), kernel, stride, padding, dilation, groups,
        random.random() < 0.8, random.choice(modes),
    )  # fmt: skip


def transposed(random: Random, shape: Shape) -> nn.Module:
    channels, size = shape[1], shape[2:]
    groups = random.choice([g for g in (1, 1, 2, channels) if channels % g == 0])
    kernel, stride = tuple(random.randint(1, 3) for _ in size), tuple(random.randint(1, 2) for _ in size)
    padding = tuple(random.randint(0, k // 2) if n > 1 else 0 for k, n in zip(kernel, size, strict=True))
    dilation = random.randint(1, 2)
    extra = tuple(random.randint(0, max(s, dilation) - 1) for s in stride)
    return of_axes("transposed", shape)(
        channels, groups * random.randint(1, 2), kernel, stride, padding, extra, groups, True, dilation
    )


def pool(name: str) -> Make:
    def make(random: Random, shape: Shape) -> nn.Module:
        kernel = tuple(random.randint(1, min(3, n)) for n in shape[2:])
        options = {"stride": tuple(random.randint(1, 3) for _ in kernel), "ceil_mode": random.random() < 0.4}
        options["padding"] = tuple(random.randint(0, k // 2) for k in kernel)
        if name == "average_pool":
            options["count_include_pad"] = random.random() < 0.5
        return of_axes(name, shape)(kernel, **options)

    return make


def adaptive(name: str) -> Make:
    def make(random: Random, shape: Shape) -> nn.Module:
        sizes = tuple(random.randint(1, 4) for _ in shape[2:])
        return of_axes(name, shape)(sizes[0] if len(sizes) == 1 else sizes)

    return make


def padding(name: str) -> Make:
    def make(random: Random, shape: Shape) -> nn.Module:
        most = [n - 1 if name == "reflect" else n if name == "circular" else 3 for n in reversed(shape[2:])]
        pads = tuple(random.randint(0, min(2, m)) for m in most for _ in range(2))
        return of_axes(name, shape)(pads, *([random.uniform(-1, 1)] if name == "constant" else []))

    return make


def batch_norm(random: Random, shape: Shape) -> nn.Module:
    track, affine = random.random() < 0.6, random.random() < 0.8
    kind = nn.BatchNorm1d if len(shape) == 2 else of_axes("batch_norm", shape)
    return kind(shape[1], random.choice([1e-5, 1e-3]), affine=affine, track_running_stats=track)


def instance_norm(random: Random, shape: Shape) -> nn.Module:
    track = random.random() < 0.3
    return of_axes("instance_norm", shape)(shape[1], affine=random.random() < 0.5, track_running_stats=track)


def group_norm(random: Random, shape: Shape) -> nn.Module:
    return nn.GroupNorm(random.choice([g for g in range(1, shape[1] + 1) if shape[1] % g == 0]), shape[1])


def last_axes(random: Random, shape: Shape) -> Shape:
    return shape[-random.randint(1, len(shape) - 1) :]


def upsample(random: Random, shape: Shape) -> nn.Module:
    axes = len(shape) - 2
    smooth = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[axes]
    mode = random.choice(["nearest", "nearest-exact", *smooth])
    align = random.choice([True, False]) if mode in smooth else None
    if random.random() < 0.5:
        return nn.Upsample(
            size=tuple(random.randint(1, 7) for _ in range(axes)), mode=mode, align_corners=align
        )
    scale = random.choice([2.0, 1.5, 3.0, 0.7])
    return nn.Upsample(scale_factor=scale, mode=mode, align_corners=align,
                       recompute_scale_factor=random.choice([None, True]))  # fmt: skip


def shuffled(random: Random, shape: Shape) -> nn.Module:
    possible: list[nn.Module] = [nn.ChannelShuffle(g) for g in (2, 3) if shape[1] % g == 0]
    if len(shape) == 4:
        possible += [nn.PixelShuffle(2)] * (shape[1] % 4 == 0)
        possible += [nn.PixelUnshuffle(2)] * (shape[2] % 2 == 0 and shape[3] % 2 == 0)
    return random.choice(possible) if possible else nn.Identity()


class First(nn.Module):
    """A recurrent layer's outputs alone, or the last state of its last layer."""

    def __init__(self, layer: nn.RNNBase, last: bool) -> None:
        super().__init__()
        self.layer, self.last = layer, last

    def forward(self, x: Tensor) -> Tensor:
        outputs, state = self.layer(x)
        state = state[0] if isinstance(state, tuple) else state
        return outputs + state.mean() if self.last else outputs  # type: ignore[no-any-return]


def recurrent(random: Random, shape: Shape) -> nn.Module:
    kind = random.choice([nn.RNN, nn.LSTM, nn.GRU])
    options = {"nonlinearity": random.choice(["tanh", "relu"])} if kind is nn.RNN else {}
    layer = kind(
        shape[-1], 3, random.randint(1, 2), bias=random.random() < 0.7, batch_first=random.random() < 0.7,
        bidirectional=random.random() < 0.3, **options,
    )  # fmt: skip
    return First(layer, random.random() < 0.3)


def activation(random: Random, shape: Shape) -> nn.Module:
    inside = random.random() < 0.5
    slope = random.uniform(0.01, 0.5)
    return random.choice(
        [
            nn.ReLU(inside), nn.ReLU(inside), nn.ReLU6(inside), nn.LeakyReLU(slope, inside), nn.Sigmoid(),
            nn.Tanh(), nn.SiLU(inside), nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.ELU(slope, inside),
            nn.CELU(slope), nn.SELU(inside), nn.Hardsigmoid(inside), nn.Hardswish(inside),
            nn.Hardtanh(inplace=inside), nn.Hardtanh(-2.0, 0.5), nn.Softplus(), nn.Softplus(2.0, 5.0),
            nn.Mish(inside), nn.LogSigmoid(),
            nn.Softsign(), nn.Tanhshrink(), nn.Hardshrink(slope), nn.Softshrink(slope),
            nn.Threshold(slope, -1.0), nn.PReLU(), nn.PReLU(shape[1]), nn.Dropout(0.5), nn.Identity(),
        ]
    )  # fmt: skip


def softmax(random: Random, shape: Shape) -> nn.Module:
    axis = random.randint(1, len(shape) - 1)
    return random.choice([nn.Softmax(axis), nn.LogSoftmax(axis), nn.Softmin(axis)])


ON_MAPS: tuple[Make, ...] = (
    convolution, convolution, transposed, pool("max_pool"), pool("average_pool"),
    adaptive("adaptive_average"), adaptive("adaptive_max"),
    *map(padding, ("zeros", "constant", "reflect", "replicate", "circular")),
    batch_norm, instance_norm, group_norm, upsample, shuffled,
)  # fmt: skip
ON_ALL: tuple[Make, ...] = (
    activation, activation, activation, softmax, batch_norm,
    lambda random, shape: nn.LayerNorm(last_axes(random, shape), elementwise_affine=random.random() < 0.8),
    lambda random, shape: nn.RMSNorm(last_axes(random, shape), elementwise_affine=random.random() < 0.8),
    lambda random, shape: nn.Linear(shape[-1], random.randint(1, 5), bias=random.random() < 0.8),
)  # fmt: skip


def random_network(random: Random, most: int = 6) -> tuple[nn.Module, Tensor]:
    """A network of a few layers in evaluation mode with an input; its end gives scores of 3 classes."""
    axes = random.randint(0, 3)
    size = {0: (), 1: (7,), 2: (6, 7), 3: (3, 5, 4)}[axes]
    shape: Shape = (random.randint(2, 3), random.randint(1, 4), *(n + random.randint(-1, 1) for n in size))
    generator = torch.Generator().manual_seed(random.randint(0, 2**31))
    away = random.choice([0.0, 1.0, 1.0, 100.0])  # a large mean costs a normalisation its digits
    x = torch.randn(shape, generator=generator) * 10 ** random.uniform(-1, 1) + away * random.uniform(-2, 2)
    layers: list[nn.Module] = []
    for _ in range(random.randint(1, most)):
        makers = (*ON_ALL, *(ON_MAPS if len(shape) > 2 else ()), *((recurrent,) if len(shape) == 3 else ()))
        layer = random.choice(makers)(random, shape)
        found = output_shape(layer, shape)
        if found is not None:
            layers.append(layer)
            shape = found
    layers += [nn.Flatten(), nn.Linear(int(torch.Size(shape[1:]).numel()), 3)]
    network = nn.Sequential(*layers)
    draw_parameters(network, generator, random)
    kind = random.choice([torch.float32, torch.float32, torch.float64])
    return network.to(kind).eval(), x.to(kind)


def output_shape(layer: nn.Module, shape: Shape) -> Shape | None:
    """What it makes of an input; None where it does not take it, or makes too much of it."""
    try:
        with torch.no_grad():
            found = tuple(layer.eval()(torch.randn(shape)).shape)
    except (RuntimeError, ValueError):
        return None
    return found if 0 < torch.Size(found[1:]).numel() <= MOST else None


def draw_parameters(network: nn.Module, generator: torch.Generator, random: Random) -> None:
    """Weights of a size that keeps numbers in range, statistics that are not 0 and 1."""
    scale = 10 ** random.uniform(-0.5, 0.3)
    with torch.no_grad():
        for parameter in network.parameters():
            fan = max(1, parameter[0].numel()) if parameter.dim() > 1 else 1
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale / fan**0.5)
        for name, buffer in network.named_buffers():
            if buffer.is_floating_point():
                drawn = torch.rand(buffer.shape, generator=generator)
                buffer.copy_(drawn + 0.1 if "var" in name else drawn - 0.5)


def recorded_run(network: nn.Module, x: Tensor) -> Recorded:
    """The run with its gradients; the label is 0 for the first sample, 1 for the next …"""
    labels = torch.arange(len(x)) % 3
    return record(network, x, loss=lambda scores: nn.functional.cross_entropy(scores, labels))


def layers_of(recorded: Recorded) -> Iterator[LayerRecord]:
    """Every layer that can be asked for."""
    return (one for one in recorded.layers if one.whole)


def check_layer(recorded: Recorded, one: LayerRecord, random: Random) -> None:
    """A number of its output, the gradient at its input and one of each parameter, against torch's."""
    kind = kind_of(one)
    index = tuple(random.randrange(size) for size in one.output.shape)
    detail = kind.detail(index)
    compare("y", detail.value, float(as_array(one.output[index])), rounding(one.output, *detail.summed))
    if one.upstream is None or one.input_gradient is None:
        return
    found, theirs = kind.input_gradient(), as_array(one.input_gradient)
    allowed = rounding(one.upstream, found.terms, found.size)
    compare("∂L/∂x", found.value, theirs, allowed)
    index = tuple(random.randrange(size) for size in one.input.shape)
    fed = kind.fed(index)
    products = as_array(one.upstream)[tuple(fed.places.T)] * fed.slopes
    if all(given is None for given in one.further_upstream):
        assert sum(products) == pytest.approx(found.value[index], abs=1e-9 + 1e-7 * np.abs(products).sum()), (
            "fed"
        )
    for name, axes in kind.learned.items():
        gradient = recorded.parameter_gradients[f"{one.name}.{name}"]
        assert len(axes) == gradient.dim(), "axes"
        index = tuple(random.randrange(size) for size in gradient.shape)
        terms = kind.terms(name, index)
        more, size = kind.terms_size(name, terms)
        allowed = rounding(gradient, terms.values.size + more, size)
        compare(f"∂L/∂{name}", terms.total, float(as_array(gradient[index])), allowed)
        filter_ = kind.filter_of(name, index)
        place = place_of_largest(kind, name, index, terms)
        assert len(choose(one, filter_, None)) == one.output.dim(), "filter"
        assert filter_ is None or place is None or place[kind.channel_axis] == filter_, "filter of a weight"
        if isinstance(kind, KernelKind) and name == "weight":
            assert kind.row_times_column(terms) == pytest.approx(terms.total, rel=1e-9, abs=1e-9), "entry"
