"""What has happened in the lab, for pages that listen."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 4000
"""Events that a page may still ask for."""


@dataclass
class News:
    """Events, each under a number that grows."""

    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    count: int = 0

    def tell(self, kind: str, **facts: Any) -> None:
        """Adds an event."""
        self.count += 1
        self.events.append({"number": self.count, "kind": kind, **facts})

    def after(self, number: int) -> list[dict[str, Any]]:
        """Those that came after the one with this number."""
        return [one for one in list(self.events) if one["number"] > number]
