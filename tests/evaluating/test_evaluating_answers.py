"""The tables that predictions go into."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import ArgumentError
from striate.evaluating.answers import (
    AnswerRules,
    SureAnswers,
    TopK,
    predictions_of,
    sure_answers,
    to_csv,
    top_accuracy,
)

ROWS = np.array([[0.1, 0.6, 0.3], [0.4, 0.2, 0.4]])
CLASSES = ("cat", 'a "dog", barking', "öwl")


def test_the_most_probable_first_and_ties_in_order() -> None:
    one, other = predictions_of(ROWS, ["a.png", "b.png"], CLASSES, np.array([0, 2]))
    assert one.classes == ('a "dog", barking', "öwl", "cat")
    assert one.probabilities == (0.6, 0.3, 0.1)
    assert (other.best, other.label) == ("cat", "öwl")


def test_csv_is_read_back_by_others() -> None:
    text = to_csv(predictions_of(ROWS, ["a,b.png", "c\nd.png"], CLASSES))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0] == {"file": "a,b.png", "class": 'a "dog", barking', "probability": "0.600000", "label": ""}
    assert rows[1]["file"] == "c\nd.png"


def test_at_most_five_classes_are_listed() -> None:
    (one,) = predictions_of(np.full((1, 9), 1 / 9), ["x"], tuple("abcdefghi"))
    assert one.classes == ("a", "b", "c", "d", "e")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_of_what_was_asked_for() -> None:
    rules = AnswerRules(top=2, threshold=0.5, all_classes=True)
    first, second = read(to_csv(predictions_of(ROWS, ["a", "b"], CLASSES, rules=rules), rules, CLASSES))
    assert first == {
        "file": "a",
        "class": CLASSES[1],
        "probability": "0.600000",
        "label": "",
        "sure": "yes",
        "class 2": "öwl",
        "probability 2": "0.300000",
        "probability of cat": "0.100000",
        f"probability of {CLASSES[1]}": "0.600000",
        "probability of öwl": "0.300000",
    }
    assert (second["class"], second["sure"], second["class 2"]) == ("cat", "no", "öwl")


@given(st.integers(1, 9), st.integers(1, 12), st.booleans(), st.one_of(st.none(), st.floats(0.01, 1)))
def test_as_many_classes_as_asked_for(classes: int, top: int, every: bool, threshold: float | None) -> None:
    rows = np.random.default_rng(classes * 100 + top).dirichlet(np.ones(classes), 4)
    names, rules = tuple("abcdefghi"[:classes]), AnswerRules(top, threshold, every)
    found = predictions_of(rows, list("wxyz"), names, np.zeros(4, int), rules)
    for one, row in zip(found, rows, strict=True):
        assert len(one.classes) == (classes if every else min(top, classes))
        assert (
            dict(zip(one.classes, one.probabilities, strict=True)).items()
            <= dict(zip(names, row, strict=True)).items()
        )
        assert list(one.probabilities) == sorted(one.probabilities, reverse=True)
        assert one.sure == (None if threshold is None else bool(row.max() >= threshold))
        assert ("sure" in one.to_json()) == (threshold is not None)
    for line, row in zip(read(to_csv(found, rules, names)), rows, strict=True):
        told = [float(line[f"probability of {name}"]) for name in names] if every else []
        assert told == pytest.approx(row.tolist() if every else [], abs=1e-6)
        assert (
            line.get(f"class {min(top, classes)}", line["class"])
            == names[np.argsort(-row, kind="stable")[min(top, classes) - 1]]
            or top == 1
        )


def test_scores_of_what_was_asked_for() -> None:
    rows = np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [0.4, 0.35, 0.25]])
    labels = np.array([0, 1, 0, 2])
    assert top_accuracy(rows, labels, AnswerRules()) is None
    assert top_accuracy(rows, labels, AnswerRules(top=2)) == TopK(2, 0.75)
    assert top_accuracy(rows, labels, AnswerRules(top=7)) == TopK(7, 1.0)
    assert sure_answers(rows, labels, AnswerRules()) is None
    assert sure_answers(rows, labels, AnswerRules(threshold=0.7)) == SureAnswers(0.7, 2, 0.5, 0.5)
    assert sure_answers(rows, labels, AnswerRules(threshold=1.0)) == SureAnswers(1.0, 0, 0.0, None)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"top": 0}, "top is how many classes are told, 1 or more; got 0"),
        ({"threshold": 0.0}, "threshold is a probability, above 0 and up to 1; got 0: try 0.8"),
        ({"threshold": 80.0}, "threshold is a probability, above 0 and up to 1; got 80: try 0.8"),
        ({"threshold": math.nan}, "threshold is a probability, above 0 and up to 1; got nan: try 0.8"),
    ],
)
def test_what_cannot_be_told(asked: dict[str, float], said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        AnswerRules(**asked)
    assert str(refused.value) == said
