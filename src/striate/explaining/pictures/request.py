"""What a picture is made from: everything known about the network, the input and what was asked."""

from dataclasses import dataclass

import torch

from striate.errors import ArgumentError, NetworkError, unknown
from striate.explaining.optimiser import Optimiser
from striate.explaining.subject import Subject
from striate.explaining.unit import ReceptiveFields, Unit, choose
from striate.tracing.layer_record import LayerRecord, Recorded


@dataclass(frozen=True, eq=False)
class PictureRequest:
    """All that a picture may need."""

    subject: Subject
    recorded: Recorded
    layer: LayerRecord | None
    filter: int | None
    unit: Unit | None
    target: str | int | None
    fields: ReceptiveFields
    optimiser: Optimiser | None

    def needed_layer(self) -> LayerRecord:
        """The layer. Raises ArgumentError where none was named."""
        if self.layer is None:
            names = ", ".join(one.title for one in self.recorded.layers if one.output.dim() > 2)
            raise ArgumentError(f"which layer is to be shown? give --layer, one of {names}")
        return self.layer

    def needed_unit(self) -> tuple[int, ...]:
        """The index (sample, filter, *at) of the number that was asked for, or of the layer's largest."""
        if self.unit is not None:
            return self.unit.index
        return choose(self.needed_layer(), self.filter, None)

    def chosen_filter(self) -> int:
        """The filter that was asked for, or the one of the largest output."""
        return self.needed_unit()[1] if self.filter is None else self.filter

    def target_class(self) -> int:
        """The class that is asked about: by default the most probable one."""
        scores = self.recorded.output
        if scores.dim() != 2:
            shape = tuple(scores.shape)
            raise NetworkError(f"there is no class to ask about: the network gives {shape}, not N×classes")
        if self.target is None:
            return int(scores[0].argmax())
        names = self.subject.classes or tuple(map(str, range(scores.shape[1])))
        if str(self.target) not in names:
            raise ArgumentError(unknown("class", str(self.target), names))
        return names.index(str(self.target))

    def blank(self) -> torch.Tensor:
        """An input that shows nothing: a black image, or zeros where the preparation is not known."""
        trained, first = self.subject.trained, self.subject.inputs[:1]
        if trained is None:
            return torch.zeros_like(first)
        return trained.normalise(torch.zeros(first.shape))

    def frame_of(self, shape: tuple[int, ...]) -> int | None:
        """Of maps (C, T, H, W), the frame to show: the unit's, or the middle one; None for images."""
        if len(shape) != 4:
            return None
        unit = self.unit
        return unit.index[2] if unit is not None and len(unit.index) == 5 else shape[1] // 2
