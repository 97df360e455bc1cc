"""What single layers received in one training step: their input, and the gradient at their output.

Leaner than a recording: it keeps references to a few kinds of layer only, and fits beside a large batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from striate.watching import Running, on_gradient, watching


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
