"""Sentences that all rooms share: the examples of the docstrings, unknown names among few and among many."""

import doctest
import re

from hypothesis import given
from hypothesis import strategies as st

from striate import errors
from striate.errors import unknown

LAYERS = [
    f"backbone.layer{stage}.{block}.conv{n}" for stage in range(1, 5) for block in range(6) for n in (1, 2)
]


def test_the_examples() -> None:
    result = doctest.testmod(errors)
    assert (result.attempted, result.failed) == (4, 0)


def test_of_many_names_those_most_like_it_are_told() -> None:
    assert unknown("layer", "layer2.3.conv1", LAYERS) == (
        "unknown layer 'layer2.3.conv1': did you mean 'backbone.layer2.3.conv1'? Known: "
        "backbone.layer2.1.conv1, backbone.layer2.2.conv1, backbone.layer2.3.conv1, backbone.layer2.3.conv2, "
        "backbone.layer2.4.conv1, backbone.layer2.5.conv1, "
        "backbone.layer3.3.conv1, backbone.layer4.3.conv1 … (+40)"
    )
    assert unknown("class", "?", map(str, range(1000))) == (
        "unknown class '?': known: 0, 1, 10, 100, 101, 102, 103, 104 … (+992)"
    )


@given(st.lists(st.from_regex(r"\A[a-z.]{1,9}\Z"), unique=True, max_size=90), st.text(max_size=9))
def test_every_known_name_is_told_or_counted(names: list[str], came: str) -> None:
    listed = re.search(r"[kK]nown: (.*?)(?: … \(\+(\d+)\))?$", unknown("name", came, names))
    assert listed is not None
    told = listed[1].split(", ")
    if names:
        assert {*told} <= {*names}
        assert len(told) + int(listed[2] or 0) == len(names)
    else:
        assert told == ["none"]
