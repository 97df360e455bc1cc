"""The chain in numbers: every link is a sum that autograd has too, and the last one is a score."""

import numpy as np
import pytest
import torch
from explaining_networks import Twice, image_network, numbers, seeded
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import NetworkError
from striate.explaining.chain import explain_chain
from striate.explaining.explain import explain
from striate.models import build
from striate.tracing.recording import record


def test_a_chain_by_hand() -> None:
    """y = 3·relu(2·x): δ of x is δ·3·2 where x is above 0."""
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.ReLU(), nn.Linear(1, 2, bias=False))
    with torch.no_grad():
        network[0].weight.fill_(2.0)
        network[2].weight.copy_(torch.tensor([[3.0], [0.0]]))
    recorded = record(network, torch.tensor([[0.5]]), loss=lambda scores: 10 * scores[0, 0])
    chain = explain_chain(recorded, recorded.named("0"), (0, 0))
    assert [(link.layer, link.delta) for link in chain.links] == [("0", 30.0), ("1", 30.0), ("2", 10.0)]
    assert [(part.delta, part.slope, part.value) for part in chain.links[1].parts] == [
        (10.0, 3.0, 30.0),
        (0, 0, 0),
    ]
    assert chain.scores


@pytest.mark.parametrize("layer", ["0", "1", "4", "6", "13"])
def test_every_link_is_a_sum_that_torch_has_too(layer: str) -> None:
    found = explain(image_network(), numbers(2, 4, 9, 8), layer=layer, label=[1, 2], delta=True)
    assert found.chain is not None
    assert found.chain.scores
    for link in found.chain.links[:-1]:
        assert link.check is not None
        assert sum(part.value for part in link.parts) + link.rest == pytest.approx(
            link.delta, rel=1e-3, abs=1e-6
        )


def test_the_largest_term_of_a_weight_begins_the_chain() -> None:
    found = explain(image_network(), numbers(1, 4, 9, 8), layer="4", weight=(3, 2, 0, 0), label=1)
    assert found.chain is not None
    assert found.gradient is not None
    layer, term = found.gradient.largest(1)[0]
    first = found.chain.links[0]
    assert (first.layer, first.place) == (layer, (term.sample, 3, *term.output_position))
    assert first.delta == pytest.approx(term.upstream)
    example = found.gradient.example
    assert example is not None
    assert example.delta * example.seen == pytest.approx(term.value)


def test_sums_and_shapes_between_layers_hand_every_gradient_on() -> None:
    """A residual network of the catalogue: its sums and its flattening are no layers."""
    torch.manual_seed(0)
    network = build("resnet18", classes=3, channels=3, size=32)
    found = explain(network, numbers(1, 3, 32, 32), layer="conv1", weight=(0, 0, 3, 3), label=1)
    assert found.chain is not None
    assert found.chain.scores
    assert found.chain.links[-1].layer == "fc"


def test_what_came_by_a_function_is_told_apart() -> None:
    found = explain(seeded(Twice()), numbers(1, 2, 3, 3), layer="conv", label=1, delta=True)
    assert found.chain is not None
    assert not found.chain.scores
    assert "no layer" in found.to_html()


def test_a_dead_number_ends_the_chain() -> None:
    network = seeded(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 3)))
    network[0].bias.data.fill_(-100.0)  # type: ignore[union-attr,operator]
    found = explain(network, numbers(1, 2), layer="0", label=0, delta=True)
    assert found.chain is not None
    assert [link.delta for link in found.chain.links] == [0.0]
    assert found.chain.links[0].parts[0].value == 0.0


class Functions(nn.Module):
    """Between its layers stand functions alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 4, 3), nn.Linear(4 * 3 * 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = F.max_pool2d(F.relu(self.b(F.relu(self.a(x)))), 2)
        return self.c(y.flatten(1))  # type: ignore[no-any-return]


class Joined(Functions):
    """Each layer takes what all before it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 2, 1), nn.Conv2d(3, 2, 1), nn.Linear(5 * 100, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([x, self.a(x)], dim=1)
        return self.c(torch.cat([y, self.b(y)], dim=1).flatten(1))  # type: ignore[no-any-return]


class Sums(Functions):
    """What a layer gave is part of all sums after it."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1), nn.Linear(2 * 100, 3)
        self.d = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        y = y + self.b(y)
        return self.c((y + self.d(y)).flatten(1))  # type: ignore[no-any-return]


class LastStep(nn.Module):
    """The scores are of the last state."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(10, 4), nn.GRU(4, 5, batch_first=True), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(self.b(self.a(x[:, 0]))[0][:, -1])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (Functions, ["a", "b", "c"]),
        (Joined, ["a", "c"]),
        (Sums, ["a", "c"]),
        (LastStep, ["a", "b", "c"]),
    ],
)
def test_a_chain_goes_on_behind_functions(make: type[nn.Module], named: list[str]) -> None:
    network, x = seeded(make()), numbers(2, 1, 10, 10)
    found = explain(network, x, layer="a", label=[1, 2], delta=True).chain
    assert found is not None
    assert found.scores
    assert [link.layer for link in found.links] == named
    assert not any(link.elsewhere for link in found.links)
    recorded = record(network, x, loss=lambda scores: F.cross_entropy(scores, torch.tensor([1, 2])))
    for link in found.links:
        upstream = recorded.named(link.layer).upstream
        assert upstream is not None
        assert link.delta == pytest.approx(float(upstream[link.place]), rel=1e-4, abs=1e-7)
        assert sum(part.value for part in link.parts) + link.rest == pytest.approx(
            link.delta if link.parts else 0, rel=1e-3, abs=1e-6
        )


class Apart(nn.Module):
    """One layer of two has a part in the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        self.b(x)
        return self.a(x)  # type: ignore[no-any-return]


def test_a_number_without_a_part_in_the_loss() -> None:
    with pytest.raises(NetworkError, match=r"^b has no part in the loss: no gradient reaches it$"):
        explain(Apart(), numbers(1, 2), layer="b", label=0, delta=True)


def test_a_chain_through_a_recurrent_layer() -> None:
    torch.manual_seed(0)
    network = build("plain", classes=3, channels=1, size=8, widths=(4, 4), time="lstm")
    found = explain(network, torch.randn(1, 1, 3, 8, 8), layer="backbone.conv1", label=1, delta=True)
    assert found.chain is not None
    assert np.isfinite([link.delta for link in found.chain.links]).all()
    parts = explain(network, torch.randn(1, 1, 3, 8, 8), layer="backbone.fc1", label=1, delta=True).chain
    assert parts is not None
