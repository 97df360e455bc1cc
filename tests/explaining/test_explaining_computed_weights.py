"""Layers whose weights are worked out of other parameters: normalised, pruned, parametrised."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune, spectral_norm, weight_norm

from striate.errors import NetworkError
from striate.explaining.explain import explain
from striate.tracing.recording import record

Change = Callable[[nn.Module], object]


class Mirrored(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight + weight.flip(0)


CHANGES: dict[str, Change] = {
    "weight norm, old": weight_norm,
    "weight norm": parametrizations.weight_norm,
    "spectral norm, old": spectral_norm,
    "spectral norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 0.5),
    "twice": lambda layer: [parametrize.register_parametrization(layer, "weight", Mirrored()) for _ in "12"],
}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:.*weight_norm.*")
@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("name", CHANGES)
def test_a_weight_that_is_worked_out_of_others(name: str, place: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3)).eval()
    CHANGES[name](network[place])
    inputs, layer = torch.rand(2, 1, 5, 5), str(place)
    found = explain(network, inputs, layer=layer, label=0, weight="bias:1", through=True)
    assert [line.name for line in found.layers] == ["0", "1", "2", "3"]
    assert found.unit is not None
    assert found.unit.check.difference <= found.unit.check.rounding < 1e-4
    with torch.enable_grad():
        loss = nn.functional.cross_entropy(network(inputs), torch.zeros(2, dtype=torch.long))
    (expected,) = torch.autograd.grad(loss, network[place].bias)
    assert found.gradient is not None
    assert found.gradient.total == pytest.approx(float(expected[1]), rel=1e-4)
    with pytest.raises(
        NetworkError, match=rf"^{layer}\.weight is worked out of other parameters \(.*\), so it "
    ):
        explain(network, inputs, layer=layer, label=0, weight=(0, 0, 0, 0)[: 4 if place == 0 else 2])


def test_a_wrapped_module_is_the_one_inside() -> None:
    layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(18, 3))
    found = explain(nn.DataParallel(layers), torch.ones(1, 1, 5, 5), layer="0", filter=1)
    assert [line.name for line in found.layers] == ["0", "1", "2"]


def test_scores_that_are_not_one_row_an_input() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(0), nn.Unflatten(0, (6, 6)))
    with pytest.raises(NetworkError) as caught:
        explain(network, torch.ones(2, 1, 5, 5), layer="0", label=0, weight="bias:1")
    assert str(caught.value) == "a gradient needs scores of each input; the network gives 6×6 for 2 inputs"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:torch.quantize_per_tensor")
def test_a_layer_that_takes_its_weights_packed_is_refused_by_name() -> None:
    network = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)), {nn.Linear})
    with pytest.raises(NetworkError, match=r"^0 is a Linear, which cannot be worked out by hand"):
        explain(network, torch.ones(1, 4), layer="0")


def test_what_torch_func_maps_over_is_no_layer_of_its_own() -> None:
    class Mapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return torch.vmap(self.layer)(x)

    assert record(Mapped(), torch.ones(3, 4)).layers == ()
