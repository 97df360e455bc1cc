"""What layers computed and were told, and a network that is as it was."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.tracing.recording import record


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(12, 2),
    )


def loss_of(labels: Tensor):  # type: ignore[no-untyped-def]
    return lambda logits: F.cross_entropy(logits, labels)


X = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1))
LABELS = torch.tensor([1, 0])


def test_inputs_outputs_and_gradients_are_those_of_autograd() -> None:
    network = small().eval()
    recorded = record(network, X, loss=loss_of(LABELS))
    x = X.clone().requires_grad_()
    a = network[1](network[0](x))
    a.retain_grad()
    b = network[6](network[5](network[4](a.relu())))
    loss = F.cross_entropy(b, LABELS)
    loss.backward()  # type: ignore[no-untyped-call]
    assert recorded.loss == loss
    assert torch.equal(recorded.output, b)
    assert torch.equal(recorded.named("1").output, a)  # before the ReLU that works in place
    assert torch.equal(recorded.named("2").input, a)
    assert torch.allclose(recorded.named("1").upstream, a.grad)  # type: ignore[arg-type]
    assert torch.allclose(recorded.input_gradient, x.grad)  # type: ignore[arg-type]
    for name, parameter in network.named_parameters():
        assert torch.allclose(recorded.parameter_gradients[name], parameter.grad)  # type: ignore[arg-type]


def test_layers_know_where_their_input_came_from() -> None:
    recorded = record(small(), X)
    assert [one.source for one in recorded.layers] == [None, 0, 1, 2, 3, 4, 5]
    assert [one.name for one in recorded.after(recorded.named("0"))] == ["1"]
    assert recorded.loss is None
    assert recorded.named("0").upstream is None


@pytest.mark.parametrize("training", [False, True])
def test_the_network_is_as_it_was(training: bool) -> None:
    network = small()
    network[0].weight.requires_grad_(False)
    network[1].eval()
    network[6].weight.grad = torch.ones_like(network[6].weight)
    before, modes = deepcopy(network.state_dict()), [one.training for one in network.modules()]
    state = torch.get_rng_state()
    recorded = record(network, X, loss=loss_of(LABELS), training=training)
    assert recorded.named("1").training is training
    assert "0.weight" in recorded.parameter_gradients
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert [one.training for one in network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert not network[0].weight.requires_grad
    assert network[0].weight.grad is None
    assert torch.equal(network[6].weight.grad, torch.ones(2, 12))
    assert all(not one._forward_hooks and not one._forward_pre_hooks for one in network.modules())


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        return y + self.second(y)  # type: ignore[no-any-return]


def test_a_call_has_the_gradient_that_goes_through_it_alone() -> None:
    network, x = Residual(), torch.randn(2, 3)
    recorded = record(network, x, loss=lambda y: y.sum())
    second = recorded.named("second")
    through = torch.ones(2, 3) @ network.second.weight
    assert torch.allclose(second.input_gradient, through)  # type: ignore[arg-type]
    assert torch.allclose(recorded.named("first").upstream, through + 1)  # type: ignore[arg-type]


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.other = nn.Conv2d(1, 1, 3, padding=1)
        self.other.weight = self.conv.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.other(torch.relu(self.conv(self.conv(x)))).flatten(1)  # type: ignore[no-any-return]


def test_a_module_called_twice_and_a_weight_of_two_modules() -> None:
    torch.manual_seed(0)
    network = Twice()
    recorded = record(network, X, loss=lambda y: y.square().sum())
    assert [one.title for one in recorded.layers] == ["conv", "conv#2", "other"]
    assert recorded.named("conv#2").source == 0
    assert recorded.named("other").source is None  # a function stands between
    uses = recorded.sharing(recorded.named("other"), "weight")
    assert [one.title for one, _ in uses] == ["conv", "conv#2", "other"]
    network(X).square().sum().backward()
    assert torch.allclose(recorded.parameter_gradients["other.weight"], network.conv.weight.grad)  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", range(7))
def test_gradients_of_one_layer_are_followed_no_further(asked: int) -> None:
    network = small()
    every, one = (record(network, X, loss=loss_of(LABELS), of=of) for of in (None, [str(asked)]))
    for number, (ours, theirs) in enumerate(zip(one.layers, every.layers, strict=True)):
        assert theirs.upstream is not None
        if number >= asked:
            assert ours.upstream is not None
            assert torch.equal(ours.upstream, theirs.upstream)
        elif number < asked - 1:
            assert ours.upstream is None
    assert {name.split(".")[0] for name in one.parameter_gradients} <= {str(asked)}
    for name, gradient in one.parameter_gradients.items():
        assert torch.equal(gradient, every.parameter_gradients[name])
    assert one.parameter_gradients.keys() == {
        f"{asked}.{name}" for name in one.layers[asked].layer._parameters
    }


def test_gradients_of_no_layer_are_those_of_the_scores() -> None:
    recorded = record(small(), X, loss=loss_of(LABELS), of=[])
    assert recorded.layers[-1].upstream is not None
    assert [one.upstream is None for one in recorded.layers[:-1]] == [True] * 6


def test_a_weight_of_two_modules_has_all_its_gradient() -> None:
    torch.manual_seed(0)
    network = Twice()
    whole, part = (record(network, X, loss=lambda y: y.square().sum(), of=of) for of in (None, ["other"]))
    assert torch.equal(whole.parameter_gradients["conv.weight"], part.parameter_gradients["conv.weight"])
    assert all(one.upstream is not None for one in part.layers)


def test_a_network_that_is_one_layer() -> None:
    assert record(nn.Conv2d(1, 2, 3), X).named("conv2d").output.shape == (2, 2, 2, 2)


def test_what_does_not_fit() -> None:
    with pytest.raises(NetworkError, match=r"^unknown layer '7': known: 0, 1, 2, 3, 4, 5, 6$"):
        record(small(), X).named("7")
    with pytest.raises(NetworkError, match=r"^Sequential does not take an input of shape 2×3×4×4: "):
        record(small(), torch.zeros(2, 3, 4, 4))
    with pytest.raises(NetworkError, match=r"^LSTM gives a tuple, expected one tensor: wrap it in a module"):
        record(nn.LSTM(4, 4), torch.zeros(2, 3, 4))
