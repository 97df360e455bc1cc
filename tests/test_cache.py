"""The folder for what can be made or fetched again."""

from pathlib import Path

import pytest

from striate.cache import cache_folder


@pytest.mark.parametrize(
    ("named", "expected"),
    [("", "~/.cache/striate"), ("~/kept", "~/kept/striate"), ("/kept", "/kept/striate")],
)
def test_the_cache_is_where_the_user_puts_it(
    named: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache_folder() == Path(expected).expanduser()
