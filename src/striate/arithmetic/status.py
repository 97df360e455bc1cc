"""How sure a number is: exact, an upper bound, or unknown, and then because of which operation."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """Ordered from sure to unsure, so that the status of a sum is the largest of its parts'."""

    EXACT = 0
    BOUND = 1
    UNKNOWN = 2

    @property
    def word(self) -> str:
        """`exact`, `bound` or `unknown`: as it stands in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its status; `reason` names the operation when it is not exact.

    A sum with an unknown part keeps the known part in `value` and is itself unknown: it is a partial sum.
    """

    value: int
    status: Status = Status.EXACT
    reason: str = ""

    def __add__(self, other: "Figure") -> "Figure":
        worse = max(self, other, key=lambda figure: figure.status)
        return Figure(self.value + other.value, worse.status, worse.reason)

    def to_json(self) -> dict[str, object]:
        """`value` and `status`; `because` too where the value is not exact."""
        known = {"value": self.value, "status": self.status.word}
        return known if self.status is Status.EXACT else {**known, "because": self.reason}


ZERO = Figure(0)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum of figures, as unsure as its least sure part; names every operation that is not exact."""
    parts = list(figures)
    status = max((part.status for part in parts), default=Status.EXACT)
    reasons = dict.fromkeys(part.reason for part in parts if part.reason)
    return Figure(sum(part.value for part in parts), status, ", ".join(reasons))
