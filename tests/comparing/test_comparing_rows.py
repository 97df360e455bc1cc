"""Rows: accuracy of pairs and within them, clip by clip; the Pareto front against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from striate.comparing.rows import front, pair_scores

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


# The front.

OFFERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12)


def front_of(offers: list[tuple[int, int]]) -> list[bool]:
    return front([cost for cost, _ in offers], [gain for _, gain in offers])


def at_least_as_good(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1]


@given(OFFERS)
def test_what_is_off_the_front_is_beaten_from_it_and_nothing_on_it_is(offers: list[tuple[int, int]]) -> None:
    on = front_of(offers)
    best = [offer for offer, is_on in zip(offers, on, strict=True) if is_on]
    assert best
    for offer, is_on in zip(offers, on, strict=True):
        beaten = any(at_least_as_good(one, offer) and one != offer for one in best)
        assert is_on != beaten


@given(OFFERS, st.randoms(use_true_random=False))
def test_the_order_of_the_offers_does_not_matter(offers: list[tuple[int, int]], random: object) -> None:
    places = list(range(len(offers)))
    random.shuffle(places)  # type: ignore[attr-defined]
    mixed = front_of([offers[place] for place in places])
    assert mixed == [front_of(offers)[place] for place in places]


@given(OFFERS)
def test_by_sorting(offers: list[tuple[int, int]]) -> None:
    """A second witness: from the cheapest on, an offer stands if it gives more than all that cost less."""
    stands = set()
    most = -1
    for cost in sorted({cost for cost, _ in offers}):
        gain = max(g for c, g in offers if c == cost)
        if gain > most:
            stands.add((cost, gain))
            most = gain
    assert front_of(offers) == [offer in stands for offer in offers]
