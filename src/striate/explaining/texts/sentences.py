"""Errors, and what was compared, in the reader's language: whatever names them does so in English."""

from striate.explaining.texts.vietnamese_sentences import SENTENCES as VIETNAMESE
from striate.pages.languages import ENGLISH, Sentences
from striate.pages.languages import speaking as in_languages
from striate.pages.vietnamese_refusals import SENTENCES as REFUSALS
from striate.tracing.vietnamese import SENTENCES as OF_TRACING

SENTENCES = {"vi": Sentences("vi", {**REFUSALS, **OF_TRACING, **VIETNAMESE})}
"""By language."""

speaking = in_languages(SENTENCES)
"""A verb whose errors are in the language that it is asked for, by its argument `language`."""


def translated(sentence: str, language: str) -> str:
    """The sentence in a language; as it is where no template fits.

    >>> translated("no videos in clips: give a video file, or a folder of frames", "vi")
    'không có video nào trong clips: hãy cho một tệp video, hoặc một thư mục khung hình'
    """
    return SENTENCES.get(language, ENGLISH)(sentence)
