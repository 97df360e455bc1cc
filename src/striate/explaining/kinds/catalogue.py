"""Every kind of layer that can be worked out, and which one a recorded call is."""

from torch import nn

from striate.errors import NetworkError, some
from striate.explaining.kinds.activation import ACTIVATIONS
from striate.explaining.kinds.batch_norm import BatchNorm
from striate.explaining.kinds.convolution import Convolution, Pointwise
from striate.explaining.kinds.fully_connected import FullyConnected
from striate.explaining.kinds.group_norm import GroupNorm
from striate.explaining.kinds.kind import Kind
from striate.explaining.kinds.layer_norm import LayerNorm, RMSNorm
from striate.explaining.kinds.mean_over_frames import MeanOverFrames
from striate.explaining.kinds.moving import REARRANGEMENTS
from striate.explaining.kinds.pooling import AdaptiveAveragePool, AdaptiveMaxPool, AveragePool, MaxPool
from striate.explaining.kinds.prelu import PReLU
from striate.explaining.kinds.recurrent import Recurrent
from striate.explaining.kinds.softmax import Softmax
from striate.explaining.kinds.temporal_shift import TemporalShift
from striate.explaining.kinds.transposed import Transposed
from striate.explaining.kinds.upsampling import Upsample
from striate.tracing.layer_record import LayerRecord

KINDS: tuple[type[Kind], ...] = (
    Convolution, Transposed, FullyConnected, MaxPool, AveragePool, AdaptiveAveragePool, AdaptiveMaxPool,
    BatchNorm, GroupNorm, LayerNorm, RMSNorm, *ACTIVATIONS, PReLU, Softmax, *REARRANGEMENTS, Upsample,
    TemporalShift, MeanOverFrames, Recurrent,
)  # fmt: skip
BY_KEY: dict[str, type[Kind]] = {kind.key: kind for kind in KINDS} | {Pointwise.key: Pointwise}
BY_LAYER: dict[type[nn.Module] | str, type[Kind]] = {layer: kind for kind in KINDS for layer in kind.layers}


def kind_of(record: LayerRecord) -> Kind:
    """How a call is worked out. Raises NetworkError, by name, for a layer that cannot be."""
    layer = record.layer
    if not record.whole:
        inside = [f"{record.name}.{name}" for name, one in layer.named_modules() if name and class_of(one)]
        if inside:
            raise NetworkError(
                f"{record.name} is a {type(layer).__name__}, a block of several layers: name one of "
                + ", ".join(inside)
            )
    found = class_of(layer)
    kind = None if found is None else found.of(record)
    refusal = f"a {type(layer).__name__}" if kind is None else kind.refusal
    if kind is None or refusal:
        known = sorted(one if isinstance(one, str) else one.__name__ for one in BY_LAYER)
        raise NetworkError(
            f"{record.name} is {refusal}, which cannot be worked out by hand; those that can: "
            + some(known, type(layer).__name__)
        )
    return kind


def class_of(layer: nn.Module) -> type[Kind] | None:
    """By the nearest class that is known, or by a class's name."""
    lineage = type(layer).__mro__
    known = (BY_LAYER.get(one) or BY_LAYER.get(one.__name__) for one in lineage)
    return next((kind for kind in known if kind), None)
