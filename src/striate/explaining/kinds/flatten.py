"""Flattening: every number in another place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import nn

from striate.derivation import Flatten as FlattenByHand
from striate.explaining.kinds.kind import EXACT, Index, Kind
from striate.explaining.texts import Texts, by_language
from striate.numbers import by, number
from striate.pages import Block, Paragraph
from striate.pages.document import Maths
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Moved(ToJson):
    """A number that only changed its place."""

    value: float
    source: tuple[int, ...]
    input_shape: tuple[int, ...]
    summed = EXACT

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """Where it came from."""
        yield Paragraph(say("moved", source=by(self.source, ","), value=number(self.value, 6)))


@dataclass(frozen=True, eq=False)
class Flatten(Kind):
    """Every axis after the batch becomes one."""

    key = "flatten"
    layers = (nn.Flatten,)
    operation = FlattenByHand()
    texts = by_language(
        en={
            "name": "flatten",
            "text": "Flattening writes all maps one after another into one row of numbers.",
            "moved": "It is the input at ({source}), {value}, in another place: flattening changes no "
            "number.",
        },
        vi={
            "name": "trải phẳng",
            "text": "Trải phẳng xếp mọi bản đồ nối tiếp nhau thành một hàng số.",
            "moved": "Đó là đầu vào tại ({source}), {value}, ở một vị trí khác: trải phẳng không đổi con số "
            "nào.",
        },
    )

    @property
    def refusal(self) -> str | None:
        """Only some of the axes."""
        start, end = self.layer.start_dim, self.layer.end_dim
        whole = start == 1 and end in (-1, self.record.input.dim() - 1)
        return None if whole else f"a Flatten from axis {start} to {end}"

    def detail(self, index: Index) -> Moved:
        shape = tuple(self.record.input.shape)
        source = (index[0], *(int(i) for i in np.unravel_index(index[1], shape[1:])))
        return Moved(float(self.record.input[source]), source, shape)
