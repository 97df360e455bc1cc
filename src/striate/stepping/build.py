"""The graph of a step while it is built: layers, state in and out, and which frames there are."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn

from striate.errors import NetworkError
from striate.stepping.cells import DelayLine, Valid
from striate.stepping.timed import Clock, Timed
from striate.stepping.walk import Call, Own, Walk

SEEN, ENDS = "frames_seen", "frames_in_all"
NO_END = 1 << 40


@dataclass(frozen=True)
class Entry:
    """One tensor of the state, without the axis of the streams."""

    shape: tuple[int, ...]
    fill: float = 0.0
    dtype: torch.dtype = torch.float32
    endless: bool = False
    """Whether it tells of all frames before; else of as many as its first axis has."""
    single: bool = False
    """Whether it is one frame, without an axis for it: nothing is to be taken apart or put into a row."""

    @property
    def frames(self) -> float:
        """How many frames before the next it tells of."""
        if self.single:
            return 1
        return math.inf if self.endless else next(iter(self.shape), 0)


class Build:
    """What rules write into."""

    def __init__(
        self, network: nn.Module, walk: Walk, lookahead: bool, readout: str, window: Callable[[float], int]
    ) -> None:
        """window: frames of the readout, of a network whose frames see so many before them."""
        self.network, self.walk, self.lookahead, self.readout = network, walk, lookahead, readout
        self.window = 0
        self._window = window
        self.graph = fx.Graph()
        self.root = nn.Module()
        self.frames = self.graph.placeholder("frames")
        self.entries: dict[str, Entry] = {}
        self.inputs: dict[str, fx.Node] = {}
        self.outputs: dict[str, fx.Node] = {}
        self._valid: dict[Clock, fx.Node] = {}
        self.seen = self.state(SEEN, Entry((), 0, torch.int64))
        self.ends = self.state(ENDS, Entry((), NO_END, torch.int64)) if lookahead else None
        self.averaged = False

    def call(self, name: str, module: nn.Module, *args: Any, parts: int = 1) -> Any:
        """A call of a module in the graph; of one that gives several values, their nodes."""
        node = self.graph.call_module(_placed(self.root, _named(name), module), args)
        if parts == 1:
            return node
        return tuple(self.graph.call_function(_item, (node, i)) for i in range(parts))

    def state(self, name: str, entry: Entry) -> fx.Node:
        """A tensor of the state as it comes in; a name that is taken gets a number."""
        name = _free(_named(name), self.entries.__contains__)
        self.entries[name] = entry
        with self.graph.inserting_after(next(reversed(self.inputs.values()), self.frames)):
            node = self.graph.placeholder(f"state_{len(self.inputs)}")
        self.inputs[name] = node
        return node

    def decide_window(self, averaged: fx.Node) -> None:
        """The readout's, by how many frames before its own a value sees.

        Args:
            averaged: the value that the readout is over.
        """
        told = {node: self.entries[name].frames for name, node in self.inputs.items()}
        sees: dict[fx.Node, float] = {}
        for node in self.graph.nodes:
            inputs = node.all_input_nodes
            sees[node] = max((sees[one] for one in inputs), default=0) + max(
                (told.get(one, 0) for one in inputs), default=0
            )
        self.window = self._window(sees[averaged])

    def keep(self, before: fx.Node, after: fx.Node) -> None:
        """What the next step gets in place of `before`."""
        name = next(name for name, node in self.inputs.items() if node is before)
        self.outputs[name] = after

    def valid(self, clock: Clock) -> fx.Node | None:
        """Which frames of a value are the clip's own, (N, k); None where all are."""
        if self.ends is None:
            return None
        key = Clock(clock.late, 1, clock.longer)
        if key not in self._valid:
            module = Valid(clock.late, clock.longer)
            self._valid[key] = self.call("valid", module, self.frames, self.seen, self.ends)
        return self._valid[key]

    def looks_ahead(self, call: Call, clock: Clock, before: Clock) -> None:
        """Refuse a layer that sees later frames where that was not asked for."""
        if clock.late > max(before.late, 0) and not self.lookahead:
            raise NetworkError(
                f"{call.title} sees later frames, so it cannot answer at once: give --lookahead for "
                "answers that come late, or train with --causal"
            )

    def late(self, value: Timed, clock: Clock, name: str) -> Timed:
        """The value behind a delay line, at the later of two moments."""
        frames = clock.late - value.clock.late
        if not frames:
            return value
        kept = self.state(f"{name}.delayed", Entry((frames, *value.rest)))
        node, keep = self.call(f"{name}.delay", DelayLine(), value.node, kept, parts=2)
        self.keep(kept, keep)
        made = value.new(node)
        return Timed(made.node, made.axis, made.rest, clock, made.reduced, made.last)

    def own(self, value: Own) -> fx.Node:
        """A parameter or buffer of the network, as a constant of the graph."""
        return self.call(value.name, Constant(self.tensor(value)))  # type: ignore[no-any-return]

    def tensor(self, value: Own) -> Tensor:
        """That parameter or buffer."""
        holder, _, name = value.name.rpartition(".")
        found: Tensor = getattr(self.network.get_submodule(holder), name)
        return found

    def copy(self, call: Call) -> nn.Module:
        """The layer as it is now, at inference."""
        assert call.layer is not None
        return deepcopy(call.layer).eval()


class Constant(nn.Module):
    """A tensor of the network that a function takes."""

    value: Tensor

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.register_buffer("value", value.detach().clone())

    def forward(self) -> Tensor:
        return self.value


def _named(name: str) -> str:
    """What belongs to the network itself, whose own name is empty, has one too."""
    return f"network{name}" if name.startswith(".") else name or "layer"


def _item(values: Sequence[Any], i: int) -> Any:
    return values[i]


def _placed(root: nn.Module, name: str, module: nn.Module) -> str:
    """Puts a module where the network has it, and gives its name there: with a number if that is taken."""
    holder, path = root, []
    *above, last = name.split(".")
    for part in above:
        if not isinstance(getattr(holder, part, None), nn.Module):
            part = _free(part, partial(hasattr, holder))
            holder.add_module(part, nn.Module())
        holder = holder.get_submodule(part)
        path.append(part)
    there = getattr(holder, last, None)
    if type(there) is nn.Module:  # what was put below it before it came itself
        for below, child in there.named_children():
            module.add_module(below, child)
        delattr(holder, last)
    last = _free(last, partial(hasattr, holder))
    holder.add_module(last, module)
    return ".".join([*path, last])


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    number = 2
    free = name
    while is_taken(free):
        free, number = f"{name}_{number}", number + 1
    return free
