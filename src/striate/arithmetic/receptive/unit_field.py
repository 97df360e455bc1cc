"""What one unit sees: the cells of the input that its value depends on."""

from collections.abc import Sequence
from dataclasses import dataclass

from striate.arithmetic.receptive.field import Field, extents
from striate.arithmetic.receptive.summary import grid
from striate.errors import ArgumentError
from striate.plain_values import ToJson


@dataclass(frozen=True, slots=True)
class UnitField(ToJson):
    """What one unit sees: first and last position per axis, clipped at the input's border and unclipped."""

    unit: tuple[int, ...]
    axes: tuple[str, ...]
    clipped: tuple[tuple[int, int] | None, ...]
    unclipped: tuple[tuple[int, int] | None, ...]
    status: str

    @property
    def size(self) -> tuple[int, ...]:
        """Positions along each axis, unclipped."""
        return tuple(0 if pair is None else pair[1] - pair[0] + 1 for pair in self.unclipped)


def of_unit(field: Field, names: Sequence[str], unit: Sequence[int] | None = None) -> UnitField:
    """The field of one unit, by its position in the layer's own grid (time first); the middle one if not
    inputs.
    """
    units = grid(field)
    if unit is not None and len(unit) != len(units):
        units = _as_shown(field, units, len(unit))
    lengths = [field.shape[dim] for dim in units]
    chosen = [n // 2 for n in lengths] if unit is None else list(unit)
    if len(chosen) != len(units) or any(
        not 0 <= position < n for position, n in zip(chosen, lengths, strict=True)
    ):
        raise ArgumentError(
            f"unit {'×'.join(map(str, chosen)) or '()'} is not in a layer of "
            f"{'×'.join(map(str, lengths)) or 'one'} "
            f"units: give {len(units)} numbers from 0"
        )
    where: list[int | None] = [None] * len(field.shape)
    for dim, position in zip(units, chosen, strict=True):
        where[dim] = position
    return field_at(field, names, where, chosen)


def _as_shown(field: Field, units: list[int], count: int) -> list[int]:
    """The dimensions that so many numbers are about, where not those along which what is seen moves.

    Behind an average the positions of a map all see alike, and still are its positions.
    """
    spatial = list(range(2, len(field.shape)))
    fits = count == len(spatial) and set(units) <= set(spatial)
    return spatial if fits else list(range(len(field.shape))) if count == len(field.shape) else units


def field_at(
    field: Field, names: Sequence[str], index: Sequence[int | None], unit: Sequence[int]
) -> UnitField:
    """The field of the elements at `index`: a number for each dimension of the output, None for all along it.

    unit: what the result calls them.
    """
    found = extents(field, index)
    return UnitField(
        tuple(unit),
        tuple(names),
        tuple(span and span[:2] for span in found),
        tuple(span and span[2:] for span in found),
        field.status.word,
    )
