"""From a live layer to the operation of `derivation` that works out the same, with the recorded numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from striate import derivation as by_hand
from striate.derivation.shapes import Array
from striate.errors import NetworkError
from striate.explaining.checking import as_array
from striate.explaining.layers.folding import FoldedShift
from striate.layers import CausalConv3d
from striate.tracing.recording import LayerRecord

FOLDED = 4  # axes of maps (N·T, C, H, W) whose frames are folded into the batch


@dataclass(frozen=True)
class Working:
    """An operation by hand. `arguments` are what its forward takes beside the input, in float64."""

    kind: str
    operation: Any
    arguments: dict[str, Array] = field(default_factory=dict)

    @property
    def slides(self) -> bool:
        """Whether it is a convolution of any size of kernel."""
        return self.kind in ("convolution", "pointwise")


def working(record: LayerRecord) -> Working:
    """How the layer is worked out. Raises NetworkError, by name, for a kind that cannot be."""
    layer = record.layer
    if not record.whole:
        raise NetworkError(
            f"{record.name} is a {type(layer).__name__}, a block of several layers: name one of "
            + ", ".join(
                f"{record.name}.{name}" for name, one in layer.named_modules() if name and _known(one)
            )
        )
    make = _known(layer)
    if make is None:
        raise _cannot(record, f"a {type(layer).__name__}")
    return make(record)


def _known(layer: nn.Module) -> "Maker | None":
    return next((make for kinds, make in KINDS if isinstance(layer, kinds)), None) or BY_NAME.get(
        type(layer).__name__
    )


def _cannot(record: LayerRecord, what: str) -> NetworkError:
    names = sorted({kind.__name__ for kinds, _ in KINDS for kind in kinds} | BY_NAME.keys())
    return NetworkError(
        f"{record.name} is {what}, which cannot be worked out by hand; those that can: {', '.join(names)}"
    )


def _parameters(record: LayerRecord, *names: str) -> dict[str, Array]:
    return {name: as_array(record.parameters[name]) for name in names if name in record.parameters}


def _convolution(record: LayerRecord) -> Working:
    layer: Any = record.layer
    if layer.padding_mode != "zeros":
        raise _cannot(record, f"a convolution with padding_mode {layer.padding_mode!r}")
    operation = by_hand.Convolution(layer.stride, _pads(layer), layer.dilation, layer.groups)
    kind = "pointwise" if set(layer.kernel_size) == {1} else "convolution"
    return Working(kind, operation, _parameters(record, "weight", "bias"))


def _pads(layer: Any) -> Sequence[Any]:
    """Padding per axis; torch's "same" puts the odd cell behind, a causal one all frames before."""
    if isinstance(layer, CausalConv3d):
        return [(layer.frames_before, 0), *layer.padding[1:]]
    if layer.padding == "valid":
        return [0] * len(layer.kernel_size)
    if layer.padding != "same":
        return tuple(layer.padding)
    whole = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
    return [(one // 2, one - one // 2) for one in whole]


def _fully_connected(record: LayerRecord) -> Working:
    return Working("fully_connected", by_hand.FullyConnected(), _parameters(record, "weight", "bias"))


def _max_pool(record: LayerRecord) -> Working:
    layer: Any = record.layer
    operation = by_hand.MaxPool(
        layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode
    )
    return Working("max_pool", operation)


def _average_pool(record: LayerRecord) -> Working:
    layer: Any = record.layer
    operation = by_hand.AveragePool(
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.ceil_mode,
        layer.count_include_pad,
        vars(layer).get("divisor_override"),
    )
    return Working("average_pool", operation)


def _adaptive_pool(record: LayerRecord) -> Working:
    return Working("adaptive_pool", by_hand.AdaptiveAveragePool(tuple(record.output.shape[2:])))


def _batch_norm(record: LayerRecord) -> Working:
    layer: Any = record.layer
    operation = by_hand.BatchNorm(layer.eps)
    arguments = _parameters(record, "weight", "bias")
    if not record.training and "running_mean" in record.parameters:
        known = _parameters(record, "running_mean", "running_var")
        arguments |= {"mean": known["running_mean"], "variance": known["running_var"]}
    return Working("batch_norm", operation, arguments)


def _flatten(record: LayerRecord) -> Working:
    layer: Any = record.layer
    if (layer.start_dim, layer.end_dim) not in ((1, -1), (1, record.input.dim() - 1)):
        raise _cannot(record, f"a Flatten from axis {layer.start_dim} to {layer.end_dim}")
    return Working("flatten", by_hand.Flatten())


def _dropout(record: LayerRecord) -> Working:
    layer: Any = record.layer
    if record.training and vars(layer).get("p"):
        raise _cannot(record, "a dropout in training mode")
    return Working("dropout", by_hand.Dropout(0.0))


def _temporal_shift(record: LayerRecord) -> Working:
    layer: Any = record.layer
    folds: Any = getattr(layer, "folds", 8)
    causal: Any = getattr(layer, "causal", False)
    shift = by_hand.TemporalShift(int(folds), bool(causal))
    if record.input.dim() == FOLDED:
        return Working("temporal_shift", FoldedShift(shift, int(layer.frames.count)))
    return Working("temporal_shift", shift)


def _always(kind: str, operation: Any) -> "Maker":
    return lambda record: Working(kind, operation)


def _leaky(record: LayerRecord) -> Working:
    layer: Any = record.layer
    return Working("leaky_relu", by_hand.LeakyRelu(layer.negative_slope))


Maker = Callable[[LayerRecord], Working]

KINDS: tuple[tuple[tuple[type[nn.Module], ...], Maker], ...] = (
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    ((nn.Linear,), _fully_connected),
    ((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), _max_pool),
    ((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), _average_pool),
    ((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d), _adaptive_pool),
    ((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), _batch_norm),
    ((nn.ReLU6,), _always("relu6", by_hand.Relu6())),
    ((nn.ReLU,), _always("relu", by_hand.Relu())),
    ((nn.LeakyReLU,), _leaky),
    ((nn.Sigmoid,), _always("sigmoid", by_hand.Sigmoid())),
    ((nn.Tanh,), _always("tanh", by_hand.Tanh())),
    ((nn.SiLU,), _always("silu", by_hand.Silu())),
    ((nn.Flatten,), _flatten),
    ((nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.Identity), _dropout),
)
"""Kinds of layers that can be worked out; the first that fits counts."""

BY_NAME: dict[str, Maker] = {"TemporalShift": _temporal_shift}
"""Layers that torch.nn lacks, by the name of their class."""

POINTWISE = frozenset({"relu", "relu6", "leaky_relu", "sigmoid", "tanh", "silu", "dropout", "batch_norm"})
"""Kinds whose output at a place depends on the input at that place alone."""
