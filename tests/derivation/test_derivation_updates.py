"""Update rules equal torch.optim over several steps, for arrays and for one weight alone."""

import numpy as np
import pytest
import torch
from derivation_witness import close, randoms

from striate.derivation import Adam, GradientDescent, Momentum, update
from striate.errors import ArgumentError

PAIRS = {
    "plain": (GradientDescent(0.1), torch.optim.SGD, {"lr": 0.1}),
    "plain, decay": (GradientDescent(0.1, 0.2), torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.2}),
    "momentum": (Momentum(0.1), torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "nesterov": (
        Momentum(0.1, 0.8, nesterov=True, weight_decay=0.1),
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    ),
    "dampening": (
        Momentum(0.1, dampening=0.5),
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    ),
    "adam": (Adam(0.01), torch.optim.Adam, {"lr": 0.01}),
    "adam, decay": (
        Adam(0.01, (0.8, 0.9), 1e-6, 0.1),
        torch.optim.Adam,
        {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-6, "weight_decay": 0.1},
    ),
    "adamw": (
        Adam(0.01, weight_decay=0.1, decoupled=True),
        torch.optim.AdamW,
        {"lr": 0.01, "weight_decay": 0.1},
    ),
}


@pytest.mark.parametrize(("rule", "optimiser", "settings"), PAIRS.values(), ids=PAIRS)
def test_equals_torch_over_several_steps(rule, optimiser, settings):
    values = dict(zip(["weight", "bias"], randoms(0, (3, 4), (3,)), strict=True))
    tensors = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in values.items()}
    theirs, states = optimiser(tensors.values(), **settings), None
    for seed in range(1, 8):
        gradients = dict(zip(["weight", "bias"], randoms(seed, (3, 4), (3,)), strict=True))
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name])
        theirs.step()
        values, states = update(rule, values, gradients, states)
        for name, tensor in tensors.items():
            close(values[name], tensor)


@pytest.mark.parametrize("rule", [pair[0] for pair in PAIRS.values()], ids=PAIRS)
def test_one_weight_alone_moves_as_it_does_among_others(rule):
    value, gradient = randoms(1, (2, 3), (2, 3))
    state, one_state = rule.start(value), rule.start(value[1, 2])
    one = value[1, 2]
    for _ in range(3):
        value, state = rule.step(value, gradient, state)
        one, one_state = rule.step(one, gradient[1, 2], one_state)
    assert value[1, 2] == pytest.approx(one, abs=1e-15)


@pytest.mark.parametrize("rule", [pair[0] for pair in PAIRS.values()], ids=PAIRS)
def test_float32_stays_and_nothing_is_changed_in_place(rule):
    value, gradient = (a.astype(np.float32) for a in randoms(2, (4,), (4,)))
    before = value.copy(), gradient.copy()
    new, state = rule.step(value, gradient, rule.start(value))
    new, _ = rule.step(new, gradient, state)
    assert new.dtype == np.float32
    np.testing.assert_array_equal((value, gradient), before)


def test_worked_by_hand():
    w = np.array(1.0)
    assert GradientDescent(0.1, weight_decay=1.0).step(w, np.array(2.0), None)[0] == pytest.approx(0.7)
    w1, v = Momentum(0.1, 0.5).step(w, np.array(2.0), None)
    w2, _ = Momentum(0.1, 0.5).step(w1, np.array(2.0), v)
    assert (w1, w2) == (pytest.approx(0.8), pytest.approx(0.5))  # the second step is 0.1·(0.5·2 + 2)
    first, _ = Adam(0.1).step(w, np.array(1e-3), Adam(0.1).start(w))
    assert first == pytest.approx(0.9, abs=1e-5)  # Adam's first step is the rate, whatever the gradient


def test_what_does_not_fit_is_told():
    with pytest.raises(ArgumentError, match="the rate of gradient descent is 0, expected a number above 0"):
        GradientDescent(0)
    with pytest.raises(
        ArgumentError, match=r"momentum=0\.9 and dampening=0\.1, expected a momentum above 0 and no"
    ):
        Momentum(0.1, dampening=0.1, nesterov=True)
    with pytest.raises(ArgumentError, match=r"the betas of Adam are \(0\.9, 1\.0\), expected 0 ≤ β < 1"):
        Adam(betas=(0.9, 1.0))
    with pytest.raises(ArgumentError, match="no gradient for bias: give one for every parameter"):
        update(GradientDescent(0.1), {"bias": np.zeros(1)}, {})
