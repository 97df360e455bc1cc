"""What has been chosen for the convolutions of a network: a value that can be kept and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from striate.algorithms.catalogue import ALGORITHMS
from striate.algorithms.geometry import Geometry, Shape
from striate.errors import ArgumentError, unknown
from striate.plain_values import from_plain, to_plain

Number = Literal["fp32", "bf16"]
DTYPES: dict[Number, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Choice:
    """How one operation is computed: a name of `ALGORITHMS`, in a number format."""

    algorithm: str
    """A name of `ALGORITHMS`."""
    number_format: Number
    """What it computes in."""


@dataclass(frozen=True)
class Choices:
    """How the three operations of a layer are computed."""

    output: Choice
    input_gradient: Choice
    weight_gradient: Choice

    @property
    def plain(self) -> bool:
        """Whether PyTorch's one call does all of it."""
        every = (self.output, self.input_gradient, self.weight_gradient)
        return (
            all(choice.algorithm == "plain" for choice in every)
            and len({c.number_format for c in every}) == 1
        )


Key = tuple[Geometry, Shape]
Table = Mapping[Key, Choices]
"""By a layer's geometry and the shape of its input, batch included."""


def to_json(table: Table) -> list[dict[str, Any]]:
    """Plain values, one entry a convolution."""
    return [
        {"convolution": to_plain(geometry), "input": list(shape), "algorithms": to_plain(choices)}
        for (geometry, shape), choices in table.items()
    ]


def from_json(entries: Sequence[Mapping[str, Any]]) -> Table:
    """The table again.

    Raises:
        ArgumentError: an entry says something else, or names an algorithm that there is none of.
    """
    read = [from_plain(_Entry, entry, "algorithms") for entry in entries]
    return {(entry.convolution, entry.input): entry.algorithms for entry in read}


@dataclass(frozen=True)
class _Entry:
    """One convolution of a table, as it is written."""

    convolution: Geometry
    input: Shape
    algorithms: Choices

    def __post_init__(self) -> None:
        chosen = self.algorithms
        for choice in (chosen.output, chosen.input_gradient, chosen.weight_gradient):
            if choice.algorithm not in ALGORITHMS:
                raise ArgumentError(unknown("algorithm", choice.algorithm, list(ALGORITHMS)))
