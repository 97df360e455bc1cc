"""3×k×k on clips as four 2D convolutions for each pair of output frames, where six are usual.

With frames x0 … x3 under the pair and kernel frames w0, w1, w2 (* is a 2D convolution):

    m0 = (x0 − x2) * w0                    y0 = m0 + m1 + m2
    m1 = (x1 + x2) * (w0 + w1 + w2) / 2    y1 = m1 − m2 − m3
    m2 = (x2 − x1) * (w0 − w1 + w2) / 2
    m3 = (x1 − x3) * w2

Winograd, "Arithmetic Complexity of Computations", 1980, has it for numbers; Lavin, Gray, "Fast Algorithms for
Convolutional Neural Networks", 2015, https://arxiv.org/abs/1509.09308, for the two axes of an image. Along
time the sums cost little beside what they save, as each is shared by all places and filters. The weight's
gradient is the same turned round. The sums are rounded: in bf16 the error is 4e-3 in place of 2e-3.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from striate.algorithms.algorithm import Algorithm, Geometry, Operation, channels_last, convolve, gradients
from striate.algorithms.plain import flipped

SUMS = ((0, 2, -1), (1, 2, 1), (2, 1, -1), (1, 3, -1))
"""For m0 … m3: a frame of the four, another one, and the sign of that."""


class Winograd(Algorithm):
    """Two thirds of the multiplications, for some sums."""

    name = "Winograd over time"
    offers: tuple[Operation, ...] = (Operation.OUTPUT, Operation.WEIGHT_GRADIENT)

    def fits(self, g: Geometry) -> bool:
        return g.axes == 3 and (g.kernel[0], g.stride[0], g.dilation[0]) == (3, 1, 1) and g.groups == 1

    def output(self, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        frames = g.output_size(tuple(x.shape[2:]))[0]
        parts = (
            convolve(_fold(pairs), kernel, g.without_time()).movedim(1, -1)
            for pairs, kernel in zip(_summed(x, frames, g), _kernels(w), strict=True)
        )
        m0, m1, m2, m3 = (part.reshape(len(x), -1, *part.shape[1:]) for part in parts)
        y = m0.new_empty(len(x), 2 * m0.shape[1], *m0.shape[2:])  # (N, 2·pairs, H', W', O)
        torch.add(m1, m2, out=y[:, 0::2]).add_(m0)
        torch.sub(m1, m2, out=y[:, 1::2]).sub_(m3)
        result: Tensor = y[:, :frames].movedim(-1, 1)
        return result

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        like = channels_last(w[:, :, 0])
        m0, m1, m2, m3 = (
            gradients(_fold(deltas), _fold(pairs), like, g.without_time(), of_weight=True)[1]
            for deltas, pairs in zip(_spread(d), _summed(x, d.shape[2], g), strict=True)
        )
        even, odd = (m1 + m2) / 2, (m1 - m2) / 2
        return torch.stack([m0 + even, odd, even + m3], dim=2)


class WinogradFlipped(Winograd):
    """The input's gradient as such a forward convolution with the flipped kernel."""

    name = "Winograd over time, flipped kernel"
    offers = (Operation.INPUT_GRADIENT,)

    def fits(self, g: Geometry) -> bool:
        return super().fits(g) and g.unit_stride and all(p >= 0 for p in g.flipped().padding)

    def input_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return self.output(d, flipped(w, g), g.flipped())


def _fold(pairs: Tensor) -> Tensor:
    """(N, pairs, H, W, C) → (N·pairs, C, H, W)."""
    return pairs.flatten(0, 1).movedim(-1, 1)


def _kernels(w: Tensor) -> Sequence[Tensor]:
    """(O, C, 3, k, k) → four times (O, C, k, k)."""
    exact = torch.promote_types(w.dtype, torch.float32)  # rounded once, at the end
    first, middle, last = w.to(exact).unbind(2)
    even = (first + last) / 2
    every = (first, even + middle / 2, even - middle / 2, last)
    return [channels_last(kernel.to(w.dtype)) for kernel in every]


def _spread(d: Tensor) -> Sequence[Tensor]:
    """What m0 … m3 take of the gradient (N, O, T, H, W): (N, pairs, H, W, O) each."""
    d = channels_last(d).movedim(1, -1)
    even, odd = d[:, 0::2].contiguous(), d[:, 1::2]
    if odd.shape[1] < even.shape[1]:  # the last pair is half a one
        odd = torch.cat([odd, torch.zeros_like(even[:, :1])], dim=1)
    return even, even + odd, even - odd, -odd


def _summed(x: Tensor, frames: int, g: Geometry) -> Iterator[Tensor]:
    """The sums that m0 … m3 are convolutions of: (N, pairs, H, W, C) each, for so many output frames."""
    x = channels_last(x).movedim(1, -1)
    return (_sum(x, -(-frames // 2), g.padding[0], *each) for each in SUMS)


def _sum(x: Tensor, pairs: int, padding: int, first: int, other: int, sign: int) -> Tensor:
    """Frame 2j − padding + first plus or minus frame 2j − padding + other, for every pair j."""
    total = x.new_empty(len(x), pairs, *x.shape[2:])
    terms = ((first - padding, 1), (other - padding, sign))
    low = min(pairs, max(0, *(-(offset // 2) for offset, _ in terms)))  # before, one of them is padding
    high = max(low, min(pairs, *((x.shape[1] - 1 - offset) // 2 + 1 for offset, _ in terms)))
    inner = (x[:, 2 * low + offset :: 2][:, : high - low] for offset, _ in terms)
    torch.add(*inner, alpha=sign, out=total[:, low:high])
    for pair in (*range(low), *range(high, pairs)):
        total[:, pair].zero_()
        for offset, factor in terms:
            if 0 <= 2 * pair + offset < x.shape[1]:
                total[:, pair].add_(x[:, 2 * pair + offset], alpha=factor)
    return total
