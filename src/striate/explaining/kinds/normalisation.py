"""What all normalisations have in common: y = γ·(x − μ)/√(v + ε) + β, μ and v of a group of numbers."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.derivation import LayerNorm, Terms, channel_terms
from striate.derivation.shapes import Array
from striate.explaining.kinds.kind import Fed, Index, InputGradient, Kind
from striate.explaining.texts import Texts
from striate.numbers import number
from striate.pages import Block, Formula, Paragraph
from striate.pages.maths import Maths, over, root, row
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Normalised(ToJson):
    """A number and what it is normalised with."""

    input: float
    mean: float
    variance: float
    epsilon: float
    weight: float
    bias: float
    of_batch: int
    """How many numbers of this input μ and v are of; 0: they were gathered in training."""
    centred: bool = True
    """Whether a mean is taken away; where not, v is the mean of the squares."""

    @property
    def value(self) -> float:
        """γ·(x − μ)/√(v + ε) + β."""
        return self.weight * (self.input - self.mean) * self.scale + self.bias

    @property
    def scale(self) -> float:
        """1/√(v + ε)."""
        return float(1 / np.sqrt(self.variance + self.epsilon))

    @property
    def summed(self) -> tuple[int, float]:
        reach = (abs(self.input) + abs(self.mean)) * abs(self.weight) * self.scale
        return self.of_batch, reach + abs(self.bias)

    def blocks(self, y: Maths, say: Texts) -> Iterator[Block]:
        """The formula, and the same with numbers."""
        below = root(row("v", "+", "ε"))
        scaled = over(row("x", "−", "μ"), below) if self.centred else over("x", below)
        yield Formula(row("y", "=", "γ", "·", scaled, *(("+", "β") if self.centred else ())))
        below = root(row(self.variance, "+", self.epsilon))
        mean: list[Any] = ["−", f"({number(self.mean)})" if self.mean < 0 else self.mean]
        shift: list[Any] = ["+" if self.bias >= 0 else "−", abs(self.bias)]
        if not self.centred:
            mean, shift = [], []
        top = row(self.input, *mean)
        yield Formula(row(y, "=", self.weight, "·", over(top, below), *shift, "=", number(self.value, 6)))
        yield Paragraph(say("of_batch" if self.of_batch else "gathered"))


@dataclass(frozen=True, eq=False)
class Normalisation(Kind):
    """Numbers of a group share μ and v; γ and β belong to a channel, or to a place."""

    parameters = ("weight", "bias")
    centred = True

    @abstractmethod
    def group(self, index: Index) -> Any:
        """What selects, in the input, the numbers that share μ and v with the one at `index`."""

    @abstractmethod
    def own(self, index: Index) -> Any:
        """What selects γ and β of the number at `index`."""

    @property
    def constants(self) -> dict[str, Array]:
        """μ and v where they were gathered in training."""
        return {}

    @property
    def epsilon(self) -> float:
        """ε."""
        return float(self.layer.eps)

    def moments(self, index: Index) -> tuple[float, float, int]:
        """μ, v, and how many numbers of the input they are of: 0 where they are constants."""
        if constants := self.constants:
            return float(constants["mean"][index[1]]), float(constants["variance"][index[1]]), 0
        numbers = self.x[self.group(index)].reshape(1, -1)
        _, saved = LayerNorm((numbers.size,), self.epsilon, self.centred).forward(numbers)
        return float(saved.mean[0, 0]), float(saved.variance[0, 0]), numbers.size

    def learned_at(self, name: str, index: Index, without: float) -> float:
        """γ or β of a number."""
        own = self.arguments.get(name)
        return without if own is None else float(own[self.own(index)])

    def detail(self, index: Index) -> Normalised:
        mean, variance, count = self.moments(index)
        return Normalised(
            input=float(self.x_at(index)),
            mean=mean,
            variance=variance,
            epsilon=self.epsilon,
            weight=self.learned_at("weight", index, 1.0),
            bias=self.learned_at("bias", index, 0.0),
            of_batch=count,
            centred=self.centred,
        )

    def reads(self, index: Index) -> Array:
        if self.constants:
            return np.array([np.ravel_multi_index(index, self.x.shape)])
        found: Array = np.arange(self.x.size).reshape(self.x.shape)[self.group(index)].reshape(-1)
        return found

    def fed(self, index: Index) -> Fed:
        """γ_k·r·([i = k] − 1/M − x̂_i·x̂_k/M) for each k of the group; γ·r where μ and v are constants."""
        mean, variance, count = self.moments(index)
        scale = 1 / np.sqrt(variance + self.epsilon)
        if not count:
            slope = self.learned_at("weight", index, 1.0) * scale
            return Fed(np.array([index]), np.array([slope]))
        numbers = np.arange(self.x.size).reshape(self.x.shape)[self.group(index)].reshape(-1)
        places = np.stack(np.unravel_index(numbers, self.x.shape), axis=1)
        normal = (self.x.reshape(-1)[numbers] - mean) * scale
        itself = numbers == np.ravel_multi_index(index, self.x.shape)
        slopes = itself - self.centred / count - normal[itself] * normal / count
        gammas = np.array([self.learned_at("weight", tuple(place), 1.0) for place in places.tolist()])
        return Fed(places, slopes * scale * gammas)

    def fed_size(self, index: Index, products: Array) -> tuple[int, float]:
        if self.constants:
            return 1, float(np.abs(products).sum())
        return super().fed_size(index, products)

    @property
    def normal(self) -> Array:
        """x̂."""
        y: Array = self.operation.forward(self.x, **self.constants)[0]
        return y

    def terms_size(self, parameter: str, terms: Terms) -> tuple[int, float]:
        """x̂ is a difference of numbers as large as x and μ."""
        if parameter == "bias":
            return super().terms_size(parameter, terms)
        _, saved = self.operation.forward(self.x, **self.constants)
        scale = float(np.max(saved.scale if hasattr(saved, "scale") else saved[3].scale))
        conditioned = 1 + float(np.abs(self.x).max()) * scale
        reach = np.abs(terms.upstream).sum() * (1 + np.abs(terms.seen).max())
        return self.x.size // len(self.x), float(reach * conditioned)


class ChannelNormalisation(Normalisation):
    """γ and β belong to a channel."""

    def own(self, index: Index) -> Any:
        return index[1]

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        return {"weight": ("channel",), "bias": ("channel",)}

    def terms(self, parameter: str, index: Index) -> Terms:
        """δ·x̂ for γ, δ for β, at every place of the channel."""
        return channel_terms(self.upstream, self.normal if parameter == "weight" else None, *index)


def through_statistics(g: Array, normal: Array, scale: Array, x: Array) -> Array:
    """Σ|term| of r·(g − mean(g) − x̂·mean(g·x̂)), rows of groups, with what x̂ itself may be off by.

    x̂ is a difference of numbers as large as x, so it is off by max|x|·r where x̂ itself is about 1.
    """
    g, normal = np.abs(g), np.abs(normal)
    means = [array.mean(axis=1, keepdims=True) for array in (g, g * normal)]
    conditioned = 1 + np.abs(x).max(axis=1, keepdims=True) * scale
    whole: Array = (g + means[0] + normal * means[1]) * scale * conditioned
    return whole


def as_gradient(value: Array, rows: Array, count: int) -> InputGradient:
    """The gradient at the input with the size of its terms, given in rows of groups."""
    return InputGradient(value, rows.reshape(value.shape), count)
