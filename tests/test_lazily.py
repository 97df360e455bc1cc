"""Names of packages that are imported when they are first used."""

from pathlib import Path

import pytest

import striate
from striate.lazily import homes_in, imported

PACKAGE = '''"""A package."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from math import floor as floor, tau as tau
    from os.path import join as join
'''


def test_names_are_those_that_type_checkers_read(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    homes = homes_in(str(tmp_path / "__init__.py"))
    assert homes == {"floor": "math", "tau": "math", "join": "os.path"}
    assert imported("floor", homes, "package")(2.5) == 2


def test_a_name_that_is_none_says_what_may_be_meant() -> None:
    for asked, hint in (("trian", ": did you mean 'train'?"), ("Q", "")):
        with pytest.raises(AttributeError) as caught:
            getattr(striate, asked)
        assert str(caught.value) == f"module 'striate' has no attribute {asked!r}{hint}"


def test_every_name_is_there() -> None:
    assert all(getattr(striate, name) is not None for name in dir(striate))
