"""A table of forms as plain values and back."""

import json
from typing import Any

import pytest

from striate.forms import FORMS, Choice, Choices, Geometry
from striate.forms.geometry import Shift
from striate.forms.table import from_json, to_json

SHIFTED = Geometry(16, 8, (1, 1), (1, 1), (0, 0), (1, 1), shift=Shift(8, 2, 2))
CLIPS = Geometry(4, 4, (3, 1, 1), (2, 1, 1), (1, 0, 0), (1, 1, 1), groups=4)
TABLE = {
    (SHIFTED, (16, 16, 7, 7)): Choices(
        Choice("shift folded into products", "bf16"), Choice("plain", "bf16"), Choice("plain", "fp32")
    ),
    (CLIPS, (2, 4, 8, 7, 7)): Choices(*(Choice(name, "fp32") for name in list(FORMS)[:3])),
}


def test_it_comes_back() -> None:
    assert from_json(json.loads(json.dumps(to_json(TABLE)))) == TABLE
    assert from_json(to_json({})) == {}


@pytest.mark.parametrize(
    ("where", "value"),
    [("form", "none"), ("number_format", "fp8"), ("form", None)],
)
def test_forms_that_are_not_there(where: str, value: Any) -> None:
    entries = to_json(TABLE)
    entries[0]["forms"]["output"][where] = value
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json(entries)
