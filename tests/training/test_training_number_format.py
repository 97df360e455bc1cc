"""The check that keeps wrong bf16 kernels out."""

import time

import pytest
import torch
from torch import Tensor, nn

from striate.algorithms import ALGORITHMS, Choice, Choices, Geometry
from striate.algorithms.plain import Padded
from striate.tracing.single_layers import LayerCall, layer_calls
from striate.training import number_format
from striate.training.number_format import Work, choose, differences, first_wrong_layer, work_of

CPU = torch.device("cpu")


def loss(network: nn.Module) -> Tensor:
    images = torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    result: Tensor = network(images).float().square().mean()
    return result


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 144, 5))


class Broken(torch.autograd.Function):
    """Right output and input gradient, a weight gradient that is wrong in bf16 only: as PyTorch's was."""

    @staticmethod
    def forward(ctx, x, weight):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x, weight)
        low = torch.is_autocast_enabled("cpu")
        ctx.low = low
        return (x.bfloat16() @ weight.bfloat16().T) if low else x @ weight.T

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        x, weight = ctx.saved_tensors
        gradient = gradient.float()
        return gradient @ weight, (gradient.T @ x) * (1e11 if ctx.low else 1)


class BrokenLinear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = Broken.apply(x, self.weight)
        return result


def test_sound_layers_pass() -> None:
    assert first_wrong_layer(small(), loss, CPU, {}) is None


def test_a_wrong_weight_gradient_is_named() -> None:
    network = nn.Sequential(nn.Flatten(), BrokenLinear(432, 5, bias=False))
    found = first_wrong_layer(network, loss, CPU, {})
    assert found is not None
    assert found.startswith("the weight gradient of 1 differs from fp32 by 1e+11 (limit 0.02)")


def test_what_is_not_a_number_is_wrong() -> None:
    layer = nn.Linear(2, 2)
    call = LayerCall("fc", layer, torch.full((1, 2), float("nan")), torch.ones(1, 2))
    assert not all(difference <= 0.02 for _, difference in differences(call, CPU, {}))


def test_the_choice_falls_back_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: True)
    monkeypatch.setattr(number_format, "WORTHWHILE_MACS", 1)
    broken = nn.Sequential(nn.Flatten(), BrokenLinear(432, 5, bias=False))
    choice = choose(broken, loss, CPU)
    assert choice.name == "fp32"
    assert choice.reason.startswith("bf16 is wrong here: the weight gradient of 1 differs")
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: False)
    assert choose(small(), loss, CPU).reason == "this cpu has no native bf16"
    assert choose(small(), loss, CPU, "bf16").name == "bf16"


def test_the_shapes_decide_whether_bf16_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: 8 filters of 27 weights at 4 × 144 places, and 5 rows of 1152 weights for each of 4 images."""
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: True)
    macs, written = 4 * 144 * 8 * 27 + 4 * 5 * 1152, 4 * 144 * 8 + 4 * 5
    assert work_of(small(), loss) == Work(macs, written)
    for least, chosen in ((macs, "bf16"), (macs + 1, "fp32")):
        monkeypatch.setattr(number_format, "WORTHWHILE_MACS", least)
        monkeypatch.setattr(number_format, "WORTHWHILE_INTENSITY", macs / written)
        choice = choose(small(), loss, CPU)
        assert choice.name == chosen
    assert choice.reason == (
        "so small a step gains little by bf16 (0 million multiply-accumulates a batch, "
        "32 for each number written)"
    )
    monkeypatch.setattr(number_format, "WORTHWHILE_MACS", macs)
    monkeypatch.setattr(number_format, "WORTHWHILE_INTENSITY", macs / written + 0.01)
    assert choose(small(), loss, CPU).name == "fp32"


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_work_of_a_cell(kind: type[nn.RNNBase]) -> None:
    """Each frame of each clip takes every weight matrix once: 3 frames of 2 clips."""
    layer = kind(6, 5, batch_first=True)
    gates = {nn.RNN: 1, nn.LSTM: 4, nn.GRU: 3}[kind]

    def step(network: nn.Module) -> Tensor:
        result: Tensor = network(torch.ones(2, 3, 6))[0].square().mean()
        return result

    assert work_of(layer, step) == Work(2 * 3 * gates * (6 * 5 + 5 * 5), 2 * 3 * 5)


def test_nothing_about_time_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice is the same when every look at a clock says something else."""
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: True)
    monkeypatch.setattr(number_format, "WORTHWHILE_MACS", 1)
    monkeypatch.setattr(number_format, "WORTHWHILE_INTENSITY", 1)
    choices = set()
    for speed in (1.0, 1e6):
        ticks = iter(range(10**9))
        for name in ("perf_counter", "monotonic", "time", "process_time"):
            monkeypatch.setattr(time, name, lambda: speed * next(ticks))  # noqa: B023
        choice = choose(small(), loss, CPU)
        choices.add((choice.name, choice.reason))
    assert choices == {("bf16", "native, worth it on such shapes, and its gradients agree with fp32")}


def test_the_network_is_untouched() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(400, 2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    choose(network, loss, CPU)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(not module._forward_hooks for module in network.modules())


def test_calls_are_recorded_with_their_gradients() -> None:
    network = small()
    calls = layer_calls(network, (nn.Conv2d, nn.Linear), lambda: loss(network))
    assert [call.name for call in calls] == ["0", "3"]
    for call in calls:
        weight = call.layer.weight
        assert isinstance(weight, nn.Parameter)
        again = torch.autograd.grad(call.layer(call.input), weight, call.output_gradient)[0]
        assert torch.allclose(again, weight.grad, rtol=1e-5, atol=1e-8)  # type: ignore[arg-type]


# Clips.


class Doubled(Padded):
    """Right but for a factor."""

    def weight_gradient(self, d: Tensor, x: Tensor, w: Tensor, g: Geometry) -> Tensor:
        return 2 * super().weight_gradient(d, x, w, g)


def test_a_3d_weight_gradient_that_bf16_gets_wrong_on_two_frames_takes_another_algorithm() -> None:
    """And is not even tried: such kernels write beyond their buffers."""
    network = nn.Sequential(nn.Conv3d(8, 16, 3, padding=1), nn.Flatten(), nn.Linear(16 * 2 * 36, 3))
    clips = torch.randn(4, 8, 2, 6, 6).contiguous(memory_format=torch.channels_last_3d)

    def step(network: nn.Module) -> Tensor:
        result: Tensor = network(clips).float().square().mean()
        return result

    assert first_wrong_layer(network, step, CPU, {}) is None
    geometry = Geometry.of(network[0])
    wrong = Choices(*(Choice(name, "bf16") for name in ("plain", "plain", "plain and wrong")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ALGORITHMS, "plain and wrong", Doubled())
        found = first_wrong_layer(network, step, CPU, {(geometry, tuple(clips.shape)): wrong})
    assert found == "the weight gradient of 0 differs from fp32 by 1 (limit 0.02)"


def computes_in_bf16(kind: type[nn.RNNBase]) -> bool:
    try:
        with torch.autocast("cpu", torch.bfloat16):
            kind(6, 5)(torch.ones(1, 1, 6))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers_are_checked(kind: type[nn.RNNBase], monkeypatch: pytest.MonkeyPatch) -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(6, 5, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.layer(x)[0][:, -1]
            return result

    torch.manual_seed(0)
    network, frames = Last(), torch.randn(4, 8, 6)

    def step(network: nn.Module) -> Tensor:
        result: Tensor = network(frames).float().square().mean()
        return result

    calls = layer_calls(network, number_format.CHECKED, lambda: step(network))
    assert [call.name for call in calls] == ["layer"]
    assert calls[0].output_gradient.shape == (4, 8, 5)
    if not computes_in_bf16(kind):
        wrong = "the output of layer differs from fp32 by inf (limit 0.02)"
        assert first_wrong_layer(network, step, CPU, {}) == wrong
        return
    assert len(dict(differences(calls[0], CPU, {}))) == 3
    assert first_wrong_layer(network, step, CPU, {}) is None
    real = kind.forward

    def rounded(self: nn.RNNBase, x: Tensor, *state: Tensor) -> tuple[Tensor, Tensor]:
        output, last = real(self, x, *state)  # type: ignore[operator]
        return (output.half() * 1.5 if torch.is_autocast_enabled("cpu") else output), last

    monkeypatch.setattr(kind, "forward", rounded)
    found = first_wrong_layer(network, step, CPU, {})
    assert found is not None
    assert found.startswith("the output of layer differs from fp32 by 0.5 (limit 0.02)")


def test_a_layer_that_cannot_be_computed_in_bf16_is_wrong_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: nn.Linear, x: Tensor) -> Tensor:
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError("could not create a primitive")
        result: Tensor = nn.functional.linear(x, self.weight, self.bias)
        return result

    monkeypatch.setattr(nn.Linear, "forward", missing)
    monkeypatch.setattr(number_format, "has_native_bf16", lambda device: True)
    monkeypatch.setattr(number_format, "WORTHWHILE_MACS", 1)
    monkeypatch.setattr(number_format, "WORTHWHILE_INTENSITY", 1)
    choice = choose(small(), loss, CPU)
    assert choice.name == "fp32"
    assert choice.reason == "bf16 is wrong here: the output of 3 differs from fp32 by inf (limit 0.02)"


def test_frozen_layers_are_checked_too() -> None:
    network = nn.Sequential(nn.Flatten(), BrokenLinear(432, 5, bias=False), nn.Linear(5, 3))
    network[1].requires_grad_(False)
    found = first_wrong_layer(network, loss, CPU, {})
    assert found is not None
    assert found.startswith("the weight gradient of 1")
    assert not network[1].weight.requires_grad
