"""Accuracy of pairs and within pairs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from striate.comparing.pairs import pair_scores

CLASSES = ("a", "b", "c", "d", "e")
PAIRS = (("a", "b"), ("c", "d"))


@given(st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=5, max_size=5))
def test_against_the_clips_one_by_one(confusion: list[list[int]]) -> None:
    clips = [(t, p) for t in range(5) for p in range(5) for _ in range(confusion[t][p])]
    paired = [(t, p) for t, p in clips if t < 4]
    in_pair = [(t, p) for t, p in paired if p < 4 and t // 2 == p // 2]
    found, right = pair_scores(CLASSES, confusion, PAIRS)
    assert found == (len(in_pair) / len(paired) if paired else 0.0)
    assert right == (np.mean([t == p for t, p in in_pair]) if in_pair else None)


def test_a_network_that_answers_both_partners_alike_is_at_half() -> None:
    assert pair_scores(CLASSES, [[7, 3, 0, 0, 0]] * 2 + [[0, 0, 1, 9, 0]] * 2 + [[0] * 5], PAIRS) == (
        1.0,
        0.5,
    )
