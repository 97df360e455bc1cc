"""How long the way back takes, by the operations of the way there.

Each operation of the way back runs for a node of autograd's graph, and nodes are numbered as they are made:
so the number says which operation of the way there it belongs to.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload

from striate.errors import NetworkError


class BackwardTimes:
    """Seconds of the way back for each operation of the way there."""

    def __init__(self) -> None:
        self.under_way = False
        self.seconds: dict[int, float] = {}
        self.rest = 0.0
        """Of what belongs to none, as adding up gradients that come on several ways."""
        self._ends: list[int] = []  # by operation: the number of the first node that came after it

    def made(self) -> None:
        """One more operation has run, and with it its nodes were made."""
        self._ends.append(torch._C._autograd._get_sequence_nr())

    def run(self, func: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run one operation of the way back, timed."""
        node = torch._C._current_autograd_node()
        started = perf_counter()
        result = func(*args, **kwargs)
        took = perf_counter() - started
        place = len(self._ends) if node is None else bisect_right(self._ends, node._sequence_nr())
        if place < len(self._ends):
            self.seconds[place] = self.seconds.get(place, 0.0) + took
        else:
            self.rest += took
        return result

    def of_all(self) -> tuple[float, ...]:
        """By operation of the way there."""
        return tuple(self.seconds.get(place, 0.0) for place in range(len(self._ends)))


@contextmanager
def _under_way(back: BackwardTimes) -> Iterator[None]:
    back.under_way = True
    try:
        yield
    finally:
        back.under_way = False


def go_back(network: nn.Module, outputs: Sequence[Tensor], back: BackwardTimes) -> None:
    """The backward pass from the sum of all outputs to every parameter that learns.

    Raises:
        NetworkError: nothing learns, or the network has no gradient.
    """
    wanted = [parameter for parameter in network.parameters() if parameter.requires_grad]
    made = [output for output in outputs if output.requires_grad]
    if not wanted:
        raise NetworkError(f"{type(network).__name__} has no parameter that learns, so there is no way back")
    if not made:
        raise NetworkError(
            f"what {type(network).__name__} gives does not hang together with its parameters, so there is no "
            "way back: let forward return tensors that have a gradient"
        )
    with _under_way(back):
        ones = [torch.ones_like(output) for output in made]
        try:
            torch.autograd.grad(made, wanted, ones, allow_unused=True)
        except RuntimeError as error:
            reason = str(error).split(". Hint")[0]
            raise NetworkError(f"{type(network).__name__} has no gradient: {reason}") from error
