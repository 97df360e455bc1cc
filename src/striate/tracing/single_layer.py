"""One layer alone: its output, and how the inputs act on one number of it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.tracing.forward_backward import exact, forward
from striate.tracing.tensors import tensors_in
from striate.watching import Running, untouched, watching


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
