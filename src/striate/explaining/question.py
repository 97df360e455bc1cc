"""What is asked about a layer, and how it is read from what was typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from striate.errors import ArgumentError
from striate.explaining.pictures import Show

OF_A_CLASS: tuple[Show, ...] = ("grad-cam", "integrated-gradients", "occlusion")
"""Pictures that ask about a class."""


@dataclass(frozen=True)
class Question:
    """What the user asked about a layer."""

    layer: str | None
    filter: int | None
    at: tuple[int, ...] | None
    weight: tuple[int, ...] | None
    parameter: str
    """Which parameter of the layer `weight` is an index of."""
    delta: bool
    through: bool
    show: tuple[Show, ...]
    target: str | int | None
    learning_rate: float | None = None
    sample: int = 0
    """Which row of the layer's batch `at` is of; a frame, where frames are folded into the batch."""

    def __post_init__(self) -> None:
        of_a_layer = (self.filter, self.at, self.weight, self.delta or None, self.through or None)
        if self.layer is None and any(asked is not None for asked in of_a_layer):
            raise ArgumentError(
                "a filter, a position, a weight or the way through is of a layer: give --layer too"
            )
        if self.target is not None and not {*OF_A_CLASS} & {*self.show}:
            raise ArgumentError(
                "--target is the class that some pictures ask about: give --show with "
                f"{' or '.join(OF_A_CLASS)} too, or leave --target out"
            )
        if self.learning_rate is not None and self.weight is None and "update" not in self.show:
            raise ArgumentError(
                "--learning-rate is of an update: give --weight, or --show update, too, or leave "
                "--learning-rate out"
            )

    @property
    def chosen_filter(self) -> int | None:
        """The filter that was asked for, by itself or by a weight of it."""
        of_a_filter = self.weight is not None and self.parameter in ("weight", "bias")
        return self.weight[0] if self.filter is None and of_a_filter and self.weight else self.filter

    @property
    def needs_gradients(self) -> bool:
        """Whether gradients of the loss are needed."""
        return self.weight is not None or self.delta or self.needs_all_gradients

    @property
    def needs_all_gradients(self) -> bool:
        """Whether gradients of every layer are needed, not only of the one that is asked about."""
        return self.through or "update" in self.show


def parameter_index(weight: Sequence[int] | str | None) -> tuple[str, tuple[int, ...] | None]:
    """The parameter's name, and the index in it.

    >>> parameter_index("bias:3"), parameter_index("4,2,1,1")
    (('bias', (3,)), ('weight', (4, 2, 1, 1)))
    """
    if not isinstance(weight, str):
        return "weight", _numbers(weight)
    name, _, index = weight.rpartition(":")
    numbers = _read(index)
    if numbers is None:
        raise ArgumentError(
            "weight takes whole numbers with commas between, after a parameter's name if it is not the "
            f"weight, as in 4,2,1,1 or bias:3; got {weight!r}"
        )
    return name or "weight", numbers


def position(at: Sequence[int] | str | None) -> tuple[int, ...] | None:
    numbers = _read(at) if isinstance(at, str) else _numbers(at)
    if numbers is None and at is not None:
        raise ArgumentError(f"at takes whole numbers with commas between, as in 4,4; got {at!r}")
    return numbers


def _numbers(index: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if index is None else tuple(int(number) for number in index)


def _read(text: str) -> tuple[int, ...] | None:
    """`4,2,1,1` as numbers; None for what is none."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        return None
