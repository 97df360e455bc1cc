"""Values of a step, and when they are: how late, how far apart, where the walked tensor has its time axis.

In the graph of a step every value is (N·k, …), frame after frame of each stream, whatever the walked tensor
looked like; so layers that keep frames apart are those of single images.
"""

from dataclasses import dataclass, replace

from torch import fx

FOLDED, SEQUENCE, CLIP = 0, 1, 2
"""Where the walked tensor has time: (N·T, …), (N, T, …), (N, C, T, …)."""


@dataclass(frozen=True)
class Clock:
    """When a value is. All zero, one, zero in a network whose frames see no later one."""

    late: int = 0
    """Frames that come in before the value of a frame comes out."""
    every: int = 1
    """So many frames apart are two values of the clip's own, after strides over frames."""
    longer: int = 0
    """How many frames more than the clip itself the value has; negative for fewer."""

    def after(self, reach: int, stride: int, before: int, apart: int = 1, spare: int = 0) -> "Clock":
        """Behind a window over frames.

        Args:
            reach: frames of the window.
            stride: its step.
            before: frames of padding before the clip, and after it.
            apart: its dilation.
            spare: frames by which a last window may stick out (ceil_mode).
        """
        span = (reach - 1) * apart
        longer = 2 * before - span + spare
        return Clock(
            self.late + (span - before) * self.every,
            self.every * stride,
            self.longer + (min(longer, before) if spare else longer) * self.every,
        )


@dataclass(frozen=True)
class Timed:
    """A value in the graph of a step, and what is known of the walked tensor that it stands for."""

    node: fx.Node
    axis: int | None
    """Of time in the walked tensor; None where the frames have already become one."""
    rest: tuple[int, ...]
    """The shape of one frame's part."""
    clock: Clock = Clock()
    reduced: str = ""
    """What made the frames one: a layer, by name."""
    last: bool = False
    """Whether it is of the clip's last frame, rather than over all of them."""

    def new(self, node: fx.Node, rest: tuple[int, ...] | None = None) -> "Timed":
        """The same moment of another value."""
        return replace(self, node=node, rest=self.rest if rest is None else rest)


def moved(x: Timed, later: int, longer: int) -> Timed:
    """A value whose first frame is another one.

    Args:
        x: the value.
        later: how many frames of its own; negative for earlier.
        longer: how many more of them there are; negative for fewer.
    """
    clock = x.clock
    late, more = clock.late + later * clock.every, clock.longer + longer * clock.every
    return replace(x, clock=replace(clock, late=late, longer=more))


def rest_of(shape: tuple[int, ...], axis: int | None) -> tuple[int, ...]:
    """The shape of one frame's part."""
    if axis in (None, FOLDED):
        return shape[1:]
    return tuple(side for i, side in enumerate(shape) if i not in (0, axis))
