"""Where blocks stand: behind what they read, and no two on one line in one column."""

from hypothesis import given
from hypothesis import strategies as st

from striate.inspecting.branches import places_of

GRAPHS = st.lists(st.sets(st.integers(-1, 30), min_size=1, max_size=4), min_size=1, max_size=30)


@given(GRAPHS)
def test_every_block_has_a_place_of_its_own_behind_what_it_reads(drawn: list[set[int]]) -> None:
    edges = {row: tuple(sorted({min(one, row - 1) for one in reads})) for row, reads in enumerate(drawn)}
    places = places_of(edges)
    assert len(set(places.values())) == len(edges) + 1
    for row, reads in edges.items():
        assert places[row].column == 1 + max(places[one].column for one in reads)


def test_a_skip_has_no_line_of_its_own_and_a_branch_has() -> None:
    places = places_of({0: (-1,), 1: (0,), 2: (1, -1), 3: (2,), 4: (3,), 5: (2,), 6: (4, 5)})
    assert [places[row].lane for row in range(-1, 7)] == [0, 0, 0, 0, 0, 0, 1, 0]
    assert [places[row].column for row in range(-1, 7)] == [0, 1, 2, 3, 4, 5, 4, 6]
