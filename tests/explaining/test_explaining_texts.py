"""Every text in every language, each used, with the same facts."""

import re
from pathlib import Path
from string import Formatter

import pytest

import striate.explaining
from striate.derivation import Adam, GradientDescent, Momentum
from striate.errors import ArgumentError
from striate.explaining.explanation import LABELS
from striate.explaining.kinds.catalogue import BY_KEY
from striate.explaining.kinds.kind import Kind
from striate.explaining.optimiser import settings_of
from striate.explaining.texts import LANGUAGES, Texts, glossary

PICTURES = (
    "maps", "filters", "filters_before", "filters_after", "filters_change", "map_update", "grad_cam",
    "integrated_gradients", "occlusion", "largest", "effective_field",
)  # fmt: skip
RULES = (GradientDescent(1), Momentum(1), Adam())
VERDICTS = ("vanishes", "shrinks", "explodes", "grows", "steady")
SETTINGS = {name for rule in RULES for name in settings_of(rule)}
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


@pytest.mark.parametrize("kind", BY_KEY.values())
def test_every_kind_of_layer_has_its_texts_in_every_language(kind: type[Kind]) -> None:
    assert kind.texts.keys() == LANGUAGES.keys()
    english = kind.texts["en"]
    assert {"name", "text"} <= english.keys()
    for texts in kind.texts.values():
        assert texts.keys() == english.keys()
        assert all(text.strip() for text in texts.values())
        assert {key: facts(text) for key, text in texts.items()} == {
            key: facts(text) for key, text in english.items()
        }


def test_a_kind_takes_no_text_from_the_common_ones() -> None:
    common = LANGUAGES["en"][0].keys()
    assert not [key for kind in BY_KEY.values() for key in kind.texts["en"] if key in common]


def asked_for(*folders: str) -> set[str]:
    """Keys that the sources ask for: `say("…")`, `say.heads("…", …)`, and keys that are chosen among."""
    source = "\n".join(path.read_text() for folder in folders for path in sorted(ROOM.glob(f"{folder}*.py")))
    keys = set(re.findall(r'say\(\s*"([a-z_.]+)"', source))
    keys |= set(re.findall(r'"(gradient\.\w+)"', source))
    heads = re.findall(r"heads\(([^)]*)\)", source)
    return keys | {f"head.{key}" for found in heads for key in re.findall(r'"(\w+)"', found)}


def test_every_text_that_is_asked_for_is_there() -> None:
    english = LANGUAGES["en"][0].keys()
    assert len(asked_for("")) > 50
    assert asked_for("") <= english
    own = {key for kind in BY_KEY.values() for key in kind.texts["en"]}
    assert asked_for("kinds/") <= english | own


def test_no_text_is_there_for_nothing() -> None:
    """Keys that are put together in code end in a name of something that there is."""
    english = LANGUAGES["en"][0].keys()
    composed = {f"picture.{name}{title}" for name in PICTURES for title in ("", ".title")}
    composed |= {f"through.{verdict}" for verdict in VERDICTS}
    composed |= {"head.divided", "head.probability"}  # the first only where there is a temperature
    composed |= {f"label.{name}" for name in (*LABELS, "page")} | {f"setting.{name}" for name in SETTINGS}
    assert english == asked_for("") | asked_for("kinds/") & english | composed


def test_translations_are_translations() -> None:
    english, vietnamese = LANGUAGES["en"][0], LANGUAGES["vi"][0]
    pairs = [(english, vietnamese), *((kind.texts["en"], kind.texts["vi"]) for kind in BY_KEY.values())]
    same = [text for en, vi in pairs for key, text in en.items() if len(text) > 25 and vi[key] == text]
    assert same == []


def test_the_pointwise_convolution_has_its_other_names() -> None:
    for language in LANGUAGES:
        text = " ".join(glossary(language)["pointwise"])
        for name in ("feature-map pooling", "cross-channel parametric pooling", "projection"):
            assert name in text.lower()


def test_a_language_that_there_is_none_of() -> None:
    with pytest.raises(ArgumentError, match=r"^unknown language 'fr': known: en, vi$"):
        Texts("fr")
