"""Pictures that were worked out: numbers on a grid, with what they are of."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from striate.derivation.shapes import Array


@dataclass(frozen=True)
class Picture:
    """Tiles of numbers, each (H, W) or, in colour, (3, H, W). `kind` is the key of its texts."""

    kind: str
    tiles: tuple[Array, ...]
    names: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    signed: bool = False
    """Whether 0 lies in the middle of the colours."""
    over_input: bool = False
    """Whether tiles are heat maps to be laid over the pictures in `behind`."""
    behind: tuple[Array, ...] = ()
    marks: tuple[tuple[int, int, int, int] | None, ...] = ()
    """A frame on each tile: top, left, bottom, right, inclusive."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; grids in full."""
        tiles = [np.asarray(one, float).tolist() for one in self.tiles]
        return {"kind": self.kind, "names": list(self.names), **self.facts, "tiles": tiles}
