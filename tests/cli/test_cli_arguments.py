"""Options of a network on the command line."""

from typing import Any

import pytest

from striate.cli.arguments import options
from striate.errors import ArgumentError


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([], {}),
        (["widths=32,64", "dropout=0.2"], {"widths": (32, 64), "dropout": 0.2}),
        (["hidden=()", "widths=16,"], {"hidden": (), "widths": (16,)}),
        (["norm=True", "name=basic", "path=a=b"], {"norm": True, "name": "basic", "path": "a=b"}),
    ],
)
def test_values(pairs: list[str], found: dict[str, Any]) -> None:
    assert options(pairs) == found


@pytest.mark.parametrize("pair", ["widths", "=3", "a b=3", "__import__('os')=1"])
def test_what_is_no_pair(pair: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        options([pair])
    assert (
        str(caught.value) == f"--options takes NAME=VALUE; got {pair!r}: for example --options widths=32,64"
    )


def test_values_are_read_not_run() -> None:
    assert options(["x=__import__('os').getcwd()"]) == {"x": "__import__('os').getcwd()"}
