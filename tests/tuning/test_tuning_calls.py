"""The convolutions of a network, found without computing anything."""

import pytest
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.tuning import calls_of


class Network(nn.Module):
    """Two convolutions of one geometry, a functional flatten between them and the head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.first = nn.Conv2d(8, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(self.first(self.stem(x)))
        result: Tensor = self.head(x.mean((2, 3)))
        return result


def test_calls_in_order_of_execution() -> None:
    network = Network()
    before = {name: id(value) for name, value in network.named_parameters()}
    calls = calls_of(network, (2, 3, 9, 9))
    assert [call.name for call in calls] == ["stem", "first", "second"]
    assert [call.shape for call in calls] == [(2, 3, 9, 9), (2, 8, 9, 9), (2, 8, 9, 9)]
    assert [call.first for call in calls] == [True, False, False]
    assert {name: id(value) for name, value in network.named_parameters()} == before


def test_inputs_that_do_not_fit() -> None:
    with pytest.raises(NetworkError, match=r"^Network does not take inputs of shape 2×4×9×9: Inv"):
        calls_of(Network(), (2, 4, 9, 9))
