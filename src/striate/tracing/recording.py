"""What a live network really computed on one input: every layer's inputs and output, and the gradients.

    recorded = record(network, x, loss=lambda logits: F.cross_entropy(logits, labels))
    recorded.named("conv1").output, recorded.named("conv1").upstream

`trace` describes a network without numbers; this keeps the numbers. The network is left as it was: modes,
hooks, gradients, buffers and random state. Tensors are copies, so a layer that works in place spoils nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from striate.errors import NetworkError
from striate.tracing.arguments import is_wrapped, tensors_in
from striate.tracing.layer_record import PARAMETRIZATIONS, LayerRecord, Recorded, parts, prepares
from striate.tracing.single_layers import all_learning, buffers_kept, exact, forward
from striate.watching import Running, on_gradient, on_gradient_before_change, untouched, watching

Loss = Callable[[Tensor], Tensor]


def record(
    network: nn.Module,
    inputs: Tensor,
    *,
    loss: Loss | None = None,
    training: bool = False,
    of: Sequence[str] | None = None,
) -> Recorded:
    """Runs a network once on real numbers and keeps what every layer computed.

    Args:
        network: Any module; it is left as it was.
        inputs: (N, ...), on the network's device.
        loss: From the network's output to one number; with it the gradients are recorded too.
        training: Run in training mode (batch statistics, dropout), not in evaluation mode.
        of: Titles of layers: gradients are followed back to what these gave and to their parameters, and no
            other way, which may save half of the time. By default everything has one.

    Raises:
        NetworkError: The network does not take this input or gives no single tensor.
    """
    listener = _Listener(network)
    leaf = inputs.detach().clone().requires_grad_(inputs.is_floating_point() and loss is not None)
    with untouched(network), buffers_kept(network), all_learning(network, loss is not None):
        for module in network.modules():
            module.__dict__["training"] = training
        heard = watching(network, before=listener.before, after=listener.after)
        with heard, torch.set_grad_enabled(loss is not None), exact(), parametrize.cached():
            output = forward(network, leaf.clone())
        recorded = Recorded(tuple(listener.layers), leaf.detach(), output.detach().clone())
        if loss is None:
            return recorded
        wanted = _all_of(network, leaf) if of is None else [*listener.made_of(of), output]
        return _with_gradients(recorded, listener, network, leaf, wanted, _loss(loss, output))


class _Listener:
    """Keeps what layers take and give, and later the gradients that come to it."""

    def __init__(self, network: nn.Module) -> None:
        self.alone = next(parts(network), None) is None  # the network is itself the one layer
        self.layers: list[LayerRecord] = []
        self.calls: dict[str, int] = {}
        self.upstream: dict[int, Tensor] = {}
        self.downstream: dict[int, Tensor] = {}
        self.further: list[dict[int, Tensor | None]] = []  # by record, by the place among its other outputs
        self._makers: dict[int, int] = {}  # id of a tensor → the position of the record that made it
        self._alive: list[Any] = []  # so that no id is given twice
        self._given: list[tuple[Tensor, list[Tensor]]] = []  # by record: the first tensor, and the others
        self._taken: list[Tensor | None] = []  # by record: the copy of the first input that was handed on
        self._waiting: list[_Waiting] = []

    def before(self, run: Running) -> tuple[Any, ...] | None:
        """Copies of the inputs, before a layer that works in place changes them.

        The first one is handed on as a copy too, so that this call has a gradient of its own, and so that a
        layer whose output shares memory with its input does not see what a later one writes there.
        """
        inputs = list(tensors_in([*run.args, *run.kwargs.values()]))
        source = self._makers.get(id(inputs[0])) if inputs else None
        own = None
        if run.args and isinstance(run.args[0], Tensor) and run.args[0].requires_grad and self._counts(run):
            own = run.args[0].clone()
            if source is not None:
                self._makers[id(own)] = source  # for the layers inside, if this is a block
        self._alive.append((inputs, own))
        copies = tuple(self._copies(inputs, source)) if self._counts(run) else ()
        self._waiting.append(_Waiting(run, copies, source, own, 0 if own is None else own._version))
        return None if own is None else (own, *run.args[1:])

    def _copies(self, inputs: Sequence[Tensor], source: int | None) -> Iterator[Tensor]:
        """Of the inputs as they are; of the first, what its maker's record holds, if nothing has changed."""
        for place, tensor in enumerate(inputs):
            made = self.layers[source].output if place == 0 and source is not None else None
            yield made if made is not None and torch.equal(made, tensor) else tensor.detach().clone()

    def after(self, run: Running, output: Any) -> None:
        """The record of a call, if it took and gave tensors."""
        waiting = self._waiting.pop()
        while waiting.run is not run:  # calls inside this one that ended in an exception
            waiting = self._waiting.pop()
        given = [*tensors_in([output])]
        if not given or not waiting.inputs or any(map(is_wrapped, (*given, *waiting.inputs))):
            return
        first, others = given[0], given[1:]
        module, inputs, source, own = run.module, waiting.inputs, waiting.source, waiting.own
        if prepares(module):
            source, inputs, own = len(self.layers) - 1, (self.layers[-1].output,), None
        if own is not None and own._version != waiting.version:
            run.args[0].copy_(own)  # whoever holds the input sees what was written into it
        name = run.name or type(module).__name__.lower()
        count = self.calls[name] = self.calls.get(name, 0) + 1
        output = first.detach().clone()
        made = LayerRecord(name, count, module, inputs, output, _own(module), source, module.training)
        self._keep(made, first, others)
        self._taken.append(own)
        if own is not None:
            hear = partial(_store, self.downstream, len(self.layers) - 1)
            (on_gradient if own._version == waiting.version else on_gradient_before_change)(own, hear)

    def made_of(self, titles: Sequence[str]) -> Iterator[Tensor]:
        """What calls of layers took and gave, and their parameters, where these have gradients."""
        for record, (given, others), own in zip(self.layers, self._given, self._taken, strict=True):
            if record.title in titles:
                parameters = (one for one in record.layer._parameters.values() if one is not None)
                found = (own, given, *others, *parameters)
                yield from (one for one in found if one is not None and one.requires_grad)

    def _counts(self, run: Running) -> bool:
        """Whether a call is recorded: of modules below the network, or of a network that is one layer."""
        named = run.name is not None and (bool(run.name) or self.alone)
        return named and PARAMETRIZATIONS not in (run.name or "").split(".")

    def _keep(self, made: LayerRecord, output: Tensor, others: list[Tensor]) -> None:
        position = len(self.layers)
        self.layers.append(made)
        self._given.append((output, others))
        self.further.append({})
        for place, other in enumerate(others):
            self.further[position][place] = None
            on_gradient(other, partial(_store, self.further[position], place))
        if made.whole:
            self._makers[id(output)] = position
        on_gradient(output, partial(_store, self.upstream, position))

    def with_gradients(self) -> tuple[LayerRecord, ...]:
        """The records with the gradients that have come since."""
        return tuple(
            replace(
                record,
                upstream=self._at(position, record.output),
                further_upstream=tuple(self.further[position].values()),
                input_gradient=self.upstream.get(record.source or 0)
                if prepares(record.layer)
                else self.downstream.get(position),
            )
            for position, record in enumerate(self.layers)
        )

    def _at(self, position: int, output: Tensor) -> Tensor | None:
        """∂loss/∂output; zeros where only another tensor of the same call has a part in the loss."""
        found = self.upstream.get(position)
        others = any(one is not None for one in self.further[position].values())
        return torch.zeros_like(output) if found is None and others else found


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A call under way: copies of its inputs, who made the first one, and the copy that was handed on."""

    run: Running
    inputs: tuple[Tensor, ...]
    source: int | None
    own: Tensor | None
    version: int
    """How often that copy had been changed in place."""


def _store(gradients: dict[int, Any], position: int, gradient: Tensor | None) -> None:
    if gradient is not None:  # as it is behind an operation that has none
        gradients[position] = gradient.detach().clone()


def _own(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers, and the weights that are worked out of such, as by weight norm or pruning."""
    worked_out = {name: getattr(module, name) for name in getattr(module, PARAMETRIZATIONS, ())}
    tensors = {**module.__dict__, **module._parameters, **module._buffers, **worked_out}
    return {name: value.detach().clone() for name, value in tensors.items() if isinstance(value, Tensor)}


def _all_of(network: nn.Module, leaf: Tensor) -> list[Tensor]:
    """The input and every parameter."""
    parameters = [p for p in network.parameters() if p.is_floating_point()]
    return [*([leaf] if leaf.requires_grad else []), *parameters]


def _loss(loss: Loss, output: Tensor) -> Tensor:
    with torch.enable_grad(), exact():
        return loss(output)


def _with_gradients(
    recorded: Recorded,
    listener: _Listener,
    network: nn.Module,
    leaf: Tensor,
    wanted: list[Tensor],
    loss: Tensor,
) -> Recorded:
    try:
        found = torch.autograd.grad(loss, wanted, allow_unused=True)
    except RuntimeError as problem:
        reason = str(problem).split(". Hint")[0]
        raise NetworkError(
            f"{type(network).__name__} has no gradient, so it cannot be trained: {reason}"
        ) from None
    gradients = {
        id(tensor): gradient for tensor, gradient in zip(wanted, found, strict=True) if gradient is not None
    }
    return replace(
        recorded,
        layers=listener.with_gradients(),
        loss=loss.detach(),
        input_gradient=gradients.get(id(leaf)),
        parameter_gradients=_by_name(network, gradients),
    )


def _by_name(network: nn.Module, gradients: dict[int, Tensor]) -> dict[str, Tensor]:
    named: Iterable[tuple[str, nn.Parameter]] = network.named_parameters(remove_duplicate=False)
    return {name: gradients[id(p)].detach() for name, p in named if id(p) in gradients}
