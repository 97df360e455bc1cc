"""A pool over frames keeps the frames of its window that have come.

Frames that are not there: −∞ for a maximum; a mean counts them as zeros or not at all, as its layer does; a
causal pool has the clip's first frame in their place.
"""

from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build, Entry
from striate.stepping.cells import behind, newest, positions, there
from striate.stepping.timed import CLIP, Clock, Timed
from striate.stepping.walk import Call

NOTHING = float("-inf")


class _OverFrames(nn.Module):
    """The frames of each window: (N·k, t, …)."""

    def __init__(self, reach: int, apart: int) -> None:
        super().__init__()
        self.reach, self.apart = reach, apart

    def windows(self, row: Tensor, kept: Tensor) -> Tensor:
        """Of a row (N, b+k, …)."""
        k = row.shape[1] - kept.shape[1]
        seen = [row[:, i * self.apart : i * self.apart + k] for i in range(self.reach)]
        return torch.stack(seen, dim=2).flatten(0, 1)


class MaximumOverFrames(_OverFrames):
    """Nothing counts where no frame is."""

    def forward(self, x: Tensor, kept: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        row = behind(kept, there(x, valid, NOTHING))
        return self.windows(row, kept).amax(dim=1), newest(row, kept.shape[1])


class CausalMean(_OverFrames):
    """The clip's first frame stands for those before it."""

    def forward(self, x: Tensor, kept: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        first = x.reshape(kept.shape[0], -1, *x.shape[1:])[:, :1]
        begins = (seen == 0).view(-1, *[1] * x.ndim)
        row = behind(torch.where(begins, first, kept), x)
        return self.windows(row, kept).mean(dim=1), newest(row, kept.shape[1])


class MeanOfWindow(_OverFrames):
    """Zeros stand where no frame is; with `count`, only frames that are there are counted."""

    def __init__(self, reach: int, apart: int, clock: Clock, count: bool) -> None:
        super().__init__(reach, apart)
        self.clock, self.count = clock, count

    def forward(
        self, x: Tensor, kept: Tensor, valid: Tensor | None, seen: Tensor, ends: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        row = behind(kept, there(x, valid))
        mean = self.windows(row, kept).mean(dim=1)
        if self.count:
            k = row.shape[1] - kept.shape[1]
            mean = mean * (self.reach / self._counts(seen, k, ends)).view(-1, *[1] * (x.ndim - 1))
        return mean, newest(row, kept.shape[1])

    def _counts(self, seen: Tensor, k: int, ends: Tensor | None) -> Tensor:
        back = torch.arange(self.reach, device=seen.device) * self.apart
        at = (positions(seen, k) - self.clock.late).unsqueeze(2) - back  # (N, k, t)
        there = at >= 0
        if ends is not None:
            there = there & (at < ends.view(-1, 1, 1) + self.clock.longer)
        return there.sum(dim=2).clamp(min=1).flatten()


def causal_pool(b: Build, call: Call, x: Timed) -> Timed:
    """`CausalPool`."""
    layer: Any = call.layer
    maximum = isinstance(layer.pool, nn.MaxPool3d)
    entry = Entry(((layer.reach - 1) * x.clock.every, *x.rest), NOTHING if maximum else 0.0)
    if not entry.shape[0]:
        return x
    kept = b.state(call.name, entry)
    if maximum:
        cell: nn.Module = MaximumOverFrames(layer.reach, x.clock.every)
        node, keep = b.call(call.name, cell, x.node, kept, b.valid(x.clock), parts=2)
    else:
        node, keep = b.call(call.name, CausalMean(layer.reach, x.clock.every), x.node, kept, b.seen, parts=2)
    b.keep(kept, keep)
    return x.new(node)


def mean_over_frames(b: Build, call: Call, x: Timed) -> Timed:
    """`MeanOverFrames`."""
    layer: Any = call.layer
    before = (layer.reach - 1) // 2 if layer.step < layer.reach else 0
    late = x.clock.late + (layer.reach - 1 - before) * x.clock.every
    clock = Clock(late, x.clock.every * layer.step, x.clock.longer)
    b.looks_ahead(call, clock, x.clock)
    return _mean(b, call, x, clock, layer.reach, True)


def pool(b: Build, call: Call, x: Timed) -> Timed:
    """A max or average pool of clips: within each frame, then over frames."""
    layer: Any = call.layer
    if x.axis != CLIP:
        raise NetworkError(f"{call.title} pools what is no clip, which has no step")
    (reach, *kernel), (stride, *step) = _three(layer.kernel_size), _three(layer.stride)
    (before, *padding), (apart, *dilation) = _three(layer.padding), _three(getattr(layer, "dilation", 1))
    maximum = isinstance(layer, nn.MaxPool3d)
    spare = stride - 1 if layer.ceil_mode else 0
    clock = x.clock.after(reach, stride, before, apart, spare)
    b.looks_ahead(call, clock, x.clock)
    within: nn.Module
    if maximum:
        within = nn.MaxPool2d(kernel, step, padding, dilation, ceil_mode=layer.ceil_mode)  # type: ignore[arg-type]
    else:
        if layer.divisor_override is not None:
            raise NetworkError(f"{call.title} has a divisor of its own, which has no step: leave it out")
        within = nn.AvgPool2d(kernel, step, padding, layer.ceil_mode, layer.count_include_pad)  # type: ignore[arg-type]
    node = b.call(call.name, within, x.node)
    y = Timed(node, x.axis, _rest(b, call), x.clock)
    if reach == 1:
        return Timed(node, x.axis, y.rest, clock)
    if not maximum:
        return _mean(b, call, y, clock, reach, not layer.count_include_pad)
    kept = b.state(call.name, Entry(((reach - 1) * apart * x.clock.every, *y.rest), NOTHING))
    cell = MaximumOverFrames(reach, apart * x.clock.every)
    node, keep = b.call(call.name, cell, y.node, kept, b.valid(x.clock), parts=2)
    b.keep(kept, keep)
    return Timed(node, x.axis, y.rest, clock)


def _mean(b: Build, call: Call, x: Timed, clock: Clock, reach: int, count: bool) -> Timed:
    kept = b.state(call.name, Entry(((reach - 1) * x.clock.every, *x.rest)))
    cell = MeanOfWindow(reach, x.clock.every, x.clock, count)
    node, keep = b.call(call.name, cell, x.node, kept, b.valid(x.clock), b.seen, b.ends, parts=2)
    b.keep(kept, keep)
    return Timed(node, x.axis, x.rest, clock)


def _rest(b: Build, call: Call) -> tuple[int, ...]:
    number = call.outputs[0]
    assert number is not None
    channels, _, *space = b.walk.shapes[number][1:]
    return channels, *space


def _three(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * 3
