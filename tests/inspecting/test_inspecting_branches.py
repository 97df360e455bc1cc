"""Where blocks stand: behind what they read, and no two on one line in one column."""

from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from striate.inspecting import inspect
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


class Residual(nn.Module):
    """A block with a shortcut that does nothing, and one that writes in place."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.same, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.Identity(), nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.a(x)
        out += self.same(x)
        result: Tensor = self.b(out).flatten(1) * out.flatten(1)
        return result


def test_rows_read_what_made_their_inputs() -> None:
    found = inspect(Residual(), (3, 4, 4))
    names = [row.name for row in found.layers]
    reads = {row.name: [names[one] if one >= 0 else "input" for one in row.reads] for row in found.layers}
    assert reads == {
        "a": ["input"], "same": ["input"], "add": ["a", "input"], "b": ["add"], "reshape": ["b"],
        "reshape_2": ["add"], "mul": ["reshape", "reshape_2"],
    }  # fmt: skip
    assert found.to_json()["layers"][2]["reads"] == [0, -1]


def test_rows_stand_in_the_order_in_which_they_ran() -> None:
    names = [row.name for row in inspect("resnet18").layers]
    assert names.index("layer1.0.downsample") == names.index("layer1.0.add") - 1
