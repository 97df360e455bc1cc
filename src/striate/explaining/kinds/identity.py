"""Layers through which a number passes unchanged."""

from dataclasses import dataclass

from torch import nn

from striate.derivation import Dropout
from striate.explaining.kinds.activation import Activation
from striate.explaining.texts.languages import by_language


@dataclass(frozen=True, eq=False)
class Identity(Activation):
    """A dropout in evaluation, and torch's Identity."""

    key = "dropout"
    layers = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.Identity)
    function, operation = "id", Dropout(0.0)
    texts = by_language(
        en={
            "name": "identity",
            "text": "In evaluation a dropout drops nothing: the number passes unchanged.",
        },
        vi={
            "name": "ánh xạ đồng nhất",
            "text": "Khi đánh giá, dropout không bỏ gì: con số đi qua nguyên vẹn.",
        },
    )

    @property
    def refusal(self) -> str | None:
        """In training, what is dropped is drawn."""
        drops = self.record.training and vars(self.layer).get("p")
        return "a dropout in training mode" if drops else None
