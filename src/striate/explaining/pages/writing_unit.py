"""One number of a layer as paragraphs, formulas and tables."""

from collections.abc import Iterator

import numpy as np

from striate.derivation.shapes import Array
from striate.explaining.layers.details import Detail, Moved, Normal, Point, Products, Shift, Window
from striate.explaining.layers.unit import Unit
from striate.explaining.pages.drawing import Drawn
from striate.explaining.pictures.picture import Picture
from striate.explaining.texts.catalogue import Texts
from striate.numbers import by, number
from striate.pages import Block, Figure, Formula, Grid, Paragraph, Table
from striate.pages.document import planes_of
from striate.pages.maths import Maths, over, root, row, sub, sum_of, total

CHANNELS = 16
"""Channels whose products are shown one by one: those that count most."""
INPUTS = 12
"""Inputs of a fully connected layer that are named."""


def unit_title(unit: Unit, say: Texts) -> str:
    """What is worked out."""
    return say(
        "unit.title", layer=unit.layer, index=",".join(map(str, unit.index)), kind=say(f"kind.{unit.kind}")
    )


def unit_blocks(unit: Unit, say: Texts, picture: Picture | None) -> Iterator[Block]:
    """The number, what follows it, and where it looks."""
    yield Paragraph(say(f"kind.{unit.kind}.text"))
    yield from _detail(unit, unit.detail, say)
    yield _checked(unit, say)
    for after in unit.after:
        yield Paragraph(say("unit.after", layer=after.layer, kind=say(f"kind.{after.kind}")))
        yield from _detail(after, after.detail, say)
    yield from _seen(unit, say, picture)


def _checked(unit: Unit, say: Texts) -> Paragraph:
    return Paragraph(
        say("unit.checked", value=number(unit.value, 7), difference=f"{unit.check.difference:.1e}")
    )


def _detail(unit: Unit, detail: Detail, say: Texts) -> Iterator[Block]:
    if isinstance(detail, Products):
        yield from (
            _weighted(unit, detail, say) if unit.kind == "fully_connected" else _products(unit, detail, say)
        )
    elif isinstance(detail, Window):
        yield from _window(unit, detail, say)
    elif isinstance(detail, Normal):
        yield from _normal(unit, detail, say)
    elif isinstance(detail, Shift):
        yield from _shift(detail, say)
    elif isinstance(detail, Moved):
        yield Paragraph(
            say("unit.moved", source=",".join(map(str, detail.source)), value=number(detail.value, 6))
        )
    elif isinstance(detail, Point):
        yield Formula(
            row(
                place(unit),
                "=",
                say(f"kind.{unit.kind}.function"),
                "(",
                detail.input,
                ")",
                "=",
                number(detail.value, 6),
            )
        )


def place(unit: Unit) -> Maths:
    """y with its index."""
    return sub("y", *map(str, unit.index))


def _products(unit: Unit, detail: Products, say: Texts) -> Iterator[Block]:
    yield Formula(
        row(place(unit), "=", "b", "+", total("c,u", row(sub("w", "c", "u"), "·", sub("x", "c", "u"))))
    )
    yield Paragraph(say("unit.geometry", **_geometry(detail)))
    order = np.argsort(-np.abs(detail.channel_sums), kind="stable")[:CHANNELS]
    for channel in sorted(order.tolist()):
        yield from _channel(detail, channel, say)
    rest = len(detail.channel_sums) - len(order)
    if rest > 0:
        others = float(detail.channel_sums.sum() - detail.channel_sums[order].sum())
        yield Paragraph(say("unit.rest", count=rest, sum=number(others, 6)))
    if len(detail.channel_sums) > 1:
        rows = tuple(
            (str(detail.channels[c]), number(float(s), 6)) for c, s in enumerate(detail.channel_sums)
        )
        yield Table.of_rows(say("unit.sums"), say.heads("channel", "sum"), rows)
    yield Formula(_result(unit, detail))


def _geometry(detail: Products) -> dict[str, str]:
    told = {name: by(detail.geometry[name]) for name in ("kernel", "stride", "dilation")}
    pads = "×".join(str(a) if a == b else f"{a}/{b}" for a, b in detail.geometry["padding"])
    return {
        **told,
        "padding": pads,
        "groups": detail.geometry["groups"],
        "channels": str(len(detail.channels)),
    }


def _channel(detail: Products, channel: int, say: Texts) -> Iterator[Block]:
    """Patch · kernel = products, one grid per frame of the kernel."""
    name, outside = detail.channels[channel], int(detail.padding.sum())
    groups = planes_of(detail.patch[channel], detail.kernel[channel], detail.products[channel])
    names = (say("grid.patch"), say("grid.kernel"), say("grid.products"))
    for frame, matrices in enumerate(groups):
        key = "unit.channel_frame" if len(groups) > 1 else "unit.channel"
        caption = say(key, channel=name, sum=number(float(detail.channel_sums[channel]), 6), frame=frame)
        yield Grid(caption, names, matrices, ("×", "="))
    if outside:
        yield Paragraph(say("unit.outside", count=outside))


def _result(unit: Unit, detail: Products) -> Maths:
    """b + the sums of the channels = y."""
    sums = [float(one) for one in detail.channel_sums]
    return row(place(unit), "=", sum_of([detail.bias, *sums], 10), "=", number(detail.value, 6))


def _weighted(unit: Unit, detail: Products, say: Texts) -> Iterator[Block]:
    """The inputs that count most, by weight times input."""
    yield Formula(
        row(
            place(unit),
            "=",
            "b",
            "+",
            total("i", row(sub("W", str(unit.index[-1]), "i"), "·", sub("x", "i"))),
        )
    )
    order = np.argsort(-np.abs(detail.products), kind="stable")[:INPUTS]
    columns = (detail.patch, detail.kernel, detail.products)
    rows = tuple((str(i), *(number(float(one[i]), 5) for one in columns)) for i in order.tolist())
    yield Table.of_rows(
        say("unit.inputs", count=detail.products.size), say.heads("input", "value", "weight", "product"), rows
    )
    shown = float(detail.products[order].sum())
    rest = float(detail.products.sum()) - shown
    parts = [detail.bias, shown, rest] if detail.products.size > len(order) else [detail.bias, shown]
    yield Formula(row(place(unit), "=", sum_of(parts), "=", number(detail.value, 6)))
    yield Paragraph(say("unit.parts"))


def _window(unit: Unit, detail: Window, say: Texts) -> Iterator[Block]:
    marked = _winner_place(detail)
    for frame, matrices in enumerate(planes_of(detail.values)):
        caption = say("unit.window_frame" if detail.values.ndim == 3 else "unit.window", frame=frame)
        yield Grid(caption, (say("grid.window"),), matrices, (), marked if detail.values.ndim < 3 else None)
    if detail.winner is not None:
        yield Formula(row(place(unit), "=", "max", "=", number(detail.value, 6)))
        yield Paragraph(say("unit.winner", cell=",".join(map(str, detail.winner))))
        return
    assert detail.divisor is not None
    inside = [float(one) for one in detail.values.ravel() if np.isfinite(one)]
    mean = over(sum_of(inside, 9), detail.divisor)
    yield Formula(row(place(unit), "=", mean, "=", number(detail.value, 6)))


def _winner_place(detail: Window) -> tuple[int, int] | None:
    """The winner's row and column in the window."""
    if detail.winner is None:
        return None
    found: Array = np.argwhere(np.all(np.moveaxis(detail.cells, 0, -1) == detail.winner, axis=-1))
    at = found[0].tolist()
    return (at[-2], at[-1]) if len(at) > 1 else (0, at[-1])


def _normal(unit: Unit, detail: Normal, say: Texts) -> Iterator[Block]:
    scaled = over(row("x", "−", "μ"), root(row("v", "+", "ε")))
    yield Formula(row("y", "=", "γ", "·", scaled, "+", "β"))
    below = root(row(detail.variance, "+", detail.epsilon))
    top = row(detail.input, "−", f"({number(detail.mean)})" if detail.mean < 0 else detail.mean)
    shift: list[Maths | str | float] = ["+" if detail.bias >= 0 else "−", abs(detail.bias)]
    yield Formula(
        row(place(unit), "=", detail.weight, "·", over(top, below), *shift, "=", number(detail.value, 6))
    )
    yield Paragraph(say("unit.normal_batch" if detail.of_batch else "unit.normal_kept"))


def _shift(detail: Shift, say: Texts) -> Iterator[Block]:
    came = detail.came_from
    key = "unit.shift_zero" if came < 0 else "unit.shift_same" if came == detail.frame else "unit.shift_from"
    yield Paragraph(
        say(key, channel=detail.channel, frame=detail.frame, source=came, value=number(detail.value, 6))
    )
    source = detail.source_frames
    starts = [c for c in range(len(source)) if c == 0 or not np.array_equal(source[c], source[c - 1])]
    ends = [*(start - 1 for start in starts[1:]), len(source) - 1]
    rows = tuple(
        (f"{a}–{b}", *("0" if one < 0 else str(int(one)) for one in source[a]))
        for a, b in zip(starts, ends, strict=True)
    )
    frames = tuple(str(t) for t in range(source.shape[1]))
    yield Table.of_rows(say("unit.shift_table"), (*say.heads("channels"), *frames), rows)


def _seen(unit: Unit, say: Texts, picture: Picture | None) -> Iterator[Block]:
    """Where in the input the number looks."""
    if unit.seen is None:
        return
    spans = ", ".join(
        f"{axis} –" if pair is None else f"{axis} {pair[0]}–{pair[1]}"
        for axis, pair in zip(unit.seen.axes, unit.seen.inside, strict=True)
    )
    size = by(unit.seen.size)
    text = say("unit.seen", spans=spans, size=size)
    yield Paragraph(text)
    if picture is not None:
        yield Figure(say("unit.seen_picture"), text, Drawn(picture))
