"""The time of the backward pass goes to the operations of the forward pass that it belongs to."""

import pytest
import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.inspecting import inspect
from striate.tracing import trace


class Slow(torch.autograd.Function):
    """The identity, whose way back multiplies large matrices."""

    @staticmethod
    def forward(context: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: object, gradient: Tensor) -> Tensor:
        large = torch.ones(700, 700)
        return gradient + (large @ large)[0, 0] * 0


class WithSlow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.middle, self.last = nn.Linear(4, 4), nn.Hardtanh(), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(Slow.apply(self.middle(self.first(x))))  # type: ignore[no-untyped-call]
        return result


def test_each_operation_has_its_part_of_the_way_back() -> None:
    network = WithSlow()
    recording = trace(network, [torch.rand(2, 4)], with_values=True, backward=True)
    times = {recording.operations[n].name: took for n, took in enumerate(recording.backward_seconds)}
    assert len(recording.backward_seconds) == len(recording.operations)
    assert max(times, key=lambda name: times[name]) == "aten.clone"
    assert all(parameter.grad is None for parameter in network.parameters())


def test_recurrent_and_attention_layers_have_times_both_ways() -> None:
    for network, shape in ((nn.LSTM(4, 3), (6, 2, 4)), (nn.MultiheadAttention(4, 2), (5, 2, 4))):
        x = torch.rand(shape)
        given = [x, x, x] if isinstance(network, nn.MultiheadAttention) else x
        found = inspect(network, given, measure=True, backward=True)
        (row,) = [row for row in found.layers if row.kind in ("lstm", "multihead_attention")]
        assert row.seconds
        assert row.backward_seconds


def test_a_network_in_which_nothing_learns_has_no_way_back() -> None:
    with pytest.raises(NetworkError) as caught:
        inspect(nn.Sequential(nn.ReLU()), (3, 4, 4), measure=True, backward=True)
    assert str(caught.value) == "Sequential has no parameter that learns, so there is no way back"


def test_an_output_that_no_gradient_comes_from_is_told() -> None:
    class Stopped(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x).detach()

    with pytest.raises(NetworkError) as caught:
        trace(Stopped(1, 1, 3), [torch.rand(1, 1, 4, 4)], with_values=True, backward=True)
    assert str(caught.value) == (
        "what Stopped gives does not hang together with its parameters, so there is no way back: let forward "
        "return tensors that have a gradient"
    )
    assert inspect(nn.Sequential(nn.ReLU()), (3, 4, 4), backward=True).totals.backward_macs.value == 0
