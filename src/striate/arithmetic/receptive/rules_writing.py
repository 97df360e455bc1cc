"""Writing into a view: what was written is put back into the tensor that the view shows.

Temporal shift by slice assignment is written so.
"""

from collections.abc import Callable
from dataclasses import dataclass

from striate.arithmetic.receptive import joining, reshaping
from striate.arithmetic.receptive.field import Field, Reading, Shape, each, nothing, worst
from striate.arithmetic.receptive.rules_moving import pieces


@dataclass(frozen=True)
class Write:
    """What is written to a view of a tensor; None sees nothing."""

    view: Reading
    """The operation that made the view."""
    whole: Field | None
    """What the tensor behind it saw before."""
    part: Field | None
    """What was written to the view."""
    index: int
    """Which of the outputs of that operation the view is."""
    zeros: bool
    """Whether what sees nothing there holds zeros."""

    @property
    def shape(self) -> Shape:
        """Of the tensor behind the view."""
        return self.view.infos[0].shape

    def put(self, part: Field | None, positions: range) -> Field | None:
        """The tensor with `part` at some positions along the dimension of the view."""
        known = [field for field in (self.whole, part) if field is not None]
        if not known:
            return None
        axes = []
        for number in range(len(known[0].axes)):
            old, new = (None if field is None else field.axes[number] for field in (self.whole, part))
            dim = self.view.geometry["dim"]
            axis = joining.overwrite(old, new, self.shape, dim, positions, self.zeros)
            assert axis is not None
            axes.append(axis)
        sure = worst(known)
        return Field(self.shape, tuple(axes), sure.status, sure.reason, sure.masked)


def _cut(write: Write) -> Field | None:
    return write.put(write.part, write.view.geometry["positions"])


def _split(write: Write) -> Field | None:
    return write.put(write.part, pieces(write.view)[write.index])


def _select(write: Write) -> Field | None:
    dim = write.view.geometry["dim"]
    position = write.view.geometry.get("index", write.index)
    shape = (*write.shape[:dim], 1, *write.shape[dim + 1 :])
    part = write.part and each(write.part, shape, lambda axis: reshaping.insert(axis, dim))
    return write.put(part, range(position, position + 1))


def _reshape(write: Write) -> Field | None:
    part, shape = write.part, write.shape
    if part is None:
        return write.whole and nothing(write.whole, shape)
    return each(part, shape, lambda axis: reshaping.reshape(axis, part.shape, shape))


def _permute(write: Write) -> Field | None:
    order = write.view.geometry["order"]
    back = sorted(range(len(order)), key=order.__getitem__)
    return write.part and each(write.part, write.shape, lambda axis: reshaping.permute(axis, back))


def _moved(write: Write) -> Field | None:
    known = [field for field in (write.whole, write.part) if field is not None]
    if not known:
        return None
    parts = [field or nothing(known[0], info) for field, info in (
        (write.whole, write.shape), (write.part, write.view.out)
    )]  # fmt: skip
    sources = write.view.geometry["sources"]
    axes = tuple(
        reshaping.put_back(old, new, write.shape, sources)
        for old, new in zip(*(part.axes for part in parts), strict=True)
    )
    sure = worst(known)
    return Field(write.shape, axes, sure.status, sure.reason, sure.masked)


UNDO: dict[str, Callable[[Write], Field | None]] = {
    "cut": _cut,
    "split": _split,
    "select": _select,
    "unbind": _select,
    "reshape": _reshape,
    "unsqueeze": _reshape,
    "squeeze": _reshape,
    "alias": _reshape,
    "permute": _permute,
    "moved": _moved,
}
