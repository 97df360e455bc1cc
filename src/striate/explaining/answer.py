"""What a network says of an input: logits, divided by the run's temperature, to probabilities."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation.shapes import Array
from striate.evaluating.calibration import probabilities
from striate.explaining.texts.languages import Texts
from striate.numbers import number, percent
from striate.pages import Block, Formula, Paragraph, Table
from striate.pages.maths import over, row, sub


@dataclass(frozen=True)
class Answer:
    """The scores of the first input; arrays are (K,). `predict` makes the same probabilities of them."""

    classes: tuple[str, ...]
    logits: Array
    temperature: float
    """What the logits are divided by; 1 for a module, and where none was fitted."""

    @property
    def probabilities(self) -> Array:
        """Softmax of the logits, divided by the temperature."""
        result: Array = probabilities(self.logits[None], self.temperature)[0]
        return result

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The classes with the highest probabilities, the first one first."""
        shares = self.probabilities
        return [(self.classes[k], float(shares[k])) for k in strongest(shares)]

    def to_json(self) -> dict[str, Any]:
        """Plain values, by class."""
        by_class = {
            name: dict(zip(self.classes, values.tolist(), strict=True))
            for name, values in (("logits", self.logits), ("probabilities", self.probabilities))
        }
        return {"temperature": self.temperature, **by_class}

    def blocks(self, say: Texts) -> Iterator[Block]:
        """Logits, what the temperature makes of them, and the probabilities."""
        shares, score = self.probabilities, sub("z", "k")
        warm = [] if self.temperature == 1 else [self.logits / self.temperature]
        rows = [
            (self.classes[k], *(number(float(z[k]), 5) for z in (self.logits, *warm)), percent(shares[k]))
            for k in strongest(shares)
        ]
        heads = ("class", "score", *(("divided",) if warm else ()), "probability")
        yield Formula(row(sub("p", "k"), "=", "softmax", "(", over(score, "T") if warm else score, ")"))
        if warm:
            yield Paragraph(say("overview.temperature", temperature=number(self.temperature)))
        yield Table.of_rows(say("overview.ranking"), say.heads(*heads), rows)


def strongest(shares: Array, count: int = 5) -> list[int]:
    """The most probable classes, the first one first."""
    order: list[int] = np.argsort(-shares, kind="stable")[:count].tolist()
    return order
