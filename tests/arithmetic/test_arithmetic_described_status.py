"""Sums are as unsure as their least sure part, and say because of what."""

from striate.arithmetic.described import Figure, Status, total


def test_a_sum_of_exact_figures_is_exact() -> None:
    assert total([Figure(2), Figure(3)]).to_json() == {"value": 5, "status": "exact"}
    assert total([]) == Figure(0)


def test_an_unknown_part_makes_a_sum_partial_and_is_named() -> None:
    parts = [Figure(2), Figure(0, Status.UNKNOWN, "aten.inv"), Figure(4, Status.BOUND, "aten.roll")]
    assert total(parts).to_json() == {"value": 6, "status": "unknown", "because": "aten.inv, aten.roll"}
    assert (Figure(2) + parts[1]).status is Status.UNKNOWN
