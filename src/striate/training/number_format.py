"""Which number format to train in: bf16 where it is native, worth it, and right on this network's own shapes.

Some of PyTorch's bf16 kernels give wrong weight gradients on small maps while their output is right, so that
nothing warns. Each layer is therefore tried on the inputs and upstream gradients of a real step.
"""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from striate.algorithms import Table, using_algorithms
from striate.evaluating.scoring import autocast
from striate.machine import has_native_bf16
from striate.tracing.single_layers import LayerCall, layer_calls

TOLERANCE = 0.02
"""Largest relative difference (of norms) from fp32. Rounding to bf16 alone gives 0.002 to 0.004."""

WORTHWHILE_MACS, WORTHWHILE_INTENSITY = 2**28, 64
"""Multiply-accumulates of the forward pass of a batch, in all and for each number that a layer writes, from
which on bf16 is worth it. With less, a step is spent on calling layers and on moving numbers, which bf16
quickens little."""

CHECKED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.RNNBase)

Loss = Callable[[nn.Module], Tensor]
"""The loss of a network on one fixed batch."""

Tables = Callable[[str], Table]
"""The algorithms to take in a number format."""


@dataclass(frozen=True)
class NumberFormat:
    """The choice, with its reason."""

    name: str
    reason: str
    table: Table = field(default_factory=dict)
    """The algorithms of the convolutions."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for run.json, where the algorithms stand apart."""
        return {"name": self.name, "reason": self.reason}


@dataclass(frozen=True)
class Work:
    """What the checked layers of a network do in the forward pass of one batch."""

    macs: int
    written: int
    """Numbers in all their outputs."""

    @property
    def is_worth_bf16(self) -> bool:
        """Whether so much of it is products that bf16 pays."""
        return self.macs >= WORTHWHILE_MACS and self.macs >= WORTHWHILE_INTENSITY * self.written


def no_algorithms(number_format: str) -> Table:
    """PyTorch's own call for every convolution."""
    return {}


def choose(
    network: nn.Module,
    loss: Loss,
    device: torch.device,
    request: str = "auto",
    tables: Tables = no_algorithms,
) -> NumberFormat:
    """Chooses for `network` by rules and by checking `loss` on copies of it; the network itself is untouched.

    No time is taken, so that the same command gives the same numbers whatever else the machine does.

    Args:
        network: with its first weights.
        loss: of the network on a real batch.
        device: where it computes.
        request: "fp32", "bf16", or "auto", which decides.
        tables: the algorithms that the network would take.
    """
    try_step(network, loss)
    if request != "auto":
        return NumberFormat(request, "as asked", tables(request))
    reason = _against_bf16(network, loss, device)
    if reason is None:
        table = tables("bf16")
        wrong = first_wrong_layer(network, loss, device, table)
        if wrong is None:
            reason = "native, worth it on such shapes, and its gradients agree with fp32"
            return NumberFormat("bf16", reason, table)
        reason = f"bf16 is wrong here: {wrong}"
    return NumberFormat("fp32", reason, tables("fp32"))


def try_step(network: nn.Module, loss: Loss) -> None:
    """One step on a copy: a batch too large for the memory, say, is refused before anything is written."""
    loss(deepcopy(network)).backward()  # type: ignore[no-untyped-call]


def _against_bf16(network: nn.Module, loss: Loss, device: torch.device) -> str | None:
    if not has_native_bf16(device):
        return f"this {device.type} has no native bf16"
    work = work_of(network, loss)
    if work.is_worth_bf16:
        return None
    return (
        f"so small a step gains little by bf16 ({work.macs / 1e6:,.0f} million multiply-accumulates a batch, "
        f"{work.macs / max(work.written, 1):,.0f} for each number written)"
    )


def work_of(network: nn.Module, loss: Loss) -> Work:
    """Counts it, by one step on a copy."""
    copy = deepcopy(network).requires_grad_()
    calls = layer_calls(copy, CHECKED, lambda: loss(copy))
    return Work(sum(map(_macs, calls)), sum(call.output_gradient.numel() for call in calls))


def _macs(call: LayerCall) -> int:
    """Of one layer's forward pass: each number written takes a row of weights; a cell's takes all of them."""
    weights = [value for name, value in call.layer.named_parameters() if name.startswith("weight")]
    written = call.output_gradient
    if isinstance(call.layer, nn.RNNBase):
        return written.numel() // written.shape[-1] * sum(value.numel() for value in weights)
    return written.numel() * weights[0][0].numel()


def first_wrong_layer(network: nn.Module, loss: Loss, device: torch.device, table: Table) -> str | None:
    """Names the first layer whose bf16 output or gradients disagree with fp32, and how; None if all agree.

    The convolutions take the algorithms of the table for bf16.
    """
    copy = deepcopy(network).requires_grad_()  # frozen layers compute in bf16 too
    for call in _distinct(layer_calls(copy, CHECKED, lambda: loss(copy))):
        for what, difference in differences(call, device, table):
            if not difference <= TOLERANCE:
                return f"the {what} of {call.name} differs from fp32 by {difference:.2g} (limit {TOLERANCE})"
    return None


def differences(call: LayerCall, device: torch.device, table: Table) -> Iterator[tuple[str, float]]:
    """Relative difference between bf16 and fp32 of a layer's output, input gradient and weight gradient."""
    exact = _results(call, device, "fp32")
    names = ("output", "input gradient", "weight gradient")
    try:
        with using_algorithms(call.layer, table):
            rough = _results(call, device, "bf16")
    except RuntimeError:  # a layer that this processor cannot compute so
        yield names[0], math.inf
        return
    for name, one, other in zip(names, exact, rough, strict=True):
        size = one.norm()
        yield name, float((other.float() - one).norm() / size) if size > 0 else float(other.float().norm())


def _results(call: LayerCall, device: torch.device, number_format: str) -> tuple[Tensor, Tensor, Tensor]:
    received = call.input.float().requires_grad_()
    weights = [
        value for name, value in call.layer.named_parameters(recurse=False) if name.startswith("weight")
    ]
    with torch.enable_grad(), autocast(device, number_format):
        output = call.layer(received)
    output = output if isinstance(output, Tensor) else output[0]
    of_input, *of_weights = torch.autograd.grad(
        output, [received, *weights], call.output_gradient.to(output.dtype)
    )
    return output.detach(), of_input, torch.cat([gradient.flatten() for gradient in of_weights])


def _distinct(calls: list[LayerCall]) -> Iterator[LayerCall]:
    """One call of each geometry: equal layers on equal shapes run the same kernel."""
    seen = set()
    for call in calls:
        key = (call.layer.extra_repr(), type(call.layer), tuple(call.input.shape))
        if key not in seen:
            seen.add(key)
            yield call
