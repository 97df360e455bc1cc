"""Which rows read which: through what has no row, in-place writes and identities too."""

from torch import Tensor, nn

from striate.inspecting import inspect


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
