"""ROC and precision-recall curves, beside scikit-learn's."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from striate.evaluating.curves import POINTS, curve_of, curves_of
from striate.evaluating.pictures import draw_curves


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_areas_and_points_are_those_of_another_library(drawn: list[tuple[int, bool]]) -> None:
    """With few different scores, so that many are equal."""
    scores, there = np.array([one for one, _ in drawn]) / 6, np.array([one for _, one in drawn])
    if there.all() or not there.any():
        return
    curve = curve_of("a", scores, there)
    assert curve.roc_area == pytest.approx(roc_auc_score(there, scores))
    assert curve.average_precision == pytest.approx(average_precision_score(there, scores))
    wrong, right, thresholds = roc_curve(there, scores, drop_intermediate=False)
    ours = [(one.threshold, one.false_positive_rate, one.recall) for one in curve.points]
    assert np.array(ours) == pytest.approx(np.array([thresholds, wrong, right]).T[1:])
    precision, recall, _ = precision_recall_curve(there, scores)
    theirs = set(zip(precision.round(9).tolist(), recall.round(9).tolist(), strict=True))
    assert {(round(one.precision, 9), round(one.recall, 9)) for one in curve.points} <= theirs | {
        (round(float(there.mean()), 9), 1.0)
    }


def test_a_long_curve_keeps_its_ends_and_its_area() -> None:
    random = np.random.default_rng(0)
    there = random.random(5000) < 0.3
    scores = random.random(5000) + 0.3 * there
    curve = curve_of("a", scores, there)
    assert len(curve.points) == POINTS
    assert curve.roc_area == pytest.approx(roc_auc_score(there, scores))
    assert curve.points[0].threshold == scores.max()
    assert (curve.points[-1].recall, curve.points[-1].false_positive_rate) == (1, 1)


def test_classes_without_images_have_no_curve() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]])
    curves = curves_of(rows, np.array([0, 0, 1]), ("a", "b", "c"))
    assert curves is not None
    assert [one.name for one in curves.classes] == ["a", "b"]
    assert (curves.roc_area, curves.average_precision) == (1, 1)
    assert curves_of(rows, np.array([0, 0, 0]), ("a", "b", "c")) is None
    told = curves.points_to_json()["classes"][0]["points"][0]
    assert told == {"threshold": 0.7, "false_positive_rate": 0.0, "recall": 0.5, "precision": 1.0}
    assert curves.to_json()["classes"] == [
        {"name": name, "roc_area": 1.0, "average_precision": 1.0} for name in ("a", "b")
    ]


def test_the_picture_takes_any_name() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(12), 60)
    curves = curves_of(rows, np.arange(60) % 12, tuple(f"_${n}^ {'x' * 3 * n}" for n in range(12)))
    assert curves is not None
    file = BytesIO()
    draw_curves(curves, file)
    assert Image.open(file).size == (1200, 552)
