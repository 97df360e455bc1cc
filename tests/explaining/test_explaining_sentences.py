"""Sentences that arise in English, such as errors, in the language that was asked for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from explaining_networks import image_network, numbers

import striate.explaining
from raised_sentences import told
from striate.errors import ArgumentError, NetworkError, unknown
from striate.explaining.explain import explain
from striate.pages.languages import refusals

ROOM = Path(striate.explaining.__file__).parent
ASKED = ("filter", "class", "picture", "layer")
PLACE = re.compile(r"⟦\d+⟧")
translated = refusals("vi")


def sentences() -> Iterator[str]:
    """Every sentence that this room compares under, or gives back, ⟦1⟧, ⟦2⟧ … for facts."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="compare" | "_compare"), args=[said, *_]):
                    yield from told(said)
                case ast.FunctionDef(name="refusal" | "_cannot_ask"):
                    for one in ast.walk(node):
                        if isinstance(one, ast.Return):
                            yield from told(one.value)


SAID = sorted({text for text in sentences() if re.search("[a-z]{2}", text) and "∂L/∂scores" not in text})


def test_there_are_many() -> None:
    assert len(SAID) > 10


@pytest.mark.parametrize("text", SAID)
def test_every_sentence_is_translated_and_keeps_its_facts(text: str) -> None:
    found = translated(text)
    assert found != text
    assert sorted(PLACE.findall(found)) == sorted(PLACE.findall(text))


@pytest.mark.parametrize("kind", ASKED[1:])
def test_unknown_names(kind: str) -> None:
    for name in ("resnet81", "zzz"):
        text = unknown(kind, name, ["resnet18", "plain"])
        assert translated(text) != text
        assert repr(name) in translated(text)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"layer": "nope"},
            "không có tầng 'nope': các tên đã biết: " + ", ".join(sorted(map(str, range(16)))),
        ),
        ({"layer": "0", "filter": 9}, "0 không có bộ lọc 9: cần 0–5; gần nhất là 5"),
        ({"layer": "0", "at": (9, 9)}, "0 không có vị trí 9,9: cần 0–4 × 0–7; gần nhất là 4,7"),
        ({"layer": "0", "at": (1,)}, "0 không có vị trí 1: cần 0–4 × 0–7, 2 số"),
        (
            {"layer": "0", "weight": (9, 0, 0, 0), "label": 0},
            "0 không có weight 9,0,0,0: cần bộ lọc 0–5, kênh 0–1, hàng 0–2, cột 0–2; gần nhất là 5,0,0,0",
        ),
        (
            {"filter": 1},
            "bộ lọc, vị trí, trọng số hay đường lan truyền đều thuộc về một tầng: hãy cho cả --layer",
        ),
    ],
)
def test_errors_are_told_in_the_language_asked_for(asked: dict[str, object], expected: str) -> None:
    network, x = image_network(), numbers(1, 4, 9, 8)
    with pytest.raises((ArgumentError, NetworkError)) as found:
        explain(network, x, language="vi", **asked)  # type: ignore[arg-type]
    assert str(found.value) == expected
    with pytest.raises(type(found.value)) as english:
        explain(network, x, **asked)  # type: ignore[arg-type]
    assert translated(str(english.value)) == expected


def test_facts_are_not_translated() -> None:
    assert translated("filter has no part in the loss: no gradient reaches it").startswith("filter ")
    assert translated("something else went wrong") == "something else went wrong"
