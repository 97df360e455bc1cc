"""Sentences in the reader's language: an English one is found among templates, and said in the other words.

So whatever raises an error, or names what it compared, does not know that there are languages.
"""

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from striate.errors import StriateError
from striate.explaining.texts.vietnamese_sentences import SENTENCES as VIETNAMESE

P = ParamSpec("P")
R = TypeVar("R")

SENTENCES = {"vi": VIETNAMESE}
"""By language: English template → template with the same {places}."""
_PLACE = re.compile(r"\{(\w+)\}")


def translated(sentence: str, language: str) -> str:
    """The sentence in a language; as it is where no template fits.

    >>> translated("no videos in clips: give a video file, or a folder of frames", "vi")
    'không có video nào trong clips: hãy cho một tệp video, hoặc một thư mục khung hình'
    """
    for pattern, template in _patterns(language):
        if found := pattern.fullmatch(sentence):
            facts = found.groupdict().items()
            return template.format(
                **{k: translated(v, language) if k.startswith("part") else v for k, v in facts}
            )
    return sentence


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each template as a pattern; those that say most of their own first."""
    table = SENTENCES.get(language, {})
    ordered = sorted(table.items(), key=lambda pair: -len(_PLACE.sub("", pair[0])))
    return tuple((_pattern(english), other) for english, other in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    """A place may hold anything, or nothing; a span no comma."""
    pieces = _PLACE.split(template)
    held = {one: "[^,;]*" if one == "span" else ".*?" for one in pieces[1::2]}
    quoted = [f"(?P<{one}>{held[one]})" if n % 2 else re.escape(one) for n, one in enumerate(pieces)]
    return re.compile("".join(quoted), re.DOTALL)


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
