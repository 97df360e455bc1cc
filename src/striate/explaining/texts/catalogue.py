"""Every sentence that is shown, in every language: one catalogue, a file per language.

A language is a module with `TEXTS` (key → sentence with {places} for facts) and `GLOSSARY` (key → (name,
explanation)). To add one, translate a module and name it here; a test says what is missing.
"""

from striate.errors import ArgumentError, unknown
from striate.explaining.texts.english import GLOSSARY as ENGLISH_GLOSSARY
from striate.explaining.texts.english import TEXTS as ENGLISH
from striate.explaining.texts.vietnamese import GLOSSARY as VIETNAMESE_GLOSSARY
from striate.explaining.texts.vietnamese import TEXTS as VIETNAMESE

Glossary = dict[str, tuple[str, str]]

LANGUAGES: dict[str, tuple[dict[str, str], Glossary]] = {
    "en": (ENGLISH, ENGLISH_GLOSSARY),
    "vi": (VIETNAMESE, VIETNAMESE_GLOSSARY),
}


class Texts:
    """The sentences of one language: `say("unit.title", layer="conv1")`."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ArgumentError(unknown("language", language, LANGUAGES))
        self.language = language
        self._texts, self.glossary = LANGUAGES[language]

    def __call__(self, key: str, **facts: object) -> str:
        return self._texts[key].format(**facts)

    def heads(self, *keys: str) -> tuple[str, ...]:
        """Heads of a table."""
        return tuple(self(f"head.{key}") for key in keys)


def glossary(language: str = "en") -> Glossary:
    """The field's terms in a language: key → (name, explanation). Raises ArgumentError for another one."""
    return Texts(language).glossary
