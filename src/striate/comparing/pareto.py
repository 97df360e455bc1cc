"""Which of several offers nobody beats: none gives as much for less, or more for as much."""

from collections.abc import Sequence


def front(costs: Sequence[float], gains: Sequence[float]) -> list[bool]:
    """Whether each (cost, gain) is on the Pareto front: no other is at least as good in both, better in one.

    Equal offers stand or fall together.

    >>> front([1, 1, 2, 3], [0.5, 0.9, 0.8, 0.95])
    [False, True, False, True]
    """
    pairs = list(zip(costs, gains, strict=True))
    return [not any(_beats(other, one) for other in pairs) for one in pairs]


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other
