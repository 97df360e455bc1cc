"""A network run once on shapes alone: which layers and functions it calls, on which tensors, in order."""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.watching import Running, watching, without_numbers

STREAMS = 2
LENGTHS = (16, 8, 32, 13, 64, 4, 2, 1)
"""Frames of the clip that is tried, in turn: some networks take one length only."""


@dataclass(frozen=True)
class Ref:
    """A tensor of the run, by its number."""

    number: int


@dataclass(frozen=True)
class Own:
    """A parameter or buffer of the network, by its name."""

    name: str


@dataclass(frozen=True, eq=False)
class Call:
    """A layer, or a function outside of such a layer, and what it took and gave."""

    name: str
    """Of the layer, or of the module whose code calls the function."""
    layer: nn.Module | None
    function: Callable[..., Any] | None
    args: tuple[Any, ...]
    """Tensors of the run stand as `Ref`, those of the network as `Own`."""
    kwargs: dict[str, Any]
    outputs: tuple[int | None, ...]
    """Numbers of what it gave; None for what is no tensor."""
    caller: str = ""
    """The class of the module whose code calls the function."""

    @property
    def kind(self) -> str:
        """The name of the function, or of the layer's class."""
        if self.layer is not None:
            return type(self.layer).__name__
        return getattr(self.function, "__name__", str(self.function)).strip("_")

    @property
    def title(self) -> str:
        """As a sentence names it: the layer, or the function and who calls it."""
        if self.layer is not None:
            return f"{self.name or 'the network'} ({self.kind})"
        return f"{self.kind} in {self.name or 'the network'} ({self.caller})"

    def refs(self) -> list[Ref]:
        """The tensors of the run among the arguments, in order."""
        return list(_refs((self.args, self.kwargs)))


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        yield from _refs(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _refs(part)


@dataclass(frozen=True, eq=False)
class Walk:
    """What ran, from the clip, tensor 0, to the scores."""

    calls: tuple[Call, ...]
    shapes: tuple[tuple[int, ...], ...]
    scores: int
    frames: int
    """Of the clip."""


def walk(network: nn.Module, channels: int, size: tuple[int, int], kinds: Collection[type]) -> Walk:
    """Runs a copy of the network without numbers.

    Args:
        network: clips (N, C, T, H, W) → scores (N, K).
        channels: of its frames.
        size: height and width of its frames.
        kinds: layers beside those of `torch.nn` that are not to be looked into.

    Raises:
        NetworkError: no clip of such frames is taken, or what comes out is no batch of scores.
    """
    copy = deepcopy(network).to("meta").eval()
    reason = ""
    for frames in LENGTHS:
        clip = torch.empty(STREAMS, channels, frames, *size, device="meta")
        listener = _Listener(clip, kinds, copy)
        try:
            with torch.no_grad(), without_numbers():
                scores = listener.run(copy, clip)
        except Exception as problem:  # any code may stand in a network of somebody else
            reason = reason or str(problem).strip().splitlines()[0]
            continue
        if not isinstance(scores, Tensor) or scores.ndim != 2 or id(scores) not in listener.numbers:
            raise NetworkError(
                f"a step needs a network that gives one score a class, (N, classes); this one gives "
                f"{list(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__}"
            )
        return Walk(tuple(listener.calls), tuple(listener.shapes), listener.numbers[id(scores)], frames)
    raise NetworkError(
        f"the network takes no clips of {size[0]}×{size[1]} with {channels} channels: {reason}"
    )


class _Listener:
    """Writes down the outermost layers and the functions between them."""

    def __init__(self, clip: Tensor, kinds: Collection[type], network: nn.Module) -> None:
        self.kinds = tuple(kinds)
        self.own = {id(tensor): name for name, tensor in network.named_parameters()}
        self.own |= {id(tensor): name for name, tensor in network.named_buffers()}
        self.calls: list[Call] = []
        self.numbers: dict[int, int] = {}
        self.shapes: list[tuple[int, ...]] = []
        self.alive: list[Tensor] = []  # so that no id is given twice
        self.inside: Running | None = None
        self.number(clip)

    def run(self, network: nn.Module, clip: Tensor) -> Any:
        """The network's scores of the clip."""
        hear = watching(network, before=self.before, after=self.after, function=self.function)
        with hear as self.running:
            return network(clip)

    def number(self, tensor: Tensor) -> int:
        """The number of a new tensor."""
        number = len(self.alive)
        self.numbers[id(tensor)] = number
        self.alive.append(tensor)
        self.shapes.append(tuple(tensor.shape))
        return number

    def before(self, run: Running) -> None:
        """A layer begins."""
        if self.inside is None and self._is_layer(run.module):
            self.inside = run

    def after(self, run: Running, output: Any) -> None:
        """A layer has ended."""
        if self.inside is run:
            self.inside = None
            self._write(run.name or "", run.module, None, run.args, run.kwargs, output)

    def function(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A function of torch is called."""
        result = func(*args, **kwargs)
        if self.inside is None and (_tensors(result) or func is Tensor.__setitem__):
            run = next(run for run in reversed(self.running) if run.name is not None)
            self._write(run.name or "", type(run.module).__name__, func, tuple(args), kwargs, result)
        return result

    def _write(self, name: str, by: nn.Module | str, func: Any, args: Any, kwargs: Any, output: Any) -> None:
        refs = self._as_refs(args), self._as_refs(kwargs)
        if not any(True for _ in _refs(refs)):
            return
        given = output if isinstance(output, tuple | list) else (output,)
        outputs = tuple(self.number(one) if isinstance(one, Tensor) else None for one in given)
        layer, caller = (None, by) if isinstance(by, str) else (by, "")
        self.calls.append(Call(name, layer, func, refs[0], refs[1], outputs, caller))

    def _as_refs(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            number = self.numbers.get(id(value))
            if number is not None:
                return Ref(number)
            return Own(self.own[id(value)]) if id(value) in self.own else value
        if isinstance(value, dict):
            return {key: self._as_refs(part) for key, part in value.items()}
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)(self._as_refs(part) for part in value)
        return value

    def _is_layer(self, module: nn.Module) -> bool:
        if isinstance(module, self.kinds):
            return True
        return type(module).__module__.startswith("torch.nn") and not list(module.children())


def _tensors(result: Any) -> bool:
    given = result if isinstance(result, tuple | list) else (result,)
    return any(isinstance(one, Tensor) for one in given)
