"""What holds for every kind of layer: numbers, gradients, terms and texts, against float64 autograd."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
import torch
from every_kind import EXAMPLES
from explaining_networks import numbers, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from striate.explaining.checking import as_array, compare, rounding
from striate.explaining.kinds.catalogue import BY_KEY, kind_of
from striate.explaining.kinds.kernel import KernelKind
from striate.explaining.kinds.kind import Kind
from striate.explaining.texts import LANGUAGES, Texts
from striate.explaining.weight_gradient import gradient_by_torch
from striate.pages import Document, Section
from striate.pages.maths import sub
from striate.pages.page import page_of
from striate.tracing.layer_record import Recorded
from striate.tracing.recording import record

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
SEEDS = st.integers(0, 9)
ALL = [(key, number) for key, examples in EXAMPLES.items() for number in range(len(examples))]


@cache
def worked_out(key: str, number: int, seed: int) -> tuple[Recorded, Kind]:
    """The last layer of an example in float64, with the gradients of a weighted sum of its outputs.

    Kept for the tests to come, as no question changes it.
    """
    network, shape = EXAMPLES[key][number]
    network, x = seeded(deepcopy(network), seed).double(), 3 * numbers(*shape, seed=seed).double()

    def loss(output: torch.Tensor) -> torch.Tensor:
        return (output * numbers(*output.shape, seed=seed + 1).double()).sum()

    recorded = record(network, x, loss=loss)
    return recorded, kind_of([one for one in recorded.layers if one.whole][-1])


def test_every_kind_has_examples() -> None:
    assert EXAMPLES.keys() == BY_KEY.keys()


@pytest.mark.parametrize(("key", "number"), ALL)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_number_is_what_torch_computed(key: str, number: int, data: st.DataObject) -> None:
    _, kind = worked_out(key, number, data.draw(SEEDS))
    output = kind.record.output
    index = tuple(data.draw(st.integers(0, size - 1)) for size in output.shape)
    detail = kind.detail(index)
    assert kind.key == key
    compare("y", detail.value, float(output[index]), rounding(output, *detail.summed))


@pytest.mark.parametrize(("key", "number"), ALL)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_gradient_at_the_input_is_autograds(key: str, number: int, seed: int) -> None:
    _, kind = worked_out(key, number, seed)
    theirs, found = kind.record.input_gradient, kind.input_gradient()
    assert theirs is not None
    assert found.value.shape == tuple(theirs.shape)
    compare("∂L/∂x", found.value, as_array(theirs), rounding(theirs, found.terms, found.size))


@pytest.mark.parametrize(("key", "number"), ALL)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_the_terms_of_a_parameter_add_up_to_its_gradient(key: str, number: int, data: st.DataObject) -> None:
    recorded, kind = worked_out(key, number, data.draw(SEEDS))
    for name in kind.learned:
        theirs = gradient_by_torch(recorded, kind.record, name)
        index = tuple(data.draw(st.integers(0, size - 1)) for size in theirs.shape)
        terms = kind.terms(name, index)
        assert terms.total == pytest.approx(float(theirs[index]), rel=1e-8, abs=1e-10)
        if isinstance(kind, KernelKind) and name == "weight":
            assert kind.row_times_column(terms) == pytest.approx(terms.total, rel=1e-9, abs=1e-12)
            np.testing.assert_array_equal(kind.delta_row(name, index), terms.upstream.reshape(-1))
            np.testing.assert_array_equal(kind.patches_column(name, index), terms.seen.reshape(-1))
        if theirs.dim() > 2:
            sums, sizes = kind.kernel_sums(name, index)
            np.testing.assert_allclose(sums, as_array(theirs[index[:2]]), rtol=1e-8, atol=1e-10)
            assert sizes[index[2:]] == pytest.approx(abs(terms.values).sum())


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_parameter_of_a_layer_can_be_asked_for(key: str) -> None:
    _, kind = worked_out(key, 0, 0)
    assert set(kind.learned) == set(dict(kind.layer.named_parameters(recurse=False)))


@pytest.mark.parametrize(("key", "number"), ALL)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_a_gradient_at_the_input_is_a_sum_over_the_outputs_that_it_fed(
    key: str, number: int, data: st.DataObject
) -> None:
    _, kind = worked_out(key, number, data.draw(SEEDS))
    index = tuple(data.draw(st.integers(0, size - 1)) for size in kind.record.input.shape)
    fed, theirs = kind.fed(index), kind.record.input_gradient
    assert theirs is not None
    terms = kind.upstream[tuple(fed.places.T)] * fed.slopes
    assert terms.sum() == pytest.approx(float(theirs[index]), rel=1e-6, abs=1e-6 * abs(terms).sum() + 1e-12)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "number"), ALL)
def test_it_can_be_read(key: str, number: int, language: str) -> None:
    _, kind = worked_out(key, number, 3)
    say = Texts(language).of(kind.texts)
    for index in corners(kind.record.output):
        detail = kind.detail(index)
        json.dumps(detail.to_json(), allow_nan=False)
        blocks = tuple(detail.blocks(sub("y", *map(str, index)), say))
        assert blocks
        assert "nan" not in page_of(Document("", (Section(say("name"), blocks),), language=language))


def corners(output: torch.Tensor) -> Iterator[tuple[int, ...]]:
    """The first and the last number of an output."""
    yield (0,) * output.dim()
    yield tuple(size - 1 for size in output.shape)


def test_a_layer_that_derives_from_a_known_one_is_worked_out_like_it() -> None:
    class Mine(nn.Conv2d):
        pass

    recorded = record(seeded(Mine(1, 1, 2)), numbers(1, 1, 3, 3))
    assert kind_of(recorded.layers[0]).key == "convolution"
