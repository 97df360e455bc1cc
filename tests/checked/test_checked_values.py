"""What an annotation accepts, and the form in which the value then comes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from typing_extensions import TypeAliasType

from striate.checked.values import MisfitError, as_annotated
from striate.checked.words import expected

T = TypeVar("T")
ARRAY = TypeAliasType("ARRAY", np.ndarray[Any, T], type_params=(T,))
NAMED = TypeAliasType("NAMED", ARRAY[Any] | str)
"""As `type NAMED = ...` makes them, which is how NumPy declares NDArray since 2.5."""


class Folder:
    """Something that stands for a path, as a run does."""

    def __fspath__(self) -> str:
        return "runs/x"


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (int, np.int64(3), 3),
        (float, 3, 3),
        (float, np.float32(0.5), 0.5),
        (bool, np.True_, True),
        (str | Path, Path("a"), Path("a")),
        (str | Path, "a", "a"),
        (str | Path, Folder(), Path("runs/x")),
        (Path | None, "a", Path("a")),
        (Sequence[str], "tsm", ("tsm",)),
        (Sequence[str], ["2d", "tsm"], ("2d", "tsm")),
        (Sequence[int], np.arange(3), (0, 1, 2)),
        (tuple[int, ...], torch.Size([3, 4]), (3, 4)),
        (tuple[float, float], [0.5, 1], (0.5, 1)),
        (list[str], ("a",), ["a"]),
        (Iterable[str | Path], "a.png", ("a.png",)),
        (Iterable[str | Path], (name for name in ("a", "b")), ("a", "b")),
        (str | Sequence[int] | None, [3, 28, 28], (3, 28, 28)),
        (Literal["auto", "plain"], "auto", "auto"),
        (Mapping[str, Any], {"widths": 3}, {"widths": 3}),
        (Any, "x", "x"),
        (None, None, None),
    ],
)
def test_what_is_plainly_meant(kind: Any, value: object, result: object) -> None:
    found = as_annotated(kind, value)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, True),
        (int, 3.0),
        (int, "3"),
        (int, np.array([3])),
        (int, 2**63),
        (int, -(2**64)),
        (float, float("nan")),
        (float, float("inf")),
        (float, 10**400),
        (float, "0.1"),
        (float, True),
        (bool, "yes"),
        (bool, 1),
        (str, None),
        (str, b"x"),
        (str | Path, b"x"),
        (str | Path, ""),
        (str | Path, "a\0b"),
        (str | Path, "\ud800"),
        (str | Path, "x" * 300),
        (str | Path, ["a"]),
        (Sequence[str], b"ab"),
        (Sequence[str], {"a": 1}),
        (Sequence[str], [1]),
        (Sequence[int], np.zeros((2, 3))),
        (Sequence[int], np.array(3)),
        (Sequence[int], [1.5]),
        (tuple[float, float], (1.0,)),
        (tuple[float, float], 1.0),
        (Literal["auto", "plain"], "fast"),
        (Literal["auto", "plain"], ["auto"]),
        (Literal[1, 3], True),
        (Mapping[str, Tensor], {"a": 1}),
        (Mapping[str, Any], {1: 1}),
        (Mapping[str, Any], [("a", 1)]),
        (nn.Module, nn.ReLU),
        (nn.Module, "resnet18"),
        (Callable[[int], None], 3),
    ],
)
def test_what_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(MisfitError):
        as_annotated(kind, value)


def test_things_that_are_rows_by_accident_are_things() -> None:
    tensor, stack = torch.zeros(3), nn.Sequential(nn.ReLU())
    assert as_annotated(Tensor, tensor) is tensor
    assert as_annotated(nn.Module, stack) is stack


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_number_that_a_machine_holds(number: int) -> None:
    assert as_annotated(int, number) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number(number: float) -> None:
    assert as_annotated(float, number) == number


def test_a_module_is_called_as_it_is_imported() -> None:
    assert expected(nn.Module | None) == "a torch.nn.Module or None"


def test_an_alias_that_carries_a_name_is_what_it_stands_for() -> None:
    array = np.zeros(3)
    assert as_annotated(ARRAY[np.float64], array) is array
    assert as_annotated(NAMED, array) is array
    assert as_annotated(NAMED | None, "a") == "a"
    assert expected(NAMED | None) == "a numpy.ndarray, a string or None" == expected(np.ndarray | str | None)
    with pytest.raises(MisfitError):
        as_annotated(NAMED, 3)
