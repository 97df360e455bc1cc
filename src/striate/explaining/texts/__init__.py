"""Every sentence of the pages, in every language; those on one kind of layer stand with the kind.

A language is a file with `texts` (key → sentence with {places} for facts) and a `glossary` (key → name and
explanation). To add one, translate a file, name it here, and translate the texts of each kind; a test says
what is missing.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from striate.checked import checked
from striate.errors import ArgumentError, unknown
from striate.pages.languages import Language, refusals

Glossary = dict[str, tuple[str, str]]
ByLanguage = Mapping[str, Mapping[str, str]]
"""Sentences by key, by language."""


def _read(language: Language) -> tuple[dict[str, str], Glossary]:
    told = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    return told["texts"], {key: (name, text) for key, (name, text) in told["glossary"].items()}


LANGUAGES: dict[Language, tuple[dict[str, str], Glossary]] = {"en": _read("en"), "vi": _read("vi")}


class Texts:
    """The sentences of one language: `say("unit.title", layer="conv1")`."""

    def __init__(self, language: str, own: ByLanguage | None = None) -> None:
        """own: further texts, by language, that stand before the common ones."""
        if language not in LANGUAGES:
            raise ArgumentError(unknown("language", language, LANGUAGES))
        self.language = language
        common, self.glossary = LANGUAGES[language]
        self._texts = {**common, **(own[language] if own else {})}

    def __call__(self, key: str, **facts: object) -> str:
        return self._texts[key].format(**facts)

    def sentence(self, english: str) -> str:
        """A sentence that arose in English."""
        return refusals(self.language)(english)

    def of(self, own: ByLanguage) -> "Texts":
        """The same language with the texts of a kind."""
        return Texts(self.language, own)

    def heads(self, *keys: str) -> tuple[str, ...]:
        """Heads of a table."""
        return tuple(self(f"head.{key}") for key in keys)


def by_language(**texts: Mapping[str, str]) -> ByLanguage:
    """The texts of one kind of layer: `by_language(en={"name": "ReLU", …}, vi={…})`."""
    return texts


def named(**told: tuple[str, str]) -> ByLanguage:
    """The same of a kind that has a name and a sentence alone: `named(en=("ReLU", "A ReLU …"), vi=(…))`."""
    return {language: {"name": name, "text": text} for language, (name, text) in told.items()}


@checked
def glossary(language: Language = "en") -> Glossary:
    """The terms of the field and what they mean.

    Args:
        language: English or Vietnamese.

    Returns:
        key → (name, explanation).

    >>> glossary()["stride"][0]
    'stride'
    """
    return Texts(language).glossary
