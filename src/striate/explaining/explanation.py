"""What `explain` found, as one frozen value."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from striate.explaining.gradient import WeightGradient
from striate.explaining.layers.unit import Unit
from striate.explaining.loss import Loss
from striate.explaining.pictures.picture import Picture
from striate.explaining.through import Through
from striate.pages import Shown

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class LayerLine:
    """One line of the overview."""

    name: str
    type: str
    shape: tuple[int, ...]
    kind: str | None
    """How it is worked out; None where it cannot be."""


@dataclass(frozen=True)
class Explanation(Shown):
    """The numbers behind a number. Parts that were not asked for are None or empty."""

    subject: str
    inputs: tuple[str, ...]
    input_shape: tuple[int, ...]
    label: str | None
    ranking: tuple[tuple[str, float], ...]
    """The classes with the highest probabilities for the first input; empty where there are no scores."""
    layers: tuple[LayerLine, ...]
    picture: "np.ndarray | None"
    """(C, H, W) uint8: the first input, or the middle frame of it."""
    unit: Unit | None = None
    loss: Loss | None = None
    gradient: WeightGradient | None = None
    through: Through | None = None
    pictures: tuple[Picture, ...] = ()
    language: str = "en"

    def to_json(self) -> dict[str, Any]:
        """Plain values; pictures as their numbers."""
        parts = {name: getattr(self, name) for name in ("unit", "loss", "gradient", "through")}
        return {
            "subject": self.subject,
            "inputs": list(self.inputs),
            "input_shape": list(self.input_shape),
            "label": self.label,
            "probabilities": dict(self.ranking),
            "layers": [{**vars(one), "shape": list(one.shape)} for one in self.layers],
            **{name: part and part.to_json() for name, part in parts.items()},
            "pictures": [one.to_json() for one in self.pictures],
        }

    def to_html(self, language: str | None = None) -> str:
        """One self-contained page."""
        return super(Explanation, replace(self, language=language or self.language)).to_html()
