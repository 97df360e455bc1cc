"""Errors, and what was compared, in the reader's language: whatever names them does so in English."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from striate.errors import StriateError
from striate.explaining.texts.vietnamese_sentences import SENTENCES as VIETNAMESE
from striate.pages.languages import ENGLISH, Sentences

P = ParamSpec("P")
R = TypeVar("R")

SENTENCES = {"vi": Sentences("vi", VIETNAMESE)}
"""By language."""


def translated(sentence: str, language: str) -> str:
    """The sentence in a language; as it is where no template fits.

    >>> translated("no videos in clips: give a video file, or a folder of frames", "vi")
    'không có video nào trong clips: hãy cho một tệp video, hoặc một thư mục khung hình'
    """
    return SENTENCES.get(language, ENGLISH)(sentence)


def speaking(function: Callable[P, R]) -> Callable[P, R]:
    """A verb whose errors are in the language that it is asked for, by its argument `language`."""

    @wraps(function)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except StriateError as error:
            language = str(kwargs.get("language", "en"))
            error.args = (translated(str(error), language), *error.args[1:])
            raise

    return spoken
