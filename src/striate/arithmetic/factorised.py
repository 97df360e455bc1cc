"""What a factorised convolution saves against the full one: 1×1, bottleneck, depthwise, (2+1)D."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Convolution:
    """What a comparison needs to know of a convolution: weight (filters, channels of a group, *kernel)."""

    weight: Shape
    groups: int
    stride: Shape
    positions: int  # outputs per filter, over the batch

    @property
    def filters(self) -> int:
        """Output channels."""
        return self.weight[0]

    @property
    def channels(self) -> int:
        """Input channels of all groups."""
        return self.weight[1] * self.groups

    @property
    def kernel(self) -> Shape:
        """The window."""
        return self.weight[2:]

    @property
    def weights(self) -> int:
        """Weights without biases; also the MACs per output position."""
        return prod(self.weight)

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.weights * self.positions


def mid_channels(frames: int, side: int | tuple[int, int], channels: int, filters: int) -> int:
    """The width between the two halves of a (2+1)D convolution that gives it the weights of the full one.

    M = ⌊t·d²·Cin·Cout / (d²·Cin + t·Cout)⌋ (Tran et al., "A Closer Look at Spatiotemporal Convolutions",
    2018). d² is the area of the kernel in space: `side` is d, or the height and width of another one.

    >>> mid_channels(3, 3, 64, 64)
    144
    """
    area = side**2 if isinstance(side, int) else prod(side)
    return frames * area * channels * filters // (area * channels + frames * filters)


def pointwise_note(conv: Convolution) -> str:
    """A 1×1 convolution as the fully connected layer that it is, against a 3×3 one."""
    name = "×".join("1" * len(conv.kernel))
    full = 3 ** len(conv.kernel)
    return (
        f"{name}: a fully connected layer per {_place(conv)}, {conv.channels:,} → {conv.filters:,}"
        f"{_in_groups(conv)}; a {name.replace('1', '3')} one would take {full} times the weights and MACs "
        f"({conv.weights:,} → {full * conv.weights:,})"
    )


def depthwise_note(conv: Convolution) -> str:
    """One kernel per filter, against all channels."""
    return (
        f"depthwise: one kernel per filter; over all {conv.channels:,} channels it would take "
        f"{conv.channels:,} times the weights and MACs ({conv.weights:,} → {conv.weights * conv.channels:,})"
    )


def bottleneck_note(first: Convolution, middle: Convolution, last: Convolution) -> str:
    """1×1 down, k×k, 1×1 up, against the k×k convolution at full width."""
    taken = first.weights + middle.weights + last.weights
    full = prod(middle.kernel) * first.channels * last.filters
    name = "×".join(map(str, middle.kernel))
    return (
        f"bottleneck {first.channels:,} → {first.filters:,} → {middle.filters:,} → {last.filters:,}: "
        f"{taken:,} weights; "
        f"one {name} convolution {first.channels:,} → {last.filters:,} would take {full:,}, "
        f"{_ratio(full, taken)}"
    )


def inverted_note(first: Convolution, middle: Convolution, last: Convolution) -> str:
    """1×1 up, depthwise k×k, 1×1 down (MobileNetV2), against a dense k×k at the inner width."""
    taken = first.weights + middle.weights + last.weights
    full = first.weights + prod(middle.kernel) * middle.channels * middle.filters + last.weights
    return (
        f"inverted bottleneck {first.channels:,} → {middle.channels:,} → {last.filters:,}: {taken:,} "
        f"weights; with a "
        f"dense middle {full:,}, {_ratio(full, taken)}"
    )


def split_note(space: Convolution, time: Convolution) -> str:
    """(2+1)D, space then time, against the full 3D convolution."""
    t, d = time.kernel[0], space.kernel[-1]
    full_weights = t * prod(space.kernel) * space.channels * time.filters
    full_macs = full_weights * time.positions
    taken, macs = space.weights + time.weights, space.macs + time.macs
    equal = mid_channels(t, d, space.channels, time.filters)
    return (
        f"(2+1)D {space.channels:,} → {space.filters:,} → {time.filters:,}: {taken:,} weights and "
        f"{macs:,} MACs; the full "
        f"{t}×{d}×{d} convolution: {full_weights:,} and {full_macs:,}; equal weights at a width of "
        f"{equal:,} between"
    )


def full_3d_note(conv: Convolution) -> str:
    """A 3D convolution against its (2+1)D form of equal weights."""
    t, d = conv.kernel[0], conv.kernel[-1]
    mid = mid_channels(t, d, conv.channels, conv.filters)
    taken = d * d * conv.channels * mid + t * mid * conv.filters
    return (
        f"full 3D: {conv.weights:,} weights; as (2+1)D, 1×{d}×{d} to {mid:,} and {t}×1×1 to "
        f"{conv.filters:,}: {taken:,}, "
        "with one more activation between"
    )


def _ratio(full: int, taken: int) -> str:
    return f"{full / taken:.1f} times as many" if full >= taken else f"{taken / full:.1f} times fewer"


def _place(conv: Convolution) -> str:
    return {1: "position", 2: "pixel", 3: "pixel of each frame"}.get(len(conv.kernel), "position")


def _in_groups(conv: Convolution) -> str:
    return f" in {conv.groups} groups" if conv.groups > 1 else ""


def is_pointwise(conv: Convolution) -> bool:
    """Every window is one position."""
    return all(k == 1 for k in conv.kernel)


def is_depthwise(conv: Convolution) -> bool:
    """Every filter has a single kernel, of more than one position."""
    return conv.weight[1] == 1 and conv.groups > 1 and not is_pointwise(conv)


def is_spatial(conv: Convolution) -> bool:
    """A 3D convolution within single frames."""
    return len(conv.kernel) == 3 and conv.kernel[0] == 1 and prod(conv.kernel) > 1


def is_temporal(conv: Convolution) -> bool:
    """A 3D convolution along time alone."""
    return len(conv.kernel) == 3 and conv.kernel[0] > 1 and prod(conv.kernel[1:]) == 1


def block_note(convolutions: Sequence[Convolution]) -> str | None:
    """What three convolutions in a row save, if they are a bottleneck."""
    if len(convolutions) != 3:
        return None
    first, middle, last = convolutions
    if not (is_pointwise(first) and is_pointwise(last)) or is_pointwise(middle):
        return None
    if is_depthwise(middle):
        widens = first.filters > first.channels and last.filters < middle.filters
        return inverted_note(first, middle, last) if widens else None
    narrows = first.filters <= first.channels and middle.filters < last.filters
    return bottleneck_note(first, middle, last) if narrows else None
