"""Operations say themselves whether they act element by element."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from seen_witness import Made, assert_seen, drawn, traced_field
from striate.arithmetic.described import Status
from striate.tracing import trace
from striate.tracing.trials import acts_elementwise, sources_of

ELEMENTWISE = {
    name: getattr(F, name)
    for name in (
        "relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "hardsigmoid",
        "hardtanh", "leaky_relu", "softplus", "softsign", "softshrink", "hardshrink", "tanhshrink",
        "logsigmoid", "sigmoid",
    )
} | {
    "threshold": lambda x: F.threshold(x, 1.0, 0.0),
    "threshold in place": lambda x: F.threshold(x.clone(), 1.0, 0.0, inplace=True),
    "mish in place": lambda x: F.mish(x.clone(), inplace=True),
    "hardswish in place": lambda x: F.hardswish(x.clone(), inplace=True),
    "an absolute value in place": lambda x: x.clone().abs_(),
    "a floored quotient": lambda x: x.floor_divide(0.3),
    "a remainder": lambda x: x % 0.7,
    "an angle": lambda x: torch.atan2(x, x.mean(3, keepdim=True)),
    "a power": lambda x: x**2.5,
    "special functions": lambda x: torch.special.erfcx(x) + torch.lgamma(x),
    "a clamp between tensors": lambda x: torch.clamp(x, x.mean(3, keepdim=True), x.mean(2, keepdim=True) + 9),
    "a gated linear unit": lambda x: F.glu(x, 1),
    "a gated linear unit over the width": lambda x: F.glu(x),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_fields_behind_elementwise_functions_are_exact_and_their_products_known(name: str) -> None:
    function = ELEMENTWISE[name]
    network = Made(lambda s, x: function(s.c(x)), c=nn.Conv2d(2, 2, 3, padding=1)).double()
    field = traced_field(network, (1, 2, 5, 6))
    assert field.status is Status.EXACT, field.reason
    kinds = {op.kind for op in trace(network, [torch.rand(1, 2, 5, 6, dtype=torch.float64)]).operations}
    assert "opaque" not in kinds


MIXING = {
    "an inverse": torch.linalg.inv,
    "a determinant spread out": lambda x: torch.linalg.qr(x)[0],
    "normal vectors": lambda x: torch.cross(x[..., :3], x[..., 1:4], dim=3),
    "a bounded norm": lambda x: torch.renorm(x, 2, 2, 0.5),
}


@pytest.mark.parametrize("name", MIXING)
def test_what_mixes_is_not_taken_for_elementwise(name: str) -> None:
    assert traced_field(Made(lambda s, x: MIXING[name](x)), (1, 1, 5, 5)).status is Status.BOUND


def test_the_operation_decides_not_its_name_and_is_asked_once() -> None:
    x = torch.empty(1, 8, 7, 7, device="meta")
    aten = torch.ops.aten
    assert acts_elementwise(aten.hardswish.default, {"self": x}, x.shape)
    assert not acts_elementwise(aten.hardswish.default, {"self": x}, (1, 8, 49))
    assert not acts_elementwise(aten.flip.default, {"self": x, "dims": [2]}, x.shape)
    assert not acts_elementwise(aten.tril.default, {"self": x, "diagonal": 0}, x.shape)  # some act on nothing
    assert not acts_elementwise(aten.bitwise_not.default, {"self": x.long()}, x.shape)


def test_asking_draws_no_random_numbers_of_the_network() -> None:
    network, x = Made(lambda s, x: F.hardswish(x) + torch.rrelu(x, 0.1, 0.2)), torch.rand(1, 1, 3, 3)
    before = torch.get_rng_state()
    trace(network, [x])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_layer_of_mobilenet_v3() -> None:
    class Gate(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Hardsigmoid())

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = x * self.gate(x)
            return result

    assert_seen(nn.Sequential(nn.Conv2d(2, 4, 3, 2, 1), nn.Hardswish()), (1, 2, 7, 7))
    assert (
        traced_field(nn.Sequential(nn.Conv2d(2, 4, 3), Gate()).double(), (1, 2, 7, 7)).status is Status.EXACT
    )


aten = torch.ops.aten


def test_each_element_knows_its_source_and_zeros_have_none() -> None:
    x = torch.empty(2, 2, device="meta")
    turned = sources_of(aten.rot90.default, {"self": x, "k": 1, "dims": [0, 1]})
    assert turned is not None
    assert turned.tolist() == [[1, 3], [0, 2]]
    cut = sources_of(aten.tril.default, {"self": x, "diagonal": 0})
    assert cut is not None
    assert cut.tolist() == [[0, -1], [2, 3]]


def test_what_computes_and_what_is_placed_by_unknown_numbers_is_not_moved() -> None:
    x = torch.empty(2, 2, device="meta")
    assert sources_of(aten.relu.default, {"self": x}) is None
    assert sources_of(aten.neg.default, {"self": x}) is None
    assert sources_of(aten.cumsum.default, {"self": x, "dim": 0, "dtype": None}) is None
    unknown = torch.empty(2, dtype=torch.int64, device="meta")
    assert sources_of(aten.take.default, {"self": x, "index": unknown}) is None


@drawn
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3), st.lists(st.integers(1, 3), min_size=3, max_size=3)
)
def test_strides_say_where_elements_lie(shape: list[int], strides: list[int]) -> None:
    strides = strides[: len(shape)]
    x = torch.empty(40, device="meta")
    found = sources_of(
        aten.as_strided.default, {"self": x, "size": shape, "stride": strides, "storage_offset": 2}
    )
    assert found is not None
    assert torch.equal(torch.from_numpy(found), torch.arange(40).as_strided(shape, strides, 2))
