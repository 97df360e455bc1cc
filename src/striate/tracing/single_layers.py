"""Single layers of a network: what each received in one training step, and one layer alone on one input.

Leaner than a recording: it keeps references to a few kinds of layer only, and fits beside a large batch.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.tracing.arguments import tensors_in
from striate.watching import Running, on_gradient, untouched, watching

# One pass through a network, forward and back, after which it is as it was.


def forward(network: nn.Module, inputs: Tensor) -> Tensor:
    """The output. Raises NetworkError if the network does not take this input or gives no single tensor."""
    try:
        output = network(inputs)
    except (RuntimeError, ValueError, TypeError) as problem:
        if "memory" in str(problem):
            raise
        shape = "×".join(map(str, inputs.shape))
        reason = (str(problem).strip().splitlines() or ["it failed"])[0]
        raise NetworkError(
            f"{type(network).__name__} does not take an input of shape {shape}: {reason}"
        ) from problem
    if not isinstance(output, Tensor):
        raise NetworkError(
            f"{type(network).__name__} gives a {type(output).__name__}, expected one tensor: wrap it "
            "in a module that returns the tensor to be explained"
        )
    return output


@contextmanager
def buffers_kept(network: nn.Module) -> Iterator[None]:
    """Running statistics have their old values afterwards."""
    before: Sequence[tuple[Tensor, Tensor]] = [
        (buffer, buffer.detach().clone()) for buffer in network.buffers()
    ]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)


@contextmanager
def all_learning(network: nn.Module, wanted: bool) -> Iterator[None]:
    """Frozen parameters have a gradient inside the block too."""
    frozen = [p for p in network.parameters() if wanted and p.is_floating_point() and not p.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(True)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)


@contextmanager
def exact() -> Iterator[None]:
    """On a GPU, fp32 means fp32: convolutions do not round their inputs to TF32 inside the block."""
    with torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False):
        yield


def probe(
    network: nn.Module, title: str, inputs: Tensor, index: Sequence[int] | None = None
) -> tuple[Tensor, Tensor | None]:
    """The output of one layer alone, in evaluation mode, and how the inputs act on one number of it.

    Args:
        network: Left as it was.
        title: Of the layer, as `LayerRecord.title`.
        inputs: (N, ...), on the network's device.
        index: (filter, *position) of the number, the same for each input; None for the output alone.

    Returns:
        The layer's output, and the gradient of that number with respect to the inputs, summed over the
        batch: (N, ...); None without an index.
    """
    name, _, number = title.partition("#")
    module = dict(network.named_modules()).get(name, network)
    outputs: list[Tensor] = []

    def keep(run: Running, output: Any) -> None:
        if run.module is module:
            outputs.append(next(iter(tensors_in([output]))).clone())

    leaf = inputs.detach().clone().requires_grad_(index is not None)
    heard = watching(network, after=keep)
    with untouched(network), heard, torch.set_grad_enabled(index is not None), exact():
        forward(network, leaf.clone())
    output = outputs[int(number or 1) - 1]
    if index is None:
        return output.detach(), None
    asked: Any = (slice(None), *index)
    (gradient,) = torch.autograd.grad(output[asked].sum(), leaf)
    return output.detach(), gradient


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer inside a network."""

    name: str
    """Of the layer in the network."""
    layer: nn.Module
    """The live layer."""
    input: Tensor
    """Its first argument."""
    output_gradient: Tensor
    """Of the loss, same shape as the layer's output; of a recurrent layer's, its outputs over time."""


def layer_calls(
    network: nn.Module, kinds: tuple[type[nn.Module], ...], loss: Callable[[], Tensor]
) -> list[LayerCall]:
    """Runs `loss()` forward and backward and records each call of a layer of these kinds.

    The network is as before afterwards, but for its gradients.
    """
    runs: list[Running] = []
    gradients: dict[int, Tensor] = {}

    def note(run: Running, output: Any) -> None:
        if isinstance(run.module, kinds) and run.name is not None:
            number = len(runs)
            runs.append(run)
            first = (
                output if isinstance(output, Tensor) else output[0]
            )  # recurrent layers give their state too
            on_gradient(first, lambda gradient: gradients.__setitem__(number, gradient.detach()))

    with watching(network, after=note):
        loss().backward()  # type: ignore[no-untyped-call]
    return [
        LayerCall(run.name or "", run.module, run.args[0].detach(), gradients[number])
        for number, run in enumerate(runs)
        if number in gradients
    ]
