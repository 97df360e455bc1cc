"""One row of the table: what a layer is, holds, sees and costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from striate.arithmetic.described import Figure, Operation, Status
from striate.arithmetic.receptive.field import Field
from striate.arithmetic.receptive.summary import ReceptiveField
from striate.plain_values import picked, to_plain


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
        what = "name kind type module call output_shape filters kernels"
        held = "parameters weights biases trainable frozen formula shared"
        moved = "activation_bytes parameter_bytes bytes_moved backward_macs kept_bytes intensity"
        several = {"receptive_fields": to_plain(self.receptive_fields)} if self.receptive_fields else {}
        costs = {name: _value(getattr(self, name)) for name in ("macs", "flops", "backward_macs")}
        return {
            **picked(self, f"{what} {held} macs flops {moved}"),
            **costs,
            "status": picked(self, "macs=macs.status.word flops=flops.status.word"),
            **picked(self, "because=macs.reason receptive_field"),
            **several,
            **picked(self, "seconds backward_seconds share reads notes"),
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
        costs = {"macs": self.macs, "flops": self.flops}
        frames = self.batch * self.frames if self.frames else None
        sizes = "activation_bytes bytes_moved backward_macs kept_bytes"
        peaks = " ".join(f"peak_activation_bytes_{one}={one}_peak" for one in ("inference", "training"))
        return {
            **picked(self, f"parameters trainable frozen unused parameter_bytes macs flops {sizes} {peaks}"),
            **{f"{name}_per_clip": self.per(one, self.batch) for name, one in costs.items()},
            **{f"{name}_per_frame": frames and self.per(one, frames) for name, one in costs.items()},
            **picked(self, "seconds backward_seconds"),
        }


_KINDS = {
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
    "_softmax": "softmax",
    "_safe_softmax": "softmax",
    "_log_softmax": "log_softmax",
    "native_layer_norm": "layer_norm",
    "_fused_rms_norm": "rms_norm",
    "_unsafe_view": "reshape",
    "view": "reshape",
    "cat": "concatenate",
    "copy": "write",
    "t": "transpose",
    "constant_pad_nd": "pad",
    "hardtanh": "relu6",
}
"""What operations are called where PyTorch's own name would puzzle."""


def kind_of(operation: Operation) -> str:
    """What a reader calls an operation: conv2d, linear, max_pool2d, relu, add."""
    name = operation.name.split(".")[-1].rstrip("_")
    count = len(operation.geometry.get("kernel", ()))
    if operation.kind == "convolution":
        return f"conv_transpose{count}d" if operation.geometry.get("transposed") else f"conv{count}d"
    if operation.kind == "adaptive_pool":
        return name.lstrip("_")
    if "cell" in operation.geometry:
        return str(operation.geometry["cell"])
    if operation.kind in ("batch_norm", "group_norm", "attention", "matmul"):
        own = operation.geometry.get("instance")
        return "instance_norm" if own else operation.kind
    return _KINDS.get(name, name.lstrip("_"))
