"""How numbers are written in tables."""

from striate.arithmetic.receptive.summary import ReceptiveField
from striate.arithmetic.status import Figure, Status
from striate.inspecting.layers import Layer

MARKS = {Status.EXACT: "", Status.BOUND: "≤ ", Status.UNKNOWN: "? "}


def by(lengths: tuple[object, ...] | list[object], sign: str = "×") -> str:
    """Lengths as one writes them.

    >>> by((64, 112, 112))
    '64×112×112'
    """
    return sign.join(str(length) for length in lengths)


def count(value: float | None) -> str:
    """A number of things, in full up to a million."""
    if value is None:
        return "unknown"
    return f"{value:,}" if value < 1e6 else scaled(value)


def scaled(value: float, units: tuple[str, ...] = ("", " k", " M", " G", " T"), base: float = 1000) -> str:
    """A large number with its unit.

    >>> scaled(1814073344)
    '1.814 G'
    """
    size, place = float(value), 0
    while abs(size) >= base and place < len(units) - 1:
        size, place = size / base, place + 1
    return f"{size:.4g}{units[place]}" if place else f"{value:,.0f}"


def bytes_of(value: float) -> str:
    """Bytes in binary units."""
    return scaled(value, (" B", " KiB", " MiB", " GiB", " TiB"), 1024) if value >= 1024 else f"{value:.0f} B"


def figure(value: Figure) -> str:
    """A figure with its status: ≤ before a bound; of a partial sum, what is known and what is missing."""
    if value.status is Status.UNKNOWN:
        known = f"{scaled(value.value)} + " if value.value else ""
        return f"{known}unknown ({value.reason})"
    return MARKS[value.status] + scaled(value.value)


def seen(field: ReceptiveField | None) -> str:
    """The size of a receptive field; ≤ before a bound."""
    if field is None:
        return "none"
    if field.status == "unknown":
        return f"unknown ({field.because})"
    return ("≤ " if field.status == "bound" else "") + by(field.size)


def clipped(field: ReceptiveField | None) -> str:
    """The part of a receptive field that lies in the input, where that is less."""
    return "" if field is None or field.clipped_size == field.size else by(field.clipped_size)


def jumps(field: ReceptiveField | None) -> str:
    """The distance between the fields of neighbouring units."""
    return "" if field is None else by(tuple("–" if jump is None else f"{jump:g}" for jump in field.jump))


def kernels(layer: Layer) -> str:
    """Filters and the kernels they hold."""
    return "" if layer.filters is None else f"{layer.filters:,} · {layer.kernels:,}"


def seconds(value: float | None) -> str:
    """A time with its unit."""
    if value is None:
        return ""
    return (
        f"{value * 1e6:.0f} µs"
        if value < 1e-3
        else f"{value * 1e3:.1f} ms"
        if value < 1
        else f"{value:.2f} s"
    )
