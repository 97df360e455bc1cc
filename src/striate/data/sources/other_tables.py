"""Tables that look like a list of files with a class each and are none: refused, each by its name."""

import re
from collections.abc import Collection, Mapping, Sequence

AVA = (
    "it is a list of the kind of AVA, whose labels are of persons in boxes at a second, and a clip has one "
    "label: write path,start,end,label for the clips that you mean"
)


COCO = (
    "it is of COCO's form, whose labels are of objects in a picture, and a picture has one class here: write "
    "image,label"
)
_BOXES = frozenset(["x1", "y1", "x2", "y2", "xmin", "ymin", "xmax", "ymax", "bbox", "box"])
MULTI_LABEL = (
    "which is multi-label, and an image or clip has one class here: write path,label with the class that you "
    "mean"
)


def refuse_boxes(columns: Collection[str]) -> None:
    """Raises ValueError where labels are of boxes."""
    if not _BOXES.isdisjoint(columns):
        raise ValueError(AVA)


def refuse_pixels(names: Sequence[str]) -> None:
    """Raises ValueError where a row is a picture itself."""
    held = [name for name in names if re.fullmatch(r"pixels|pixel_?\d+|\d+x\d+", name.strip().lower())]
    if len(held) > 8 or "pixels" in (name.strip().lower() for name in held):
        raise ValueError(
            f"its column {held[0]!r} holds pixels, and a list names files: keep the pixels in a .npz, as "
            "images and labels"
        )


def refuse_several(
    names: Sequence[str], columns: Mapping[str, int], table: Sequence[Sequence[str]], known: str | None
) -> None:
    """Raises ValueError where there is a column for each class, or a cell names several classes.

    Args:
        names: of the columns as they are written.
        columns: their plain names → their numbers.
        table: the rows below.
        known: the column of the classes, if there is one.
    """
    if known is None:
        flags = [
            names[number].strip()
            for number in columns.values()
            if all(cells[number].strip() in _FLAGS for cells in table)
        ]
        if len(flags) > 1:
            raise ValueError(f"it has a column for each class ({', '.join(flags[:4])}), {MULTI_LABEL}")
    elif known == "labels":
        cells = [row[columns[known]].strip() for row in table]
        several = next((cell for cell in cells if re.search(r"[|;,]|\S \S", cell)), None)
        if several is not None:
            raise ValueError(f"its column labels holds several in one cell, as {several!r}, {MULTI_LABEL}")


_FLAGS = ("0", "1", "0.0", "1.0", "True", "False", "true", "false")
