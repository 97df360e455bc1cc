"""What activations take at once: hand-worked peaks, and what the backward pass keeps against autograd."""

import pytest
import torch
from torch import Tensor, nn

from seen_witness import Made
from striate.arithmetic.described import Figure, Status
from striate.arithmetic.memory import inference_peak, saved_by, saved_for_backward, training_peak
from striate.tracing import trace
from striate.watching import watching

FLOAT = 4


def kept_by_torch(network: nn.Module, x: Tensor) -> int:
    """Bytes that a forward pass keeps beside parameters, each storage once."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and tensor.numel() > 1:
            kept[storage.data_ptr()] = storage.nbytes()

    with watching(network, saved=keep):
        result = network(x)
    del result
    return sum(kept.values())


LAYERS = {
    "a convolution": nn.Conv2d(3, 4, 3, padding=1),
    "relu": nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()),
    "relu in place": nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)),
    "sigmoid": nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sigmoid()),
    "gelu": nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU()),
    "batch norm": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)),
    "average pool": nn.Sequential(nn.Conv2d(3, 4, 3), nn.AvgPool2d(2)),
    "max pool": nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2)),
    "a head": nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)),
    "a residual": Made(lambda s, x: s.a(s.b(x) + x), a=nn.Conv2d(3, 3, 1), b=nn.Conv2d(3, 3, 1)),
    "a gate": Made(lambda s, x: s.a(x) * s.a(x).sigmoid(), a=nn.Conv2d(3, 3, 1)),
    "resampling": nn.Sequential(nn.Conv2d(3, 4, 3), nn.Upsample(scale_factor=2), nn.Conv2d(4, 1, 1)),
    "softmax": Made(lambda s, x: s.a(x).softmax(1), a=nn.Conv2d(3, 3, 1)),
    "channels joined": Made(
        lambda s, x: s.b(torch.cat([s.a(x), x], 1)), a=nn.Conv2d(3, 3, 1), b=nn.Conv2d(6, 1, 1)
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_kept_for_the_backward_pass_is_what_autograd_keeps(name: str) -> None:
    network = LAYERS[name].train()
    x = torch.rand(2, 3, 9, 9)
    found = saved_for_backward(trace(network, [x]))
    assert sum(size for size, _ in found.values()) == kept_by_torch(network, x)


def test_positions_that_are_taken_are_kept_by_torch_but_are_no_activation() -> None:
    taken = torch.tensor([2, 0, 1])
    network = Made(lambda s, x: s.a(s.a(x).index_select(1, taken)), a=nn.Conv2d(3, 3, 1))
    x = torch.rand(2, 3, 9, 9)
    found = saved_for_backward(trace(network, [x]))
    assert sum(size for size, _ in found.values()) == kept_by_torch(network, x) - taken.nbytes


def test_inference_holds_the_input_and_two_neighbours() -> None:
    network = nn.Sequential(nn.Conv2d(1, 8, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 2, 1))
    recording = trace(network, [torch.empty(1, 1, 10, 10)])
    assert inference_peak(recording) == Figure(100 * FLOAT * (1 + 8 + 4))


def test_a_branch_is_held_until_it_is_joined() -> None:
    run = lambda s, x: s.c(s.b(s.a(x))) + s.a(x)  # noqa: E731
    early = lambda s, x: (lambda y: s.c(s.b(x)) + y)(s.a(x))  # noqa: E731
    parts = {"a": nn.Conv2d(1, 2, 1), "b": nn.Conv2d(1, 16, 1), "c": nn.Conv2d(16, 2, 1)}
    held = inference_peak(trace(Made(early, **parts), [torch.empty(1, 1, 10, 10)]))
    assert held == Figure(100 * FLOAT * (1 + 2 + 16 + 2))
    later = {**parts, "b": nn.Conv2d(2, 16, 1)}
    peak = inference_peak(trace(Made(run, **later), [torch.empty(1, 1, 10, 10)]))
    assert peak == Figure(100 * FLOAT * (1 + 2 + 16))


def test_what_works_in_place_or_views_takes_nothing_more() -> None:
    plain = nn.Sequential(nn.Conv2d(1, 8, 1))
    more = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(inplace=True), nn.Flatten())
    peaks = [inference_peak(trace(network, [torch.empty(1, 1, 10, 10)])) for network in (plain, more)]
    assert peaks[0] == peaks[1] == Figure(100 * FLOAT * (1 + 8))
    assert inference_peak(
        trace(nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU()), [torch.empty(1, 1, 10, 10)])
    ).value == (100 * FLOAT * (1 + 8 + 8))


def test_training_holds_what_is_saved_and_gradients_on_the_way_back() -> None:
    """Back at the middle convolution: the input (1), its own input (8), the gradients of both its ends."""
    network = nn.Sequential(nn.Conv2d(1, 8, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 2, 1))
    recording = trace(network, [torch.empty(1, 1, 10, 10)])
    assert training_peak(recording) == Figure(100 * FLOAT * (1 + 8 + 4 + 8))
    assert training_peak(recording).value >= inference_peak(recording).value


@pytest.mark.parametrize(
    ("network", "because"),
    [
        (nn.Sequential(nn.Conv2d(1, 8, 1), nn.Dropout()), "Dropout"),
        (Made(lambda s, x: x.sort(3)[0].cumsum(2)), "aten.cumsum"),
    ],
)
def test_what_is_not_known_to_be_kept_makes_a_bound(network: nn.Module, because: str) -> None:
    figure = training_peak(trace(network, [torch.empty(1, 1, 10, 10)]))
    assert (figure.status, figure.reason) == (Status.BOUND, because)


def test_a_product_of_activations_keeps_both_and_one_by_a_number_keeps_none() -> None:
    for run, kept in (
        (lambda s, x: x * x.sin(), 2),
        (lambda s, x: x.sin() * 2, 0),
        (lambda s, x: x.sin() + x, 0),
    ):
        recording = trace(Made(run), [torch.empty(1, 1, 4, 4)])
        assert len(saved_by(recording.operations[-1], recording.tensors)) == kept
