"""The schedule against PyTorch's own and against hand-worked points."""

import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.training.schedule import pace


def test_cosine_equals_pytorchs_after_the_warm_up() -> None:
    steps, warm = 100, 20
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warm)
    for step in range(warm - 1, steps):
        ours = pace("cosine", step, steps, warmup=warm / steps, momentum=0.9)
        assert ours.rate == pytest.approx(reference.get_last_lr()[0], abs=1e-12)
        assert ours.momentum == 0.9
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that no optimiser step comes first
            reference.step()


def test_one_cycle_equals_pytorchs_at_its_corners() -> None:
    first = pace("one-cycle", 0, 1000, warmup=0.25, momentum=0.95)
    top = pace("one-cycle", 249, 1000, warmup=0.25, momentum=0.95)
    last = pace("one-cycle", 999, 1000, warmup=0.25, momentum=0.95)
    assert first.rate == pytest.approx(1 / 25, rel=0.01)
    assert top.rate == pytest.approx(1)
    assert last.rate == pytest.approx(1e-3)
    assert top.momentum == pytest.approx(0.855)
    assert last.momentum == pytest.approx(0.95)


@given(
    kind=st.sampled_from(["one-cycle", "cosine"]),
    steps=st.integers(1, 300),
    warmup=st.floats(0, 0.99),
    momentum=st.floats(0, 0.99),
)
def test_rates_rise_then_fall_and_stay_in_bounds(kind, steps, warmup, momentum) -> None:  # type: ignore[no-untyped-def]
    rates = [pace(kind, step, steps, warmup=warmup, momentum=momentum).rate for step in range(steps)]
    assert all(0 <= rate <= 1 + 1e-12 and math.isfinite(rate) for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] <= 1e-3 + 1e-9
