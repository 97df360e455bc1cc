"""One layer alone: its output, and how the inputs act on one number of it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.tracing.forward_backward import exact, forward
from striate.tracing.restore import untouched
from striate.tracing.watch import tensors_in


def probe(
    network: nn.Module, title: str, inputs: Tensor, index: Sequence[int] | None = None
) -> tuple[Tensor, Tensor | None]:
    """The output of one layer alone, in evaluation mode, and how the inputs act on one number of it.

    title: as `LayerRecord.title`. index: (filter, *at); then the second result is the gradient of that number
    with respect to the inputs, summed over the batch: (N, ...).
    """
    name, _, number = title.partition("#")
    modules = dict(network.named_modules())
    module = modules.get(name, network)
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda one, given, output: seen.append(_first(output).clone()))
    leaf = inputs.detach().clone().requires_grad_(index is not None)
    try:
        with untouched(network), torch.set_grad_enabled(index is not None), exact():
            forward(network, leaf.clone())
    finally:
        handle.remove()
    output = seen[int(number or 1) - 1]
    if index is None:
        return output.detach(), None
    place: Any = (slice(None), *index)
    (gradient,) = torch.autograd.grad(output[place].sum(), leaf)
    return output.detach(), gradient


def _first(output: Any) -> Tensor:
    return next(iter(tensors_in([output])))
