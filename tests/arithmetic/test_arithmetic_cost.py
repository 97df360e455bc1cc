"""Multiply-accumulates against PyTorch's own counter; the rest against numbers worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from seen_witness import Made, drawn
from striate.arithmetic import cost
from striate.arithmetic.described import Figure, Operation, Recording, Role, Status, TensorInfo, total
from striate.inspecting import inspect
from striate.models import build
from striate.tracing import trace


def count(of: Callable[..., Figure], recording: Recording) -> Figure:
    tensors = recording.tensors
    return total(
        of(op, [tensors[i] for i in op.inputs], [tensors[i] for i in op.outputs])
        for op in recording.operations
        if op.kind != "escape"
    )


def macs_by_torch(network: nn.Module, x: Tensor) -> int:
    attention = sdpa_kernel(SDPBackend.MATH)  # the products of the fused kernel are not counted
    with attention, FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(x)
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return flops // 2


def agree(network: nn.Module, *shape: int) -> None:
    x = torch.randn(shape)
    assert count(cost.macs, trace(network, [x])) == Figure(macs_by_torch(network, x))


@drawn
@given(
    st.sampled_from(
        [nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d]
    ),
    st.sampled_from([(2, 4, 1), (4, 2, 2), (4, 4, 4)]),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(0, 1),
    st.integers(1, 2),
)
def test_convolutions(
    kind: type[nn.Module],
    channels: tuple[int, int, int],
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
) -> None:
    inputs, outputs, groups = channels
    axes = int(kind.__name__[-2])
    layer = kind(inputs, outputs, kernel, stride, padding, groups=groups, dilation=dilation)
    agree(layer, 2, inputs, *[7, 6, 5][:axes])


PRODUCTS = {
    "linear": nn.Linear(6, 3),
    "linear without a bias": nn.Linear(6, 3, bias=False),
    "matrices": Made(lambda s, x: x[0, 0] @ x[0, 1].t()),
    "batches of matrices": Made(lambda s, x: x @ x.transpose(2, 3)),
    "einsum": Made(lambda s, x: torch.einsum("nchw,ndhw->ncd", x, x)),
    "attention": Made(lambda s, x: F.scaled_dot_product_attention(x, x, x)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name: str) -> None:
    agree(PRODUCTS[name], 2, 4, 5, 6)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (2, 1), (2, 2)])
def test_recurrent_layers_multiply_each_matrix_once_a_step(
    kind: type[nn.RNNBase], layers: int, directions: int
) -> None:
    layer = kind(5, 7, layers, bidirectional=directions == 2, batch_first=True)
    matrices = sum(p.numel() for name, p in layer.named_parameters() if name.startswith("weight"))
    recording = trace(layer, [torch.randn(3, 4, 5)], ("N", "T", "C"))
    assert count(cost.macs, recording) == Figure(3 * 4 * matrices)


def info(*shape: int, role: Role = Role.ACTIVATION) -> TensorInfo:
    return TensorInfo(shape, 4, role)


def operation(kind: str, name: str = "aten.some", **geometry: object) -> Operation:
    return Operation(kind, name, (0,), (1,), geometry)


@pytest.mark.parametrize(
    ("described", "inputs", "outputs", "flops"),
    [
        (operation("elementwise"), [info(2, 3)], [info(2, 3)], 6),
        (operation("batch_norm", batch_statistics=False), [info(1, 2, 3)], [info(1, 2, 3)], 2 * 6),
        (operation("batch_norm", batch_statistics=True), [info(1, 2, 3)], [info(1, 2, 3)], 5 * 6),
        (operation("group_norm", groups=2), [info(1, 2, 3), info(2), info(2)], [info(1, 2, 3)], 7 * 6),
        (operation("mix", softmax=True), [info(2, 3)], [info(2, 3)], 5 * 6),
        (operation("pool", kernel=(3, 3), of="max"), [info(1, 1, 6, 6)], [info(1, 1, 2, 2)], 4 * 8),
        (operation("pool", kernel=(3, 3), of="average"), [info(1, 1, 6, 6)], [info(1, 1, 2, 2)], 4 * 9),
        (operation("adaptive_pool", dims=(2, 3)), [info(1, 1, 5, 4)], [info(1, 1, 2, 2)], 6 * 4),
        (operation("reduce"), [info(4, 5)], [info(4)], 20),
        (
            operation("interpolate", mode="linear", dims=(2, 3)),
            [info(1, 1, 2, 2)],
            [info(1, 1, 4, 4)],
            16 * 7,
        ),
        (operation("interpolate", mode="nearest", dims=(2, 3)), [info(1, 1, 2, 2)], [info(1, 1, 4, 4)], 0),
        (operation("reshape"), [info(2, 3)], [info(6)], 0),
        (operation("copy"), [info(2, 3), info(2, 3)], [info(2, 3)], 0),
    ],
)
def test_operations_that_are_not_products(
    described: Operation, inputs: list[TensorInfo], outputs: list[TensorInfo], flops: int
) -> None:
    assert cost.macs(described, inputs, outputs) == Figure(0)
    assert cost.flops(described, inputs, outputs) == Figure(flops)


def test_a_product_is_two_operations() -> None:
    recording = trace(nn.Linear(6, 3), [torch.randn(2, 6)])
    assert count(cost.flops, recording).value == 2 * count(cost.macs, recording).value == 2 * 2 * 6 * 3


def test_what_is_not_known_is_unknown_and_named() -> None:
    recording = trace(Made(lambda s, x: torch.linalg.inv(x)), [torch.eye(3)[None]])
    assert count(cost.macs, recording).status is Status.UNKNOWN
    assert "linalg_inv" in count(cost.macs, recording).reason
    assert cost.macs(operation("opaque", "aten.index"), [info(2, 3)], [info(3)]) == Figure(0)


def test_bytes_moved_are_those_of_each_tensor_once_and_none_for_a_view() -> None:
    add = Operation("elementwise", "aten.add", (0, 1), (2,))
    assert cost.bytes_moved(add, [info(2, 3), info(3)], [info(2, 3)]) == 4 * (6 + 3 + 6)
    assert cost.new_bytes(add, [info(2, 3)]) == 24
    view = Operation("reshape", "aten.view", (0,), (1,), view=True)
    assert cost.bytes_moved(view, [info(2, 3)], [info(6)]) == cost.new_bytes(view, [info(6)]) == 0
    in_place = Operation("elementwise", "aten.add_", (0,), (0,), writes=True)
    assert cost.new_bytes(in_place, [info(2, 3)]) == 0
    assert cost.bytes_moved(in_place, [info(2, 3)], [info(2, 3)]) == 48
    copy = Operation("copy", "aten.copy_", (0, 1), (0,), writes=True)
    assert cost.bytes_moved(copy, [info(2, 3), info(2, 3)], [info(2, 3)]) == 48  # the target is not read


def test_statistics_and_indices_beside_a_result_are_not_activations() -> None:
    norm = Operation("batch_norm", "aten.native_batch_norm", (0,), (1, 2, 3), {"batch_statistics": False})
    assert cost.new_bytes(norm, [info(1, 8, 4), info(8), info(8)]) == 4 * 32
    split = Operation("unbind", "aten.some", (0,), (1, 2))
    assert cost.new_bytes(split, [info(3), info(3)]) == 24


def test_kinds_that_do_no_arithmetic_cost_none() -> None:
    for kind in sorted(cost.UNCOMPUTED):
        assert cost.flops(operation(kind), [info(2, 3)], [info(2, 3)]) == Figure(0)


def test_work_outside_of_torch_makes_a_sum_partial() -> None:
    there_and_back = Made(lambda s, x: torch.from_numpy(x.numpy() @ x.numpy().transpose(0, 1, 3, 2)).sum())
    figure = cost.outside(trace(there_and_back, [torch.rand(1, 1, 3, 3)]))
    assert figure == Figure(0, Status.UNKNOWN, "work outside of torch")
    for inside in (
        Made(lambda s, x: x * x.max().item()),
        Made(lambda s, x: x if x.sum() > 0 else -x),
        nn.ReLU(),
    ):
        assert cost.outside(trace(inside, [torch.rand(1, 1, 3, 3)])) == Figure(0)


def test_products_of_parameters_alone_count() -> None:
    class LowRank(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.up = nn.Parameter(torch.randn(64, 96)), nn.Parameter(torch.randn(96, 64))

        def forward(self, x: Tensor) -> Tensor:
            return F.linear(x, self.down @ self.up)

    agree(LowRank(), 12, 64)
    assert inspect(LowRank(), (64,)).totals.macs == Figure(64 * 96 * 64 + 64 * 64)


def counted(network: nn.Module, x: Tensor, layout: str | None = None) -> tuple[int, int]:
    """Products there and back: as torch counts them. Ours are asserted to be the same."""
    with FlopCounterMode(display=False) as there:
        out = network(x)
    loss = (out[0] if isinstance(out, tuple) else out).sum()
    with FlopCounterMode(display=False) as back:
        loss.backward()
    found = inspect(network, x, layout=layout).totals
    assert found.backward_macs.status.word == "exact"
    assert (found.macs.value, found.backward_macs.value) == (
        there.get_total_flops() // 2, back.get_total_flops() // 2
    )  # fmt: skip
    return found.macs.value, found.backward_macs.value


def catalogue(name: str) -> nn.Module:
    channels, size = (1, 28) if name == "plain" else (3, 64)
    return build(name, classes=10, channels=channels, size=(size, size)).eval()


@pytest.mark.parametrize("name", ["plain", "resnet18", "squeezenet1_1"])
def test_networks_of_the_catalogue(name: str) -> None:
    network = catalogue(name)
    there, back = counted(network, torch.rand(1, *((1, 28, 28) if name == "plain" else (3, 64, 64))))
    first = inspect(network, (1, 28, 28) if name == "plain" else (3, 64, 64)).layers[0].macs.value
    assert back == 2 * there - first  # nobody wants the gradient of the input


class Unrolled(nn.Module):
    """An LSTM of cells, whose products torch counts."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = c = torch.zeros(x.shape[0], 4)
        for step in x.unbind(1):
            h, c = self.cell(step, (h, c))
        return h


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        weights = (self.q(x) @ self.k(x).mT).softmax(-1)
        result: Tensor = weights @ self.v(x)
        return result


class Fused(Attending):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))


CASES: dict[str, tuple[nn.Module, Tensor]] = {
    "transposed": (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 2, 3, 2)), torch.rand(2, 3, 6, 7)),
    "attention by hand": (Attending(), torch.rand(2, 7, 6)),
    "a branch": (nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 4)), torch.rand(3, 2, 5)),
    "3d": (nn.Sequential(nn.Conv3d(2, 3, (1, 3, 3)), nn.Conv3d(3, 2, (3, 1, 1))), torch.rand(1, 2, 4, 5, 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_layers_of_all_kinds(name: str) -> None:
    counted(*CASES[name])


def test_attention_as_one_operation_costs_what_it_does_in_parts() -> None:
    x = torch.rand(2, 7, 6)
    fused, parts = inspect(Fused(), x).totals, inspect(Attending(), x).totals
    assert (fused.macs, fused.backward_macs) == (parts.macs, parts.backward_macs)


def test_a_recurrent_layer_costs_what_its_steps_do() -> None:
    x = torch.rand(2, 7, 5)
    whole, steps = (
        inspect(nn.LSTM(5, 4, batch_first=True), x, layout="NTC").totals,
        inspect(Unrolled(), x).totals,
    )
    assert whole.macs == steps.macs
    first_state = 2 * 4 * 4 * 4  # the state that cells begin with learns nothing, a layer's is counted
    assert whole.backward_macs.value == steps.backward_macs.value + first_state


def test_frozen_parameters_have_no_gradient() -> None:
    network: Any = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3))
    for parameter in (*network[0].parameters(), *network[1].parameters()):
        parameter.requires_grad_(False)
    found = inspect(network, (3, 9, 9))
    assert [row.backward_macs.value for row in found.layers] == [0, 0, found.layers[2].macs.value]
    counted(network, torch.rand(1, 3, 9, 9))


def test_groups_have_two_gradients_too() -> None:
    found = inspect(nn.Sequential(nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, groups=4)), (4, 9, 9))
    assert found.layers[1].backward_macs.value == 2 * 4 * 9 * 7 * 7


def test_what_is_unknown_there_is_unknown_back() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.linalg.solve(self.a(x), x)

    found = inspect(Odd(), torch.rand(2, 4, 4)).totals
    assert (found.backward_macs.status, found.backward_macs.reason) == (found.macs.status, found.macs.reason)
    assert found.backward_macs.status.word == "unknown"
