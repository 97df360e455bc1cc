"""What a gradient does to a parameter: the update rules, one array at a time.

A rule is a frozen value; what it remembers between steps is a state in the caller's hands:

    state = rule.start(value);   value, state = rule.step(value, gradient, state)

The rules work on each number by itself, so they explain one weight as well as they train a network.
w is the value, g the gradient, η the rate, λ the weight decay (g ← g + λ·w unless decoupled).

Gradient descent    w ← w − η·g

Momentum (torch's convention: the rate stays outside the velocity)
                    v ← μ·v + (1 − τ)·g   (v = g at the first step)        w ← w − η·v
    Nesterov        w ← w − η·(g + μ·v)

Adam (Kingma & Ba 2015)
                    m ← β₁·m + (1 − β₁)·g            v ← β₂·v + (1 − β₂)·g²
                    m̂ = m/(1 − β₁ᵗ)                  v̂ = v/(1 − β₂ᵗ)
                    w ← w − η·m̂/(√v̂ + ε)
    m and v start at 0 and are too small by exactly those factors at step t, hence the division.
    AdamW (Loshchilov & Hutter 2019): the decay acts on w itself, w ← w·(1 − ηλ), not through g.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from striate.derivation.shapes import Array
from striate.errors import ArgumentError


class Rule(Protocol):
    """An update rule."""

    def start(self, value: Array) -> Any: ...
    def step(self, value: Array, gradient: Array, state: Any) -> tuple[Array, Any]: ...


def positive(name: str, number: float) -> None:
    """A rate of zero or less would not learn."""
    if not number > 0:
        raise ArgumentError(f"{name} is {number}, expected a number above 0")


def update(
    rule: Rule,
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    states: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """One step for every named parameter; no states means that this is the first step.

    Args:
        rule: `GradientDescent`, `Momentum` or `Adam` with its settings.
        parameters: name → value.
        gradients: name → gradient, of the same names and shapes.
        states: name → what the rule remembers, as the step before returned it.

    Returns:
        the new parameters, and the states for the next step.
    """
    missing = sorted(parameters.keys() - gradients.keys())
    if missing:
        raise ArgumentError(f"no gradient for {', '.join(missing)}: give one for every parameter")
    before = states or {name: rule.start(value) for name, value in parameters.items()}
    after = {name: rule.step(value, gradients[name], before[name]) for name, value in parameters.items()}
    return {name: pair[0] for name, pair in after.items()}, {name: pair[1] for name, pair in after.items()}


@dataclass(frozen=True)
class GradientDescent:
    """w ← w − η·g.

    >>> GradientDescent(0.1).step(np.array(1.0), np.array(2.0), None)
    (np.float64(0.8), None)
    """

    rate: float
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        positive("the rate of gradient descent", self.rate)

    def start(self, value: Array) -> None:
        """Nothing to remember."""

    def step(self, value: Array, gradient: Array, state: None) -> tuple[Array, None]:
        """The value after one step."""
        return value - self.rate * decayed(gradient, value, self.weight_decay), None


@dataclass(frozen=True)
class Momentum:
    """A velocity that gathers gradients; its state is v, or None before the first step."""

    rate: float
    momentum: float = 0.9
    dampening: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        positive("the rate of momentum", self.rate)
        if self.nesterov and (self.momentum <= 0 or self.dampening != 0):
            raise ArgumentError(
                f"Nesterov's momentum got momentum={self.momentum} and dampening={self.dampening}, "
                "expected a momentum above 0 and no dampening"
            )

    def start(self, value: Array) -> Array | None:
        """No velocity yet."""
        return None

    def step(self, value: Array, gradient: Array, state: Array | None) -> tuple[Array, Array]:
        """The value and the velocity after one step."""
        g = decayed(gradient, value, self.weight_decay)
        velocity = g if state is None else self.momentum * state + (1 - self.dampening) * g
        ahead = g + self.momentum * velocity if self.nesterov else velocity
        return value - self.rate * ahead, velocity


class AdamState(NamedTuple):
    """Steps taken, and the running means of g and g²."""

    steps: int
    mean: Array
    square: Array


@dataclass(frozen=True)
class Adam:
    """Steps of about the rate, whatever the gradient's size; `decoupled` decay makes it AdamW."""

    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = False

    def __post_init__(self) -> None:
        positive("the rate of Adam", self.rate)
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ArgumentError(f"the betas of Adam are {self.betas}, expected 0 ≤ β < 1")

    def start(self, value: Array) -> AdamState:
        """Means of nothing are 0."""
        return AdamState(0, np.zeros_like(value), np.zeros_like(value))

    def step(self, value: Array, gradient: Array, state: AdamState) -> tuple[Array, AdamState]:
        """The value and the means after one step."""
        (first, second), count = self.betas, state.steps + 1
        if self.decoupled:
            value = value * (1 - self.rate * self.weight_decay)
        g = gradient if self.decoupled else decayed(gradient, value, self.weight_decay)
        mean = first * state.mean + (1 - first) * g
        square = second * state.square + (1 - second) * g * g
        root = np.sqrt(square / (1 - second**count)) + self.epsilon
        return value - self.rate / (1 - first**count) * mean / root, AdamState(count, mean, square)


def decayed(gradient: Array, value: Array, weight_decay: float) -> Array:
    """g + λ·w: the gradient of the loss plus λ/2·w²."""
    return gradient + weight_decay * value if weight_decay else gradient
