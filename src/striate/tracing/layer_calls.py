"""What single layers received in one training step: their input, and the gradient at their output.

Leaner than a recording: it keeps references to a few kinds of layer only, and fits beside a large batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer inside a network."""

    name: str
    layer: nn.Module
    input: Tensor
    output_gradient: Tensor
    """Of the loss, same shape as the layer's output; of a recurrent layer's, its outputs over time."""


def layer_calls(
    network: nn.Module, kinds: tuple[type[nn.Module], ...], loss: Callable[[], Tensor]
) -> list[LayerCall]:
    """Runs `loss()` forward and backward and records each call of a layer of these kinds.

    The network's hooks are as before afterwards; its gradients are not.
    """
    inputs: list[tuple[str, nn.Module, Tensor]] = []
    gradients: dict[int, Tensor] = {}

    def keep(number: int) -> Callable[[Tensor], None]:
        return lambda gradient: gradients.__setitem__(number, gradient.detach())

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor | tuple[Tensor, ...]], None]:
        def hook(
            layer: nn.Module, arguments: tuple[Tensor, ...], output: Tensor | tuple[Tensor, ...]
        ) -> None:
            number = len(inputs)
            inputs.append((name, layer, arguments[0].detach()))
            first = (
                output if isinstance(output, Tensor) else output[0]
            )  # recurrent layers give their state too
            first.register_hook(keep(number))  # type: ignore[no-untyped-call]

        return hook

    handles = [
        layer.register_forward_hook(watch(name))
        for name, layer in network.named_modules()
        if isinstance(layer, kinds)
    ]
    try:
        loss().backward()  # type: ignore[no-untyped-call]
    finally:
        for handle in handles:
            handle.remove()
    return [
        LayerCall(name, layer, received, gradients[number])
        for number, (name, layer, received) in enumerate(inputs)
        if number in gradients
    ]
