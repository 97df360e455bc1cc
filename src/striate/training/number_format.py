"""Which number format to train in: bf16 where it is native, right on this network's own shapes, and faster.

Some of PyTorch's bf16 kernels give wrong weight gradients on small maps while their output is right, so that
nothing warns. Each layer is therefore tried on the inputs and upstream gradients of a real step.
"""

import time
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

WORTH_IT = 1.15
"""How many times as fast bf16 must be: less is noise, and fp32 is the safer choice."""

CHECKED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.RNNBase)

Loss = Callable[[nn.Module], Tensor]
"""The loss of a network on one fixed batch."""

Tables = Callable[[str, float], Table]
"""The algorithms to take in a number format, where a plain step takes so many seconds."""


@dataclass(frozen=True)
class NumberFormat:
    """The choice, with its reason and, where both were tried, seconds a step in either."""

    name: str
    reason: str
    seconds_fp32: float | None = None
    seconds_bf16: float | None = None
    table: Table = field(default_factory=dict)
    """The algorithms of the convolutions."""

    @property
    def seconds(self) -> float | None:
        """Of a step in the format chosen."""
        return self.seconds_bf16 if self.name == "bf16" else self.seconds_fp32

    def to_json(self) -> dict[str, Any]:
        """Plain values, for run.json."""
        return {
            "name": self.name,
            "reason": self.reason,
            "seconds_fp32": self.seconds_fp32,
            "seconds_bf16": self.seconds_bf16,
        }


def _no_algorithms(number_format: str, seconds: float) -> Table:
    return {}


def choose(
    network: nn.Module, loss: Loss, device: torch.device, wish: str = "auto", tables: Tables = _no_algorithms
) -> NumberFormat:
    """Chooses for `network` by trying `loss` on copies of it; the network itself is untouched.

    tables: the algorithms that the network would take, which are tried with it.
    """
    first = "fp32" if wish == "auto" else wish
    plain = seconds_of_step(network, loss, device, first, {})
    quick, reason = None, "as asked"
    if wish == "auto" and not has_native_bf16(device):
        reason = f"this {device.type} has no native bf16"
    elif wish == "auto":
        rough = tables("bf16", plain)
        wrong = first_wrong_layer(network, loss, device, rough)
        quick = None if wrong else seconds_of_step(network, loss, device, "bf16", rough)
        if quick is not None and quick * WORTH_IT < plain:
            reason = f"native, its gradients agree with fp32, and {plain / quick:.1f} times as fast"
            return NumberFormat("bf16", reason, plain, quick, rough)
        reason = f"bf16 is wrong here: {wrong}"
        if quick is not None:
            reason = f"bf16 is {plain / quick:.2f} times as fast on these shapes, not worth it"
    table = tables(first, plain)
    seconds = seconds_of_step(network, loss, device, first, table) if table else plain
    if first == "bf16":
        return NumberFormat("bf16", reason, None, seconds, table)
    return NumberFormat("fp32", reason, seconds, quick, table)


def seconds_of_step(
    network: nn.Module, loss: Loss, device: torch.device, number_format: str, table: Table
) -> float:
    """Seconds for one forward and backward pass: the quickest of a few, after one to warm up."""
    copy = deepcopy(network)
    times: list[float] = []
    while len(times) < 2 or (sum(times) < 0.3 and len(times) < 12):
        start = time.perf_counter()
        with autocast(device, number_format), using_algorithms(copy, table):
            value = loss(copy)
        value.backward()  # type: ignore[no-untyped-call]
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


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
    with using_algorithms(call.layer, table):
        rough = _results(call, device, "bf16")
    names = ("output", "input gradient", "weight gradient")
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
