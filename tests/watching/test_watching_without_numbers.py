"""Shapes found without numbers are those found with them, and PyTorch's compiler is not loaded for them."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate.watching import without_numbers

Run = Callable[[Tensor], Tensor]
SIMPLE: list[Run] = [
    *(F.relu, F.relu6, F.hardtanh, F.leaky_relu, F.elu, F.gelu, F.silu, F.mish, F.hardswish, F.hardsigmoid),
    *(F.dropout, torch.relu, torch.sigmoid, torch.tanh, Tensor.relu, Tensor.sigmoid, Tensor.tanh),
    *(torch.mean, Tensor.mean, lambda x: x.mean((2, 3)), lambda x: torch.mean(x, 1, keepdim=True)),
    *(
        lambda x: x.mean(dim=-1),
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: F.adaptive_avg_pool2d(x, (2, 3)),
    ),
    *(lambda x: F.adaptive_avg_pool2d(x, (None, 2)), lambda x: F.adaptive_avg_pool1d(x[0], 3)),
    *(
        lambda x: F.adaptive_avg_pool3d(x, (1, 2, 2)),
        lambda x: F.dropout2d(x),
        lambda x: F.dropout3d(x[None]),
    ),
    *(
        lambda x: x + x,
        lambda x: x - 1,
        lambda x: x * x[:, :1],
        lambda x: 2 * x,
        lambda x: torch.add(x, x.double()),
    ),
    *(lambda x: torch.sub(x, x), lambda x: torch.mul(x, x), lambda x: x + x[:, :1, :1, :1]),
    *(lambda x: torch.cat([x, x], 1), lambda x: torch.cat([x, x[:, :2]], dim=1), lambda x: torch.cat((x, x))),
    *(lambda x: torch.cat([x, x], dim=-1), lambda x: torch.cat([x, x.double()], 2)),
    *(lambda x: F.batch_norm(x, x[0, :, 0, 0], x[0, :, 0, 0] ** 2), lambda x: F.layer_norm(x, x.shape[2:])),
    *(
        lambda x: F.group_norm(x, 2),
        lambda x: F.linear(x, torch.zeros(5, 6)),
        lambda x: F.linear(x, torch.zeros(1, 6)),
    ),
    *(
        lambda x: F.conv2d(x, torch.zeros(6, 2, 3, 2), torch.zeros(6), 2, (1, 0), 1, 2),
        lambda x: F.conv2d(x, torch.zeros(6, 4, 1, 3), padding="same"),
        lambda x: F.conv2d(x[0], torch.zeros(6, 4, 3, 3), stride=(1, 2), dilation=(2, 1)),
        lambda x: F.conv1d(x[0], torch.zeros(3, 5, 4), padding=1),
        lambda x: F.conv3d(x[None], torch.zeros(3, 2, 1, 3, 3)),
    ),
    *(
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, (2, 3), (1, 2), 1, ceil_mode=True),
        lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
        lambda x: F.max_pool2d(x[0], 3, dilation=2),
        lambda x: nn.MaxPool3d((1, 2, 2))(x[None]),
        lambda x: nn.MaxPool1d(2)(x[0]),
        lambda x: F.avg_pool2d(x, 2, 1, 1, False, False, 3),
        lambda x: nn.AvgPool3d(2, ceil_mode=True)(x[None]),
        lambda x: F.avg_pool1d(x[0], 3, 2),
        lambda x: F.adaptive_max_pool2d(x, (3, None)),
        lambda x: F.adaptive_max_pool1d(x[0], 2, return_indices=True)[0],
    ),
    *(
        lambda x: x.sum(),
        lambda x: x.sum((0, -1), keepdim=True),
        lambda x: torch.sum(x.long(), 1),
        lambda x: x.sum(2, dtype=torch.float64),
        lambda x: x.mean(()),
        lambda x: torch.mean(x, (1, 3)),
    ),
    *(
        lambda x: nn.GRU(6, 3, num_layers=2)(x[0])[0],
        lambda x: nn.RNN(6, 3, bidirectional=True, batch_first=True)(x[0])[1],
        lambda x: nn.LSTM(6, 3)(x[0])[1][1],
        lambda x: nn.LSTM(6, 3, bidirectional=True)(x[0, 0])[0],
    ),
    *(lambda x: torch.zeros_like(x), lambda x: torch.ones_like(x, dtype=torch.int32)),
    *(
        lambda x: torch.zeros(3, 4).copy_(torch.ones(4)),
        lambda x: x.clone().fill_(2).mul_(3).add_(x).clamp_(min=0),
    ),
]


@pytest.mark.parametrize("run", SIMPLE)
def test_shapes_and_types_are_those_of_numbers(run: Run) -> None:
    expected = run(torch.randn(2, 4, 5, 6))
    with without_numbers():
        found = run(torch.empty(2, 4, 5, 6))
    assert found.is_meta
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            lambda x: F.linear(x, torch.zeros(5, 7)),
            r"mat1 and mat2 shapes cannot be multiplied \(40x6 and 7x5\)",
        ),
        (lambda x: x + x[:, :3], "broadcast"),
        (lambda x: torch.cat([x, x[:, :, :3]], 1), "[Ss]izes of tensors"),
        (lambda x: F.conv2d(x, torch.zeros(3, 4, 9, 9)), "Kernel size can't be greater|is too small"),
        (lambda x: F.conv2d(x, torch.zeros(3, 3, 3, 3)), "channel"),
        (lambda x: F.max_pool2d(x, 9), "too small"),
        (lambda x: F.max_pool2d(x, 2, padding=2), "half"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, words: str) -> None:
    with without_numbers(), pytest.raises(RuntimeError, match=words):
        run(torch.empty(2, 4, 5, 6))


def test_other_tensors_keep_their_numbers() -> None:
    x = torch.tensor([1.0, -1.0])
    with without_numbers():
        assert torch.equal(F.relu(x), torch.tensor([1.0, 0.0], device="cpu"))
        assert torch.equal(torch.cat([x, x]), torch.tensor([1.0, -1.0, 1.0, -1.0], device="cpu"))
        x.zero_()
        made = nn.Linear(2, 3)
    assert x.tolist() == [0.0, 0.0]
    assert made.weight.is_meta


OPENED = """
import sys, torch
from striate import step_of
from striate.models import CATALOGUE, NetworkSpec, build
from striate.tuning.calls import calls_of
for backbone in CATALOGUE:
    if backbone not in ("vgg16", "alexnet", "resnet34", "resnet50", "resnet101"):  # of kinds that others are
        build(backbone, classes=3, size=64)
for backbone in ("resnet18", "mobilenet_v2", "squeezenet1_1", "alexnet"):
    for way in ("tsm", "3d", "2plus1d", "gru", "two-stream"):
        with torch.device("cpu"):
            NetworkSpec(backbone, 3, 3, 64, time=way, frames=8).without_numbers()
step_of(build("resnet18", classes=3, time="tsm", causal=True).eval(), size=64)
for way in ("tsm", "3d", "lstm"):
    calls_of(build("plain", classes=3, size=28, time=way, frames=8), (2, 3, 8, 28, 28))
assert not {"torch._dynamo", "torch.fx.experimental.symbolic_shapes", "sympy"} & {*sys.modules}
"""


def test_opening_a_network_loads_no_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
