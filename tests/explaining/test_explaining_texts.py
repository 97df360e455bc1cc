"""Every text in every language, each used, with the same facts."""

import re
from pathlib import Path
from string import Formatter

import pytest

import striate.explaining
from striate.errors import ArgumentError
from striate.explaining.texts.catalogue import LANGUAGES, Texts, glossary

ROOM = Path(striate.explaining.__file__).parent
TERMS = {
    "cnn2d", "cnn3d", "spatial_temporal", "optical_flow", "rnn", "lstm", "gru", "cost", "temporal_shift",
    "receptive_field", "feature_map", "kernel", "filter", "pointwise",
}  # fmt: skip


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_or_left_over(language: str) -> None:
    english, english_glossary = LANGUAGES["en"]
    texts, terms = LANGUAGES[language]
    assert texts.keys() == english.keys()
    assert terms.keys() == english_glossary.keys() >= TERMS
    assert all(text.strip() for text in texts.values())
    assert all(name.strip() and text.strip() for name, text in terms.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_tells_the_same_facts(language: str) -> None:
    texts = LANGUAGES[language][0]
    assert {key: facts(text) for key, text in texts.items()} == {
        key: facts(text) for key, text in LANGUAGES["en"][0].items()
    }


def test_every_text_that_is_asked_for_is_there() -> None:
    source = "\n".join(path.read_text() for path in ROOM.glob("writing*.py"))
    asked = set(re.findall(r'say\(\s*"([a-z_.]+)"', source)) | set(
        re.findall(r'"((?:unit|gradient)\.\w+)"', source)
    )
    asked |= {
        f"head.{key}"
        for line in re.findall(r"heads\(([^)]*)\)", source)
        for key in re.findall(r'"(\w+)"', line)
    }
    assert len(asked) > 60
    assert asked <= LANGUAGES["en"][0].keys()


def test_translations_are_translations() -> None:
    english, vietnamese = LANGUAGES["en"][0], LANGUAGES["vi"][0]
    long = [key for key, text in english.items() if len(text) > 25]
    assert [key for key in long if english[key] == vietnamese[key]] == []


def test_the_pointwise_convolution_has_its_other_names() -> None:
    for language in LANGUAGES:
        text = " ".join(glossary(language)["pointwise"])
        for name in ("feature-map pooling", "cross-channel parametric pooling", "projection"):
            assert name in text.lower()


def test_a_language_that_there_is_none_of() -> None:
    with pytest.raises(ArgumentError, match=r"^unknown language 'fr': known: en, vi$"):
        Texts("fr")
