"""One pass through a network, forward and back, after which it is as it was."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from striate.errors import NetworkError


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
