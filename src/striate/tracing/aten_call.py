"""One ATen call, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch._ops import OpOverload

Meaning = tuple[str, dict[str, Any]]


Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One ATen call: its arguments by name and the shapes of its results."""

    func: OpOverload
    named: dict[str, Any]
    outs: tuple[Shape, ...]

    def __getitem__(self, name: str) -> Any:
        return self.named[name]

    def get(self, *names: str) -> Any:
        """The first of these arguments that the call has."""
        return next((self.named[name] for name in names if name in self.named), None)

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor argument."""
        for value in self.named.values():
            if isinstance(value, torch.Tensor):
                return tuple(value.shape)
        return ()


Describe = Callable[[Call], Meaning]
