"""A table of algorithms as plain values and back."""

import json
from typing import Any

import pytest

from striate.algorithms import ALGORITHMS, Choice, Choices, Geometry
from striate.algorithms.algorithm import Shift
from striate.algorithms.in_network import from_json, to_json
from striate.errors import ArgumentError

SHIFTED = Geometry(16, 8, (1, 1), (1, 1), (0, 0), (1, 1), shift=Shift(8, 2, 2))
CLIPS = Geometry(4, 4, (3, 1, 1), (2, 1, 1), (1, 0, 0), (1, 1, 1), groups=4)
TABLE = {
    (SHIFTED, (16, 16, 7, 7)): Choices(
        Choice("shift folded into products", "bf16"), Choice("plain", "bf16"), Choice("plain", "fp32")
    ),
    (CLIPS, (2, 4, 8, 7, 7)): Choices(*(Choice(name, "fp32") for name in list(ALGORITHMS)[:3])),
}


def test_it_comes_back() -> None:
    assert from_json(json.loads(json.dumps(to_json(TABLE)))) == TABLE
    assert from_json(to_json({})) == {}


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("algorithm", "wino", "unknown algorithm 'wino': known: "),
        (
            "number_format",
            "fp8",
            "algorithms.algorithms.output.number_format must be one of fp32, bf16; got",
        ),
        ("algorithm", None, "algorithms.algorithms.output.algorithm must be a text; got None"),
    ],
)
def test_algorithms_that_are_not_there(where: str, value: Any, said: str) -> None:
    entries = to_json(TABLE)
    entries[0]["algorithms"]["output"][where] = value
    with pytest.raises(ArgumentError) as problem:
        from_json(entries)
    assert str(problem.value).startswith(said)


@pytest.mark.parametrize("lacking", ["convolution", "input", "algorithms"])
def test_entries_that_lack_something(lacking: str) -> None:
    entries = to_json(TABLE)
    del entries[1][lacking]
    with pytest.raises(ArgumentError, match=lacking):
        from_json(entries)
