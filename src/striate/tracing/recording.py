"""What a live network really computed on one input: every layer's inputs and output, and the gradients.

    recorded = record(network, x, loss=lambda logits: F.cross_entropy(logits, labels))
    recorded.named("conv1").output, recorded.named("conv1").upstream

`trace` describes a network without numbers; this keeps the numbers. The network is left as it was: modes,
hooks, gradients, buffers and random state. Tensors are copies, so a layer that works in place spoils nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError, unknown
from striate.tracing.forward_backward import all_learning, buffers_kept, exact, forward
from striate.tracing.restore import untouched
from striate.tracing.watch import tensors_in

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
Loss = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One call of one module: what it took, what it gave, and what it was told."""

    name: str
    call: int
    """1 for the first call of this module, 2 for the second, …"""
    layer: nn.Module
    """The live module, for its geometry; its numbers are in `parameters`."""
    inputs: tuple[Tensor, ...]
    output: Tensor
    parameters: dict[str, Tensor]
    """The module's own parameters and buffers, by their names in it, as they were."""
    source: int | None
    """Which record made the first input, by its place in `Recorded.layers`; None for a function."""
    training: bool
    upstream: Tensor | None = None
    """∂loss/∂output, where a loss was given and the output has a part in it."""
    input_gradient: Tensor | None = None
    """∂loss/∂(first input) by way of this call alone, whoever else took that input."""

    @property
    def title(self) -> str:
        """The name; with `#2` for a second call."""
        return self.name if self.call == 1 else f"{self.name}#{self.call}"

    @property
    def input(self) -> Tensor:
        """The first input."""
        return self.inputs[0]

    @property
    def whole(self) -> bool:
        """Whether this is one layer, rather than a block that holds others."""
        return next(self.layer.children(), None) is None or _prepares(self.layer)


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a network did on one input, in the order in which its layers ended."""

    layers: tuple[LayerRecord, ...]
    inputs: Tensor
    output: Tensor
    loss: Tensor | None = None
    input_gradient: Tensor | None = None
    parameter_gradients: dict[str, Tensor] = field(default_factory=dict)
    """∂loss/∂parameter under each of its names in the network, over all places that use it."""

    def named(self, title: str) -> LayerRecord:
        """The record of a layer: `conv1`, or `conv1#2` for its second call. Raises NetworkError."""
        found = next((one for one in self.layers if one.title == title), None)
        if found is None:
            raise NetworkError(unknown("layer", title, [one.title for one in self.layers]))
        return found

    def sharing(self, record: LayerRecord, parameter: str) -> list[tuple[LayerRecord, str]]:
        """Every call that used this parameter: (record, the parameter's name in that module)."""
        wanted = record.layer._parameters.get(parameter)
        return [
            (one, name)
            for one in self.layers
            for name, value in one.layer._parameters.items()
            if value is not None and value is wanted
        ]

    def after(self, record: LayerRecord) -> list[LayerRecord]:
        """The layers that took this one's output as their first input."""
        place = self.layers.index(record)
        return [one for one in self.layers if one.source == place and one.whole]


def record(
    network: nn.Module, inputs: Tensor, *, loss: Loss | None = None, training: bool = False
) -> Recorded:
    """Runs a network once on real numbers and keeps what every layer computed.

    inputs: (N, ...), on the network's device. loss: from the network's output to one number; with it the
    gradients are recorded too. training: run in training mode (batch statistics, dropout), not evaluation.

    Raises NetworkError if the network does not take this input or gives no single tensor.
    """
    watch = _Watch()
    leaf = inputs.detach().clone().requires_grad_(inputs.is_floating_point() and loss is not None)
    with untouched(network), buffers_kept(network), all_learning(network, loss is not None):
        for module in network.modules():
            module.__dict__["training"] = training
        with watch.listening(network), torch.set_grad_enabled(loss is not None), exact():
            output = forward(network, leaf.clone())
        recorded = Recorded(tuple(watch.layers), leaf.detach(), output.detach().clone())
        return recorded if loss is None else _with_gradients(recorded, watch, network, leaf, output, loss)


class _Watch:
    """Forward hooks, and what they saw."""

    def __init__(self) -> None:
        self.layers: list[LayerRecord] = []
        self.calls: dict[str, int] = {}
        self.upstream: dict[int, Tensor] = {}
        self.downstream: dict[int, Tensor] = {}
        self._makers: dict[int, int] = {}  # id of a tensor → the record that made it
        self._alive: list[Any] = []  # so that no id is given twice
        self._waiting: list[tuple[tuple[Tensor, ...], int | None, Tensor | None]] = []  # calls under way

    @contextmanager
    def listening(self, network: nn.Module) -> Iterator[None]:
        """Hooks on every module below the root; on a network that is one layer, on that."""
        named = [(name, module) for name, module in network.named_modules() if name]
        alone = [(type(network).__name__.lower(), network)]
        handles = [
            module.register_forward_hook(self._hook(name), with_kwargs=True)
            for name, module in named or alone
        ]
        handles += [
            module.register_forward_pre_hook(self._before, with_kwargs=True) for _, module in named or alone
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _before(self, module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Copies of the inputs, before a layer that works in place changes them.

        The first one is handed on as a view of itself, so that this call has a gradient of its own.
        """
        given = list(tensors_in([*arguments, *named.values()]))
        source = self._makers.get(id(given[0])) if given else None
        own = None
        if arguments and isinstance(arguments[0], Tensor) and arguments[0].requires_grad:
            own = arguments[0].view_as(arguments[0])
            arguments = (own, *arguments[1:])
        self._alive.append((given, own))
        self._waiting.append((tuple(tensor.detach().clone() for tensor in given), source, own))
        return arguments, named

    def _hook(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, arguments: Any, named: Any, output: Any) -> None:
            inputs, source, own = self._waiting.pop()
            first = next(iter(tensors_in([output])), None)
            if first is None or not inputs:
                return
            if _prepares(module):
                source, inputs, own = len(self.layers) - 1, (self.layers[-1].output,), None
            count = self.calls[name] = self.calls.get(name, 0) + 1
            kept = first.detach().clone()
            self._keep(
                LayerRecord(name, count, module, inputs, kept, _own(module), source, module.training),
                first,
                own,
            )

        return hook

    def _keep(self, made: LayerRecord, output: Tensor, own: Tensor | None) -> None:
        place = len(self.layers)
        self.layers.append(made)
        self._alive.append(output)
        if made.whole:
            self._makers[id(output)] = place
        _listen(output, self.upstream, place)
        if own is not None:
            _listen(own, self.downstream, place)

    def told(self) -> tuple[LayerRecord, ...]:
        """The records with the gradients that have been heard since."""
        pairs = [
            (self.upstream.get(i), self.upstream.get(one.source or 0) if _prepares(one.layer) else below)
            for i, one in enumerate(self.layers)
            for below in (self.downstream.get(i),)
        ]
        return tuple(
            replace(one, upstream=above, input_gradient=below)
            for one, (above, below) in zip(self.layers, pairs, strict=True)
        )


def _prepares(layer: nn.Module) -> bool:
    """A convolution that first hands its input to a layer of its own, such as a temporal shift.

    What it convolves is what that layer gave; its record says so.
    """
    return isinstance(layer, CONVOLUTIONS) and next(layer.children(), None) is not None


def _listen(tensor: Tensor, heard: dict[int, Tensor], place: int) -> None:
    """Keeps the gradient of a tensor when it comes."""

    def hear(gradient: Tensor) -> None:
        heard[place] = gradient.detach().clone()

    if tensor.requires_grad:
        tensor.register_hook(hear)  # type: ignore[no-untyped-call]


def _own(module: nn.Module) -> dict[str, Tensor]:
    given = {**module._parameters, **module._buffers}
    return {name: value.detach().clone() for name, value in given.items() if value is not None}


def _with_gradients(
    recorded: Recorded, watch: _Watch, network: nn.Module, leaf: Tensor, output: Tensor, loss: Loss
) -> Recorded:
    with torch.enable_grad(), exact():
        value = loss(output)
    parameters = [p for p in network.parameters() if p.is_floating_point()]
    wanted = [*([leaf] if leaf.requires_grad else []), *parameters]
    found = torch.autograd.grad(value, wanted, allow_unused=True)
    gradients = {
        id(tensor): gradient for tensor, gradient in zip(wanted, found, strict=True) if gradient is not None
    }
    return replace(
        recorded,
        layers=watch.told(),
        loss=value.detach(),
        input_gradient=gradients.get(id(leaf)),
        parameter_gradients=_by_name(network, gradients),
    )


def _by_name(network: nn.Module, gradients: dict[int, Tensor]) -> dict[str, Tensor]:
    named: Iterable[tuple[str, nn.Parameter]] = network.named_parameters(remove_duplicate=False)
    return {name: gradients[id(p)].detach() for name, p in named if id(p) in gradients}
