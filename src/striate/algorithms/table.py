"""What has been chosen for the convolutions of a network: a value that can be kept and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from striate.algorithms.catalogue import ALGORITHMS
from striate.algorithms.geometry import Geometry, Shape, Shift

Number = Literal["fp32", "bf16"]
DTYPES: dict[Number, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Choice:
    """How one operation is computed: a name of `ALGORITHMS`, in a number format."""

    algorithm: str
    number_format: Number


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
        {"convolution": asdict(geometry), "input": list(shape), "algorithms": asdict(choices)}
        for (geometry, shape), choices in table.items()
    ]


def from_json(entries: Sequence[Mapping[str, Any]]) -> Table:
    """The table again. Raises KeyError, TypeError or ValueError for entries that say something else."""
    return {
        (_geometry(entry["convolution"]), _shape(entry["input"])): _choices(entry["algorithms"])
        for entry in entries
    }


def _geometry(values: Mapping[str, Any]) -> Geometry:
    shift = None if values["shift"] is None else Shift(**values["shift"])
    return Geometry(
        channels=int(values["channels"]),
        filters=int(values["filters"]),
        kernel=_shape(values["kernel"]),
        stride=_shape(values["stride"]),
        padding=_shape(values["padding"]),
        dilation=_shape(values["dilation"]),
        groups=int(values["groups"]),
        shift=shift,
    )


def _choices(values: Mapping[str, Any]) -> Choices:
    return Choices(**{name: _choice(**choice) for name, choice in values.items()})


def _choice(algorithm: str, number_format: Number) -> Choice:
    if algorithm not in ALGORITHMS or number_format not in DTYPES:
        raise ValueError(f"no algorithm {algorithm!r} in {number_format!r}")
    return Choice(algorithm, number_format)


def _shape(values: Sequence[int]) -> Shape:
    return tuple(int(value) for value in values)
