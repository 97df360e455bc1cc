"""How numbers are written: the examples of the docstrings, the edges between units, and unknown ones."""

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate import numbers
from striate.numbers import (
    DASH,
    bytes_of,
    count,
    counted,
    number,
    percent,
    scaled,
    seconds,
    three_digits,
    times,
)


def test_the_examples() -> None:
    result = doctest.testmod(numbers)
    assert result.attempted >= 10
    assert not result.failed


@pytest.mark.parametrize("write", [count, scaled, bytes_of, seconds, percent, times, three_digits])
def test_what_is_not_known_is_a_dash(write: object) -> None:
    assert write(None) == DASH  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1 k"), (999_940, "999.9 k"), (999_960, "1 M"), (1_500_000, "1.5 M"),
     (12_345_678, "12.35 M"), (1e15, "1000 T")],
)  # fmt: skip
def test_large_numbers_change_their_unit_before_they_need_a_fifth_digit(value: float, text: str) -> None:
    assert scaled(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (2**20 - 1, "1 MiB"), (2**20, "1 MiB"),
     (3 * 2**30, "3 GiB")],
)  # fmt: skip
def test_bytes(value: int, text: str) -> None:
    assert bytes_of(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 µs"), (0.0009, "900 µs"), (0.001, "1.0 ms"), (0.5, "500.0 ms"), (1, "1.00 s"),
     (99.5, "99.50 s"),
     (3600, "3,600 s")],
)  # fmt: skip
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


@given(st.floats(min_value=1e-3, max_value=1e12, allow_nan=False))
def test_a_scaled_number_is_its_number_to_four_digits(value: float) -> None:
    figure, _, unit = scaled(value).partition(" ")
    power = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit]
    read = float(figure.replace(",", "")) * power
    assert abs(read - value) <= max(0.5, 5.0001e-4 * value)


@given(st.floats(min_value=1e-4, max_value=1e9, allow_nan=False))
def test_three_digits_are_never_a_power_of_ten(value: float) -> None:
    text = three_digits(value)
    assert re.fullmatch(r"[\d,]+(\.\d+)?", text)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.006)


@given(st.floats(min_value=-1e6, max_value=1e6, allow_nan=False))
def test_numbers_to_calculate_with_keep_their_value(value: float) -> None:
    text = number(value, 7)
    assert "-" not in text.replace("e-", "")
    assert float(text.replace("−", "-")) == pytest.approx(value, rel=1e-6, abs=1e-30)


def test_things_are_named_in_the_singular_and_the_plural() -> None:
    assert [counted(n, "layer") for n in (0, 1, 2)] == ["0 layers", "1 layer", "2 layers"]
