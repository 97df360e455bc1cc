"""What one call of a layer did, and what a whole network did: plain records of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor, nn

from striate.errors import NetworkError, unknown

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


PARAMETRIZATIONS = "parametrizations"  # where torch.nn.utils.parametrize keeps what works weights out


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One call of one module: what it took, what it gave, and the gradients that came to it."""

    name: str
    """Of the module in the network."""
    call: int
    """1 for the first call of this module, 2 for the second, …"""
    layer: nn.Module
    """The live module, for its geometry; its numbers are in `parameters`."""
    inputs: tuple[Tensor, ...]
    """All tensors among its arguments, in order, as they were before the call."""
    output: Tensor
    """The first tensor that it gave."""
    parameters: dict[str, Tensor]
    """The module's own parameters and buffers, by their names in it, as they were."""
    source: int | None
    """Which record made the first input, by its position in `Recorded.layers`; None for a function."""
    training: bool
    """Whether the module was in training mode."""
    upstream: Tensor | None = None
    """∂loss/∂output, where a loss was given and the output has a part in it."""
    input_gradient: Tensor | None = None
    """∂loss/∂(first input) by way of this call alone, whoever else took that input."""
    further_upstream: tuple[Tensor | None, ...] = ()
    """The same as `upstream` for each further tensor that it gave, such as the last state."""

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
        return next(parts(self.layer), None) is None or prepares(self.layer)


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
        found = next((record for record in self.layers if record.title == title), None)
        if found is None:
            raise NetworkError(unknown("layer", title, [record.title for record in self.layers]))
        return found

    def sharing(self, record: LayerRecord, parameter: str) -> list[tuple[LayerRecord, str]]:
        """Every call that used this parameter: (record, the parameter's name in that module)."""
        wanted = record.layer._parameters.get(parameter)
        return [
            (other, name)
            for other in self.layers
            for name, value in other.layer._parameters.items()
            if value is not None and value is wanted
        ]

    def after(self, record: LayerRecord) -> list[LayerRecord]:
        """The layers that took this one's output as their first input."""
        position = self.layers.index(record)
        return [other for other in self.layers if other.source == position and other.whole]


def prepares(layer: nn.Module) -> bool:
    """A convolution that first hands its input to a layer of its own, such as a temporal shift.

    What it convolves is what that layer gave; its record says so.
    """
    return isinstance(layer, CONVOLUTIONS) and next(parts(layer), None) is not None


def parts(layer: nn.Module) -> Iterator[nn.Module]:
    """The layers in a layer; not what its weights are worked out by."""
    return (part for name, part in layer.named_children() if name != PARAMETRIZATIONS)
