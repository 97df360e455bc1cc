"""From a network to its step."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn

from striate.checked import checked
from striate.errors import ArgumentError, NetworkError, StriateError
from striate.numbers import percent
from striate.stepping.build import Build
from striate.stepping.fusing import fuse, pack
from striate.stepping.readout import WINDOWED, Readout, read_out
from striate.stepping.rules import KINDS, rule_of
from striate.stepping.step import Step
from striate.stepping.timed import CLIP, Timed
from striate.stepping.walk import Call, Walk, walk
from striate.watching import untouched

WINDOW = 8
"""Frames of a readout where nothing is known of the clips trained on."""
MOST = 90_000
"""Frames of a readout at most, an hour of 25 a second: the answers of all of them are kept."""
SHORT = 5
"""Frames of the clip that a step is checked with, where the network takes so few."""
APART = 1e-3
"""Relative; what a step and its clip may differ by, as sums are taken in another order."""


@checked
def step_of(
    network: nn.Module,
    *,
    size: int | Sequence[int],
    readout: Readout = "window",
    window: int | None = None,
    clip: int | None = None,
    lookahead: bool = False,
    portable: bool = False,
) -> Step:
    """A network on clips, as a function of the next frame and of a state.

    Every layer says itself what it needs of earlier frames, so a network of any layers of `torch.nn` and of
    striate has a step, or is refused by the name of the layer that has none. The step is run beside the clip
    before it is given.

    Args:
        network: clips (N, C, T, H, W) → scores; left as it was. The step holds its weights as they are now.
        size: of the frames: (height, width), or one number for both.
        readout: how the answers of single frames become one, where a clip's network takes their mean:
            "window", the mean of the last ones; "frame", the last alone; "since-start", all of them, as a
            causal network's own scores; "exponential", the newest with the greatest weight.
        window: frames of the readout "window" or "exponential". By default as many as see frames of one clip
            alone, at least half of it; 8 where `clip` is not given.
        clip: how many frames the clips had that the network was trained on.
        lookahead: take networks whose frames see later ones too, whose scores then come late.
        portable: plain layers only, which every exporter knows, in place of the fastest ones here.

    Returns:
        the step; its `late` says by how many frames scores are late.

    Raises:
        NetworkError: a layer that has no step, or sees later frames without lookahead.
        ArgumentError: an unknown readout, a window below 1 or above an hour, or of a readout that has none; a
            size that is none.

    >>> from striate import build
    >>> network = build("plain", classes=5, channels=1, size=16, time="tsm", frames=4, causal=True)
    >>> step = step_of(network, size=16)
    >>> scores, state = step(torch.zeros(1, 1, 1, 16, 16), step.initial())
    >>> scores.shape
    torch.Size([1, 1, 5])
    """
    _check_window(readout, window, clip)
    sides = _sides(size)
    channels = _channels(network)
    ran = walk(network, channels, sides, KINDS)
    wanted = partial(_window, window, clip)
    build = Build(network, ran, lookahead, readout, wanted)
    scores = _follow(build)
    if lookahead and not scores.clock.late:
        build = Build(network, ran, False, readout, wanted)
        scores = _follow(build)
    step = _step(build, scores, channels, sides)
    _check(network, ran, lookahead and bool(scores.clock.late), channels, sides)
    if not portable:
        pack(step.graph)
        step(torch.zeros(1, channels, 1, *sides, device=step.device), step.initial())  # lays them out
    return step


def _check_window(readout: str, window: int | None, clip: int | None) -> None:
    for name, frames in (("window", window), ("clip", clip)):
        if frames is not None and frames < 1:
            raise ArgumentError(f"{name} is at least one frame; got {frames}")
    if window is not None and window > MOST:
        raise ArgumentError(
            f"window is at most {MOST:,} frames, those of an hour at 25 a second; got {window:,}: the "
            "readout since-start takes the mean of all"
        )
    if window is not None and readout not in WINDOWED:
        raise ArgumentError(
            f"the readout {readout} has no window; got {window}: leave the window out, or take the readout "
            f"{' or '.join(WINDOWED)}"
        )


def _sides(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width of a frame."""
    sides = (size, size) if isinstance(size, int) else size
    if len(sides) != 2 or min(sides) < 1:
        raise ArgumentError(
            f"size is one side of a frame, or its height and width; got {size}: for example size=112"
        )
    return int(sides[0]), int(sides[1])


def _window(asked: int | None, clip: int | None, before: float) -> int:
    """Frames of a readout whose frames see so many before them.

    A layer over frames sees what was before a window too. On one stream of the clips of motion-digits a 3D
    network, whose frames see the 6 before them, was right in 84 % of the clips by the mean of 8 frames, a
    whole clip, and in 99 % by that of 4.

    >>> _window(None, 8, before=0), _window(None, 8, before=1), _window(None, 8, before=6)
    (8, 7, 4)
    >>> _window(None, 8, before=float("inf")), _window(None, None, before=2), _window(3, 8, before=0)
    (4, 8, 3)
    """
    if asked is not None or clip is None:
        return asked or WINDOW
    return max((clip + 1) // 2, clip - int(min(before, clip)))


def _channels(network: nn.Module) -> int:
    """Of the frames: those that the first convolution takes."""
    planes = getattr(network, "planes", None)
    if isinstance(planes, int):
        return planes
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            return layer.in_channels
    raise NetworkError("the network has no convolution, so it is not known how many channels its frames have")


def _follow(b: Build) -> Timed:
    """Puts every call into the graph; the scores at the end."""
    clip = b.walk.shapes[0]
    frames = b.graph.call_function(folded, (b.frames,))
    values: dict[int, Timed] = {0: Timed(frames, CLIP, (clip[1], *clip[3:]))}
    with torch.no_grad():
        for call in b.walk.calls:
            given = [values[ref.number] for ref in call.refs() if ref.number in values]
            if len(given) < len(call.refs()):
                raise NetworkError(f"{call.title} takes what has no step")
            made = _made(b, call, given)
            for number, value in zip(call.outputs, made, strict=False):
                if number is not None:
                    values[number] = value
    scores = values[b.walk.scores]
    if scores.clock.late < 0:
        raise NetworkError("the network pads more frames before a clip than it sees: it has no step")
    if scores.axis is not None:
        raise NetworkError("the network gives scores of single frames rather than of a clip")
    if not b.averaged and b.readout == "since-start":
        b.decide_window(scores.node)
    elif not b.averaged:
        scores = read_out(b, "scores", scores)
    return scores


def _made(b: Build, call: Call, given: list[Timed]) -> tuple[Timed, ...]:
    real = call
    if call.layer is not None:
        real = replace(call, layer=b.network.get_submodule(call.name))
    made: Any = rule_of(real.layer, real.kind)(b, real, *given)
    return made if isinstance(made, tuple) else (made,)


def folded(frames: Tensor) -> Tensor:
    """(N, C, k, H, W) → (N·k, C, H, W)."""
    return frames.transpose(1, 2).flatten(0, 1)


def _step(b: Build, scores: Timed, channels: int, size: tuple[int, int]) -> Step:
    count = b.graph.call_function(_counted, (b.seen, b.frames))
    b.keep(b.seen, count)
    if b.ends is not None:
        b.keep(b.ends, b.ends)
    b.graph.output((scores.node, tuple(b.outputs[name] for name in b.entries)))
    fuse(b.graph, b.root)
    graph = fx.GraphModule(b.root, b.graph).eval().requires_grad_(False)
    parameter = next(b.network.parameters(), torch.empty(0))
    clock = scores.clock
    return Step(
        graph, b.entries, channels, size, scores.rest[0], b.readout, b.window, clock.late, clock.every,
        clock.longer, parameter.device,
    )  # fmt: skip


def _counted(seen: Tensor, frames: Tensor) -> Tensor:
    return seen + frames.shape[2]


def _check(network: nn.Module, ran: Walk, lookahead: bool, channels: int, size: tuple[int, int]) -> None:
    """Refuse a step that is not its network: its scores since the start against the clip's own."""
    build = Build(network, ran, lookahead, "since-start", lambda _: 1)
    scores = _follow(build)
    step = _step(build, scores, channels, size)
    clip, wanted = _own_scores(network, ran.frames, step)
    with torch.inference_mode():
        first, state = step(clip[:, :, :1], step.initial())
        rest, state = step(clip[:, :, 1:], state) if clip.shape[2] > 1 else (first[:, :0], state)
        found = torch.cat([first, rest, step.finish(state)], dim=1)
    own = found[:, step.last_of(clip.shape[2])]
    error = float((own - wanted).abs().max() / wanted.abs().max().clamp(min=1e-6))
    if not error <= APART:
        raise NetworkError(
            f"frame by frame this network's scores differ from the clip's own by {percent(error)}: something "
            "in it sees frames in a way that has no step"
        )


def _own_scores(network: nn.Module, frames: int, step: Step) -> tuple[Tensor, Tensor]:
    """A short clip, or else one as long as was walked, and the network's scores of it."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, step.channels, frames, *step.size)
    clip = torch.randn(shape, generator=generator).to(step.device)
    with untouched(network), torch.no_grad():
        try:
            return clip[:, :, :SHORT], network(clip[:, :, :SHORT])
        except (RuntimeError, StriateError):
            return clip, network(clip)
