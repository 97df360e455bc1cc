"""The Pareto front against its definition."""

from hypothesis import given
from hypothesis import strategies as st

from striate.comparing.pareto import front

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
