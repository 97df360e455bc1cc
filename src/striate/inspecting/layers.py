"""One row of the table: what a layer is, holds, sees and costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from striate.arithmetic.described import Figure, Status
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.summary import ReceptiveField


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer in the order of execution: a module of torch.nn, or an operation outside of one.

    A module that is called again is a row of its own each time (`call`); its parameters count in the first.
    """

    name: str
    kind: str
    """What it does: conv2d, relu, add."""
    type: str
    """The class of the module; empty for an operation outside of one."""
    module: str
    """The path of the module that this row stands under."""
    call: int
    """1, and more where a module is called again."""
    output_shape: tuple[int, ...]
    filters: int | None
    kernels: int | None
    weights: int
    biases: int
    trainable: int
    formula: str
    """How the number of parameters comes about; empty where there are none."""
    uses: tuple[str, ...]
    """The parameters that it is the first to use."""
    shared: tuple[str, ...]
    """The parameters that an earlier row has counted."""
    macs: Figure
    flops: Figure
    activation_bytes: int
    parameter_bytes: int
    bytes_moved: int
    backward_macs: Figure
    """Of the gradients that it takes: of its parameters that learn, and of what it is given."""
    kept_bytes: int
    """Of what it is the first to keep from the forward pass for the backward one."""
    receptive_field: ReceptiveField | None
    notes: tuple[str, ...] = ()
    moves: bool = False
    """Whether it only moves elements."""
    seconds: float | None = None
    """Measured; None where it was not."""
    backward_seconds: float | None = None
    """Of its part of the backward pass, measured; None where it was not."""
    share: float | None = None
    """Of the measured time of the whole network."""
    reads: tuple[int, ...] = ()
    """The rows whose results it takes, by their positions in the table; −1 is the input."""
    geometry: Mapping[str, Any] = field(default_factory=dict)
    receptive_fields: Mapping[str, ReceptiveField | None] = field(default_factory=dict)
    """In each of several inputs, by name; `receptive_field` is that in the main one."""
    fields: Mapping[str, Field | None] = field(default_factory=dict, repr=False, compare=False)
    """Those fields whole, by the name of the input."""
    field: Field | None = field(default=None, repr=False, compare=False)
    """That in the main input."""

    @property
    def parameters(self) -> int:
        """Weights and biases that this row is the first to use."""
        return self.weights + self.biases

    @property
    def frozen(self) -> int:
        """Parameters that do not train."""
        return self.parameters - self.trainable

    @property
    def intensity(self) -> float | None:
        """FLOPs per byte moved."""
        if self.flops.status is Status.UNKNOWN or not self.bytes_moved:
            return None
        return self.flops.value / self.bytes_moved

    def to_json(self) -> dict[str, Any]:
        """The row by name; a cost that is unknown is null, and `status` says because of what."""
        several = {name: seen and seen.to_json() for name, seen in self.receptive_fields.items()}
        return {
            "name": self.name,
            "kind": self.kind,
            "type": self.type,
            "module": self.module,
            "call": self.call,
            "output_shape": list(self.output_shape),
            "filters": self.filters,
            "kernels": self.kernels,
            "parameters": self.parameters,
            "weights": self.weights,
            "biases": self.biases,
            "trainable": self.trainable,
            "frozen": self.frozen,
            "formula": self.formula,
            "shared": list(self.shared),
            "macs": _value(self.macs),
            "flops": _value(self.flops),
            "activation_bytes": self.activation_bytes,
            "parameter_bytes": self.parameter_bytes,
            "bytes_moved": self.bytes_moved,
            "backward_macs": _value(self.backward_macs),
            "kept_bytes": self.kept_bytes,
            "intensity": self.intensity,
            "status": {"macs": self.macs.status.word, "flops": self.flops.status.word},
            "because": self.macs.reason,
            "receptive_field": self.receptive_field and self.receptive_field.to_json(),
            **({"receptive_fields": several} if several else {}),
            "seconds": self.seconds,
            "backward_seconds": self.backward_seconds,
            "share": self.share,
            "reads": list(self.reads),
            "notes": list(self.notes),
        }


def _value(figure: Figure) -> int | None:
    """A figure's number; None where nothing of it is known."""
    return figure.value if figure.status is not Status.UNKNOWN else figure.value or None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over a network. `parameters` are all that it holds, `unused` those that no row used."""

    parameters: Figure
    trainable: int
    frozen: int
    unused: int
    parameter_bytes: int
    macs: Figure
    flops: Figure
    activation_bytes: Figure
    bytes_moved: Figure
    inference_peak: Figure
    training_peak: Figure
    backward_macs: Figure
    kept_bytes: Figure
    """What the forward pass keeps for the backward one."""
    batch: int = 1
    frames: int | None = None
    seconds: float | None = None
    backward_seconds: float | None = None

    def per(self, figure: Figure, parts: int) -> float:
        """A total per clip or per frame."""
        return figure.value / parts

    def to_json(self) -> dict[str, Any]:
        """Figures with their status, and MACs and FLOPs per clip and per frame."""
        clips, frames = self.batch, self.batch * (self.frames or 1)
        return {
            "parameters": self.parameters.to_json(),
            "trainable": self.trainable,
            "frozen": self.frozen,
            "unused": self.unused,
            "parameter_bytes": self.parameter_bytes,
            "macs": self.macs.to_json(),
            "flops": self.flops.to_json(),
            "activation_bytes": self.activation_bytes.to_json(),
            "bytes_moved": self.bytes_moved.to_json(),
            "backward_macs": self.backward_macs.to_json(),
            "kept_bytes": self.kept_bytes.to_json(),
            "peak_activation_bytes_inference": self.inference_peak.to_json(),
            "peak_activation_bytes_training": self.training_peak.to_json(),
            "macs_per_clip": self.per(self.macs, clips),
            "flops_per_clip": self.per(self.flops, clips),
            "macs_per_frame": self.per(self.macs, frames) if self.frames else None,
            "flops_per_frame": self.per(self.flops, frames) if self.frames else None,
            "seconds": self.seconds,
            "backward_seconds": self.backward_seconds,
        }
