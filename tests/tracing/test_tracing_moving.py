"""Operations that only move elements say themselves from where."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from seen_witness import drawn
from striate.tracing.moving import sources_of

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
