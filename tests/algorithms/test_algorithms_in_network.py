"""Algorithms inside a network: same results, same gradients, nothing left behind."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from striate.algorithms import ALGORITHMS, Choice, Choices, Geometry, Table, using_algorithms


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv3d(3, 4, (1, 3, 3), padding=(0, 1, 1)),
        nn.Conv3d(4, 6, (3, 1, 1), padding=(1, 0, 0), bias=False),
        nn.Conv3d(6, 6, 3, padding=1, groups=6),
        nn.Conv3d(6, 5, 1),
    )


def choices(**names: str) -> Choices:
    return Choices(*(Choice(names.get(one, "plain"), "fp32") for one in ("output", "input", "weight")))


def table_for(net: nn.Sequential, x: torch.Tensor) -> Table:
    algorithms = (
        choices(output="2D over frames", weight="2D over frames"),
        choices(output="shifted products", input="2D over time and pixels", weight="padded"),
        choices(
            output="depthwise frames", input="depthwise frames, flipped kernel", weight="depthwise frames"
        ),
        choices(output="matrix product", input="matrix product", weight="matrix product"),
    )
    found = {}
    for layer, chosen in zip(net, algorithms, strict=True):
        found[Geometry.of(layer), tuple(x.shape)] = chosen
        x = layer(x).detach()
    return found


def gradients(net: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    return [*torch.autograd.grad(net(x).square().sum(), [x, *net.parameters()])]


def test_algorithms_change_no_result() -> None:
    net, x = network(), torch.randn(2, 3, 4, 5, 6)
    expected, scores = gradients(net, x), net(x)
    with using_algorithms(net, table_for(net, x)):
        assert net[0](x).grad_fn.name() != net[3](torch.zeros(1, 6, 1, 1, 1)).grad_fn.name()  # it is in use
        torch.testing.assert_close(net(x), scores)
        torch.testing.assert_close(gradients(net, x), expected)


def test_without_gradients_another_batch_size_takes_the_algorithms_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, x = network(), torch.randn(2, 3, 4, 5, 6)
    table, more = table_for(net, x), torch.randn(5, 3, 4, 5, 6)
    expected, used = net(more), []
    output = ALGORITHMS["matrix product"].output
    monkeypatch.setattr(
        ALGORITHMS["matrix product"], "output", lambda *given: used.append(1) or output(*given)
    )
    with using_algorithms(net, table), torch.inference_mode():
        torch.testing.assert_close(net(more), expected)
    assert used == [1]


def test_unknown_shapes_are_computed_plainly() -> None:
    net, x = network(), torch.randn(2, 3, 4, 5, 6)
    table, other = table_for(net, x), torch.randn(2, 3, 7, 4, 4)
    expected = gradients(net, other)
    with using_algorithms(net, table):
        assert all(torch.equal(one, two) for one, two in zip(gradients(net, other), expected, strict=True))


def test_nothing_is_left_behind_even_after_an_error() -> None:
    net, x = network(), torch.randn(2, 3, 4, 5, 6)
    before, names = deepcopy(net.state_dict()), list(net.state_dict())
    table = table_for(net, x)
    with using_algorithms(net, table):
        assert list(net.state_dict()) == names
    with pytest.raises(RuntimeError), using_algorithms(net, table):
        net(torch.randn(2, 99, 4, 5, 6))
    assert not any("_conv_forward" in vars(layer) for layer in net)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_copy_made_inside_works_on_its_own() -> None:
    net, x = network(), torch.randn(2, 3, 4, 5, 6)
    with using_algorithms(net, table_for(net, x)):
        copy = deepcopy(net)
    with torch.no_grad():
        copy[0].weight.zero_()
        copy[0].bias.zero_()
    assert copy[0](x).abs().max() == 0
    assert net[0](x).abs().max() > 0


def test_autocast_and_a_layer_in_fp32() -> None:
    net, x = network()[3:], torch.randn(2, 6, 4, 5, 6)
    rough = Choice("matrix product", "bf16")
    table = {(Geometry.of(net[0]), tuple(x.shape)): Choices(rough, rough, Choice("plain", "fp32"))}
    exact = gradients(net, x)
    with torch.autocast("cpu", torch.bfloat16), using_algorithms(net, table):
        assert net(x).dtype is torch.bfloat16
        for one, two in zip(gradients(net, x), exact, strict=True):
            assert (one - two).norm() < 0.01 * two.norm()
            assert one.dtype is torch.float32


SHORT = (
    (nn.Conv3d(8, 8, (3, 1, 1), padding=(1, 0, 0)), (4, 8, 2, 5, 5)),
    (nn.Conv3d(8, 8, 3, padding=1), (4, 8, 2, 3, 3)),
    (nn.Conv3d(8, 8, (5, 1, 1), padding=(2, 0, 0)), (4, 8, 4, 2, 2)),
    (nn.Conv3d(8, 8, (1, 3, 3), (1, 2, 2), padding=(0, 1, 1)), (4, 8, 3, 1, 1)),
    (nn.Conv2d(8, 8, 3, 2, padding=1), (4, 8, 1, 1)),
)


@pytest.mark.parametrize(("layer", "shape"), SHORT)
def test_kernels_known_to_be_wrong_are_not_run(layer: nn.Conv3d, shape: tuple[int, ...]) -> None:
    """Even for shapes that nobody measured: the weight's gradient is right within rounding to bf16."""
    torch.manual_seed(0)
    net, x = nn.Sequential(layer), torch.randn(shape)
    exact = gradients(net, x)
    with torch.autocast("cpu", torch.bfloat16), using_algorithms(net, {}):
        rough = gradients(net, x)
    for one, two in zip(rough, exact, strict=True):
        assert (one - two).norm() < 0.02 * two.norm()
    given = (torch.empty(layer(x).shape), x, layer.weight)
    with pytest.raises(RuntimeError, match="PyTorch's weight gradient is wrong"):
        ALGORITHMS["plain"].weight_gradient(*(one.detach().bfloat16() for one in given), Geometry.of(layer))
