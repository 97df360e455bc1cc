"""`striate glossary`: the terms of the field."""

import pytest
from commands import Command

import striate


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_term_a_line(run: Command, language: str) -> None:
    terms = striate.glossary(language)  # type: ignore[arg-type]  # one that there is
    done = run("glossary", "--language", language)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split()) == " ".join(
        word for name, text in terms.values() for word in f"{name}: {text}".split()
    )
    told = run("glossary", "--language", language, "--json").json
    assert told == {key: {"name": name, "text": text} for key, (name, text) in terms.items()}


def test_vietnamese_is_the_language_asked_for(run: Command) -> None:
    assert "pointwise convolution" in run("glossary").out
    assert run("glossary", "--language", "vi", "--json").json["receptive_field"]["name"] == "trường tiếp nhận"
