"""What is refused, in the reader's language: whoever raises an error does so in English alone.

The sentences stand in one file a language, which is read where they are asked for.
"""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from itertools import chain
from pathlib import Path
from typing import ParamSpec, TypeVar

from striate.errors import StriateError
from striate.pages.languages import ENGLISH, Sentences

VIETNAMESE = Path(__file__).with_name("vietnamese.toml")
P = ParamSpec("P")
R = TypeVar("R")


@cache
def refusals(language: str) -> Sentences:
    """What is said of errors, and of what was compared, in a language; in others than "vi", English.

    >>> refusals("vi")("no videos in clips: give a video file, or a folder of frames")
    'không có video nào trong clips: hãy cho một tệp video, hoặc một thư mục khung hình'
    """
    if language != "vi":
        return ENGLISH
    return Sentences("vi", dict(chain(*map(dict.items, _catalogue().values()))))


@cache
def of_tables(language: str) -> Sentences:
    """What tables say of themselves, for a document that is in its language otherwise."""
    return Sentences("vi", _catalogue()["tables"]) if language == "vi" else ENGLISH


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    """English → Vietnamese, by subject."""
    return tomllib.loads(VIETNAMESE.read_text(encoding="utf-8"))


def speaking(verb: Callable[P, R]) -> Callable[P, R]:
    """A verb whose errors are in the language that it is asked for, by its argument `language`."""

    @wraps(verb)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        with told_in(str(kwargs.get("language"))):
            return verb(*args, **kwargs)

    return spoken


@contextmanager
def told_in(language: str) -> Iterator[None]:
    """Errors inside the block are told in a language."""
    try:
        yield
    except StriateError as error:
        error.args = (refusals(language).refusal(error.sentence), *error.args[1:])
        raise
