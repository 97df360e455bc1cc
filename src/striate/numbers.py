"""How a number is written, everywhere: one function a kind of number, so that one number has one text.

It knows nothing of what is counted. An unknown number is a dash.
"""

from collections.abc import Iterable

DASH = "–"


def by(lengths: Iterable[object], sign: str = "×") -> str:
    """Lengths along several axes.

    >>> by((64, 112, 112))
    '64×112×112'
    """
    return sign.join(str(length) for length in lengths)


def count(value: int | None) -> str:
    """A number of things in full.

    >>> count(11689512)
    '11,689,512'
    """
    return DASH if value is None else f"{value:,}"


def counted(value: int, thing: str) -> str:
    """A number of things with their name, which gets an s unless there is one.

    >>> counted(1, "clip"), counted(1200, "clip")
    ('1 clip', '1,200 clips')
    """
    return f"{value:,} {thing}{'s' * (value != 1)}"


def scaled(value: float | None, units: tuple[str, ...] = ("", "k", "M", "G", "T"), base: int = 1000) -> str:
    """A large number in four digits and a unit; below the first unit in full.

    >>> scaled(1814073344), scaled(225792), scaled(640)
    ('1.814 G', '225.8 k', '640')
    """
    if value is None:
        return DASH
    size, power = float(value), 0
    while float(f"{abs(size):.4g}") >= base and power < len(units) - 1:
        size, power = size / base, power + 1
    return f"{size:.4g} {units[power]}" if power else f"{value:,.0f} {units[0]}".rstrip()


def bytes_of(value: float | None) -> str:
    """Bytes in binary units.

    >>> bytes_of(100352), bytes_of(40)
    ('98 KiB', '40 B')
    """
    return scaled(value, ("B", "KiB", "MiB", "GiB", "TiB"), 1024)


def seconds(value: float | None) -> str:
    """A duration, in the unit that suits it.

    >>> seconds(0.00042), seconds(0.0123), seconds(7.5), seconds(1234.5)
    ('420 µs', '12.3 ms', '7.50 s', '1,234 s')
    """
    if value is None:
        return DASH
    if value < 1e-3:
        return f"{value * 1e6:.0f} µs"
    if value < 1:
        return f"{value * 1e3:.1f} ms"
    return f"{value:.2f} s" if value < 100 else f"{value:,.0f} s"


def percent(share: float | None, digits: int = 2) -> str:
    """A fraction as a percentage.

    >>> percent(0.9731), percent(0.5, 1)
    ('97.31 %', '50.0 %')
    """
    return DASH if share is None else f"{100 * share:.{digits}f} %"


def times(ratio: float | None) -> str:
    """How many times as much, in three digits.

    >>> times(0.29983), times(1.5), times(1200)
    ('×0.3', '×1.5', '×1,200')
    """
    if ratio is None:
        return DASH
    return f"×{ratio:,.0f}" if ratio >= 100 else f"×{ratio:.3g}"


def three_digits(value: float | None) -> str:
    """A measured number of which three digits are worth reading; never as a power of ten.

    >>> three_digits(1234.5), three_digits(12.345), three_digits(0.1234)
    ('1,234', '12.3', '0.123')
    """
    if value is None:
        return DASH
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.{2 - (abs(value) >= 9.995)}f}"


def number(value: float, digits: int = 4) -> str:
    """A number to calculate with: so many significant digits, a true minus sign.

    >>> number(-0.012345), number(2.0), number(0)
    ('−0.01235', '2', '0')
    """
    return f"{value + 0.0:.{digits}g}".replace("-", "−")  # −0 is 0
