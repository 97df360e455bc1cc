"""Files that were left out, and when there are too many of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from striate.errors import DataError


@dataclass(frozen=True)
class Skipped:
    """A file that could not be read. `label` is the name of its class, where it has one."""

    path: str
    reason: str
    label: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """Plain values."""
        return {"path": self.path, "reason": self.reason, "label": self.label}


def refuse_many(skipped: Iterable[Skipped], totals: Mapping[str, int], kind: str = "images") -> None:
    """Raises DataError if more than a tenth of a class was skipped: such a set would teach the wrong thing.

    totals: images per class, the skipped ones included. kind: what they are, in the plural.
    """
    skipped = list(skipped)
    for label, count in Counter(each.label for each in skipped).items():
        if label is not None and count * 10 > totals[label]:
            raise DataError(_too_many([each for each in skipped if each.label == label], totals[label], kind))


def _too_many(skipped: list[Skipped], total: int, kind: str) -> str:
    first = ", ".join(f"{each.path} ({each.reason})" for each in skipped[:3])
    return (
        f"{len(skipped)} of {total} {kind} of class {skipped[0].label!r} cannot be read, more than a tenth: "
        f"{first}{', …' if len(skipped) > 3 else ''}; mend or remove them (striate data check lists them all)"
    )


def told(skipped: Iterable[Skipped], most: int = 3) -> tuple[str, ...]:
    """The note about skipped files: how many, and the first few by name. Nothing if there are none."""
    skipped = list(skipped)
    if not skipped:
        return ()
    first = ", ".join(f"{each.path} ({each.reason})" for each in skipped[:most])
    more = ", …" if len(skipped) > most else ""
    return (f"{len(skipped)} unreadable file{'s' * (len(skipped) > 1)} skipped: {first}{more}",)
