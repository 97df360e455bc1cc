"""The tables that predictions go into."""

import csv
import io

import numpy as np

from striate.evaluating.predict_clips import predictions_of, to_csv

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
