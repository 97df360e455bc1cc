"""Counts against numbers worked out by hand, on networks where counters go wrong."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from small_networks import Made
from torch import nn

from striate.inspecting import Inspection, inspect

BARE = nn.Parameter(torch.rand(4, 3, 3, 3))


def sequence(network: nn.Module, *shape: int, batch: int = 1) -> Inspection:
    return inspect(network, shape, batch=batch, layout="NTC")


def unused() -> nn.Module:
    return Made(
        lambda s, x: s.a(x) if x.shape[-1] == 8 else s.b(x), a=nn.Conv2d(3, 4, 3), b=nn.Conv2d(3, 4, 5)
    )


def tied() -> nn.Module:
    network = nn.Sequential(nn.Linear(8, 8, bias=False), nn.ReLU(), nn.Linear(8, 8, bias=False))
    network[2].weight = network[0].weight
    return network


def attention_block(batch_first: bool = True) -> nn.Module:
    return Made(lambda s, x: s.mha(x, x, x)[0], mha=nn.MultiheadAttention(16, 2, batch_first=batch_first))


def folded() -> nn.Module:
    return Made(
        lambda s, x: s.c(x.transpose(1, 2).flatten(0, 1)).view(x.shape[0], x.shape[2], 4, 8, 8),
        c=nn.Conv2d(3, 4, 3, padding=1),
    )


def lstm_macs(inputs: int, units: int, gates: int, layers: int, directions: int, steps: int) -> int:
    first = gates * units * (inputs + units)
    later = gates * units * (directions * units + units)
    return steps * directions * (first + (layers - 1) * later)


# name: (network, input shape, options, parameters, MACs)
CASES = {
    "functional convolution with a bare parameter": (
        Made(lambda s, x: F.conv2d(x, s.w, padding=1), w=BARE), (3, 8, 8), {}, 108, 108 * 64,
    ),
    "functional convolution with a parameter that is not registered": (
        Made(lambda s, x: F.conv2d(x, BARE * 2, padding=1)), (3, 8, 8), {}, 0, 108 * 64,
    ),
    "a module called three times": (
        Made(lambda s, x: s.c(s.c(s.c(x))), c=nn.Conv2d(3, 3, 3, padding=1)), (3, 8, 8), {}, 84, 3 * 81 * 64,
    ),
    "tied weights": (tied(), (8,), {}, 64, 2 * 64),
    "grouped": (nn.Conv2d(8, 12, 3, groups=4), (8, 6, 6), {}, 12 * 2 * 9 + 12, 12 * 2 * 9 * 16),
    "depthwise": (nn.Conv2d(8, 8, 3, groups=8, bias=False), (8, 6, 6), {}, 72, 72 * 16),
    "depthwise with a multiplier": (nn.Conv2d(4, 8, 3, groups=4, bias=False), (4, 6, 6), {}, 72, 72 * 16),
    "transposed 2D": (nn.ConvTranspose2d(6, 4, 3, 2), (6, 5, 5), {}, 6 * 4 * 9 + 4, 6 * 4 * 9 * 25),
    "transposed 2D, grouped": (
        nn.ConvTranspose2d(6, 4, 3, 2, groups=2), (6, 5, 5), {}, 6 * 2 * 9 + 4, 6 * 2 * 9 * 25,
    ),
    "transposed 3D": (nn.ConvTranspose3d(2, 4, 2, 2), (2, 3, 4, 5), {}, 2 * 4 * 8 + 4, 2 * 4 * 8 * 60),
    "dilated": (nn.Conv2d(3, 4, 3, dilation=2), (3, 9, 9), {}, 112, 108 * 25),
    "padding same": (nn.Conv2d(3, 4, 4, padding="same"), (3, 8, 8), {}, 196, 192 * 64),
    "1D": (nn.Conv1d(3, 4, 5, 2), (3, 21), {}, 64, 60 * 9),
    "batch of 8": (nn.Conv2d(3, 4, 3, padding=1), (3, 8, 8), {"batch": 8}, 112, 8 * 108 * 64),
    "3D": (nn.Conv3d(3, 4, 3, padding=1), (3, 4, 8, 8), {}, 328, 324 * 256),
    "x @ W": (Made(lambda s, x: x @ s.w, w=nn.Parameter(torch.rand(6, 5))), (6,), {}, 30, 30),
    "x @ W over a sequence": (
        Made(lambda s, x: x @ s.w, w=nn.Parameter(torch.rand(6, 5))), (7, 6), {"layout": "NTC"}, 30, 210,
    ),
    "linear over a sequence": (nn.Linear(6, 5), (7, 6), {"layout": "NTC", "batch": 2}, 35, 2 * 7 * 30),
    "time folded into the batch": (folded(), (3, 5, 8, 8), {}, 112, 5 * 108 * 64),
    "an unused layer behind an if": (unused(), (3, 8, 8), {}, 112 + 304, 108 * 36),
    "einsum": (
        Made(lambda s, x: torch.einsum("nti,oi->nto", x, s.w), w=nn.Parameter(torch.rand(5, 6))),
        (7, 6), {"layout": "NTC"}, 30, 210,
    ),
    "einsum of two activations": (
        Made(lambda s, x: torch.einsum("nti,nsi->nts", x, x)), (7, 6), {"layout": "NTC"}, 0, 7 * 7 * 6,
    ),
    "batch norm in training mode": (
        nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)).train(),
        (3, 8, 8), {}, 116, 108 * 36,
    ),
    "weight norm": (
        torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), (3, 8, 8), {}, 116, 108 * 36,
    ),
    "masked weights": (
        Made(lambda s, x: F.linear(x, s.w * torch.ones(5, 6).tril()), w=nn.Parameter(torch.rand(5, 6))),
        (6,), {}, 30, 30,
    ),
    "embedding": (nn.Embedding(10, 4), (), {}, 40, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CASES if name != "embedding"])
def test_parameters_and_macs_are_those_worked_out_by_hand(name: str) -> None:
    network, shape, options, parameters, macs = CASES[name]
    totals = inspect(network, shape, **options).totals
    assert totals.parameters.value == parameters
    assert totals.macs.to_json() == {"value": macs, "status": "exact"}


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(("cell", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_recurrent_layers_of_two(cell: type[nn.RNNBase], gates: int, directions: int) -> None:
    network = cell(6, 5, num_layers=2, batch_first=True, bidirectional=directions == 2)
    found = sequence(network, 7, 6, batch=3)
    count = sum(p.numel() for p in network.parameters())
    assert found.totals.macs.to_json() == {
        "value": lstm_macs(6, 5, gates, 2, directions, 21),
        "status": "exact",
    }
    assert found.totals.parameters.value == count
    assert [layer.kind for layer in found.layers] == [{4: "lstm", 3: "gru", 1: "rnn_tanh"}[gates]]
    assert found.layers[0].formula.endswith(f" = {count:,}")
    assert _worth(found.layers[0].formula) == count


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_multi_head_attention_in_both_modes(training: bool, batch_first: bool) -> None:
    network = attention_block(batch_first).train(training)
    layout = (5, 16) if batch_first else (2, 16)
    found = inspect(network, layout, batch=2 if batch_first else 5, layout="NTC" if batch_first else "TNC")
    projections, products = 2 * 5 * 4 * 16 * 16, 2 * 2 * 5 * 5 * 16
    assert found.totals.macs.to_json() == {"value": projections + products, "status": "exact"}
    assert found.totals.parameters.value == 4 * 16 * 17
    assert [layer.kind for layer in found.layers] == ["multihead_attention"]
    assert network.training is training


@pytest.mark.parametrize("causal", [True, False])
def test_scaled_dot_product_attention(causal: bool) -> None:
    network = Made(
        lambda s, x: F.scaled_dot_product_attention(x, x[:, :, :4], x[:, :, :4, :3], is_causal=causal)
    )
    found = inspect(network, (2, 5, 8), layout="NHTC")
    assert found.totals.macs.to_json() == {"value": 2 * 5 * 4 * (8 + 3), "status": "exact"}


def test_a_module_called_three_times_is_three_rows_and_counts_once() -> None:
    network, shape, *_ = CASES["a module called three times"]
    rows = inspect(network, shape).layers
    assert [(row.name, row.call, row.parameters) for row in rows] == [("c", 1, 84), ("c", 2, 0), ("c", 3, 0)]
    assert rows[1].shared == ("c.weight", "c.bias")
    assert "counted where it was first used" in rows[1].notes[0]


def test_a_tied_weight_is_counted_once_and_marked() -> None:
    rows = inspect(tied(), (8,)).layers
    assert [row.parameters for row in rows] == [64, 0, 0]
    assert rows[2].shared == ("0.weight",)


COPIES = {
    "another parameter": lambda c, x: F.conv2d(x, nn.Parameter(c.weight)),
    "a subclass": lambda c, x: F.conv2d(x, c.weight.as_subclass(torch.Tensor)),
    "a copied module": lambda c, x: deepcopy(c)(x),
    "a copied parameter": lambda c, x: F.conv2d(x, deepcopy(c.weight)),
    "a parameter made of one": lambda c, x: F.conv2d(x, nn.Parameter(c.weight * 2)),
    "a view made one": lambda c, x: F.conv2d(x, nn.Parameter(c.weight.flip(0).transpose(2, 3))),
    "its data": lambda c, x: F.conv2d(x, c.weight.data),
}


@pytest.mark.parametrize("measure", [False, True])
@pytest.mark.parametrize("name", COPIES)
def test_a_parameter_counts_by_way_of_any_object_for_it(name: str, measure: bool) -> None:
    network = Made(lambda s, x: COPIES[name](s.c, x), c=nn.Conv2d(3, 4, 3, bias=False))
    found = inspect(network, (3, 8, 8), measure=measure)
    assert [(layer.weights, layer.uses) for layer in found.layers] == [(108, ("c.weight",))]
    assert (found.totals.unused, found.totals.backward_macs.value) == (0, 108 * 36)


def test_an_unused_layer_is_listed() -> None:
    found = inspect(unused(), (3, 8, 8))
    assert found.unused == (("b.weight", 300), ("b.bias", 4))
    assert found.totals.unused == 304


def test_frozen_and_trainable_weights_and_biases_are_apart() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(6, 5))
    network[0].weight.requires_grad_(False)
    found = inspect(network, (3, 8, 8))
    first = found.layers[0]
    assert (first.weights, first.biases, first.trainable, first.frozen) == (108, 4, 4, 108)
    assert (found.totals.trainable, found.totals.frozen) == (39, 108)


@pytest.mark.parametrize(
    ("network", "shape", "filters", "kernels", "formula"),
    [
        (nn.Conv2d(1, 32, 3, padding=1), (1, 28, 28), 32, 32, "(3·3·1 + 1)·32 = 320"),
        (nn.Conv2d(3, 32, 3, padding=1), (3, 28, 28), 32, 96, "(3·3·3 + 1)·32 = 896"),
        (nn.Conv2d(32, 64, 3, padding=1), (32, 14, 14), 64, 2048, "(3·3·32 + 1)·64 = 18,496"),
        (nn.Conv2d(32, 32, 3, groups=32, bias=False), (32, 9, 9), 32, 32, "3·3·1·32 = 288"),
        (nn.Conv2d(8, 12, 3, groups=4), (8, 9, 9), 12, 24, "(3·3·2 + 1)·12 = 228"),
        (nn.ConvTranspose2d(6, 4, 3), (6, 5, 5), 4, 24, "(3·3·6 + 1)·4 = 220"),
        (nn.Conv3d(3, 64, (3, 7, 7), bias=False), (3, 4, 9, 9), 64, 192, "3·7·7·3·64 = 28,224"),
        (nn.Linear(3136, 128), (3136,), None, None, "(3,136 + 1)·128 = 401,536"),
        (nn.BatchNorm2d(64), (64, 5, 5), None, None, "2·64 = 128"),
        (nn.PReLU(), (3, 5, 5), None, None, "1 = 1"),
    ],
)
def test_the_formula_is_worked_out(
    network: nn.Module, shape: tuple[int, ...], filters: int, kernels: int, formula: str
) -> None:
    row = inspect(network, shape).layers[0]
    assert (row.filters, row.kernels, row.formula) == (filters, kernels, formula)


def test_every_formula_of_the_catalogue_is_worth_its_number() -> None:
    for name in ("resnet50", "mobilenet_v2", "squeezenet1_1", "alexnet"):
        for row in inspect(name).layers:
            if row.parameters:
                assert _worth(row.formula) == row.parameters, row.formula


def _worth(formula: str) -> int:
    """A formula's left side, worked out by Python."""
    left = formula.split(" = ")[0]
    return int(eval(left.replace("·", "*").replace(",", "")))


def test_an_operation_that_is_not_known_makes_the_total_partial() -> None:
    network = Made(lambda s, x: torch.linalg.inv(s.c(x)), c=nn.Conv2d(1, 1, 3))
    found = inspect(network, (1, 8, 8))
    assert found.totals.macs.status.word == "unknown"
    assert found.totals.macs.value == 9 * 36
    assert "linalg_inv" in found.totals.macs.reason
    assert found.layers[-1].to_json()["macs"] is None


def test_flops_are_two_per_mac_and_one_per_other_operation() -> None:
    rows = inspect(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)), (3, 8, 8)
    ).layers
    assert [row.flops.value for row in rows] == [2 * 108 * 36, 2 * 144, 144, 3 * 36]


def test_bytes_moved_and_intensity() -> None:
    row = inspect(nn.Conv2d(3, 4, 3, bias=False), (3, 8, 8)).layers[0]
    assert row.activation_bytes == 4 * 144
    assert row.bytes_moved == 4 * (192 + 108 + 144)
    assert row.intensity == pytest.approx(2 * 108 * 36 / row.bytes_moved)
