"""What a network says and how wrong it is: logits → probabilities → cross-entropy, and the gradient there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.derivation import CrossEntropy
from striate.derivation.loss import log_softmax
from striate.derivation.shapes import Array
from striate.errors import ArgumentError, NetworkError
from striate.evaluating.metrics import probabilities
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.subject import Subject
from striate.explaining.texts import Texts
from striate.numbers import by, number, percent
from striate.pages import Block, Formula, Paragraph, Section, Table
from striate.pages.maths import Maths, as_maths, over, partial, row, sub, total
from striate.plain_values import to_plain
from striate.tracing.layer_record import Recorded

TERMS = 3
"""Terms of a smoothed target's cross-entropy that are named."""


@dataclass(frozen=True)
class Answer:
    """The scores of the first input; arrays are (K,). `predict` makes the same probabilities of them."""

    classes: tuple[str, ...]
    logits: Array
    temperature: float
    """What the logits are divided by; 1 for a module, and where none was fitted."""

    @property
    def probabilities(self) -> Array:
        """Softmax of the logits, divided by the temperature."""
        shares: Array = probabilities(self.logits[None], self.temperature)[0]
        return shares

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The classes with the highest probabilities, the first one first."""
        shares = self.probabilities
        return [(self.classes[k], float(shares[k])) for k in strongest(shares)]

    def to_json(self) -> dict[str, Any]:
        """Plain values, by class."""
        by_class = {
            name: dict(zip(self.classes, values.tolist(), strict=True))
            for name, values in (("logits", self.logits), ("probabilities", self.probabilities))
        }
        return {"temperature": self.temperature, **by_class}

    def blocks(self, say: Texts) -> Iterator[Block]:
        """Logits, what the temperature makes of them, and the probabilities."""
        shares, score = self.probabilities, sub("z", "k")
        warm = [] if self.temperature == 1 else [self.logits / self.temperature]
        rows = [
            (self.classes[k], *(number(float(z[k]), 5) for z in (self.logits, *warm)), percent(shares[k]))
            for k in strongest(shares)
        ]
        heads = ("class", "score", *(("divided",) if warm else ()), "probability")
        yield Formula(row(sub("p", "k"), "=", "softmax", "(", over(score, "T") if warm else score, ")"))
        if warm:
            yield Paragraph(say("overview.temperature", temperature=number(self.temperature)))
        yield Table.of_rows(say("overview.ranking"), say.heads(*heads), rows)


def strongest(shares: Array, count: int = 5) -> list[int]:
    """The most probable classes, the first one first."""
    order: list[int] = np.argsort(-shares, kind="stable")[:count].tolist()
    return order


@dataclass(frozen=True)
class LossSettings:
    """What the loss is made of beside the scores: as the run was trained."""

    labels: tuple[int, ...]
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    @property
    def sample_weights(self) -> Array:
        """The weight of each sample's loss: (N,)."""
        table = None if self.class_weights is None else np.array(self.class_weights)
        return np.ones(len(self.labels)) if table is None else table[list(self.labels)]


@dataclass(frozen=True)
class Loss:
    """The mean cross-entropy of a batch. Rows are samples, columns classes."""

    settings: LossSettings
    scores: Array  # (N, K)
    probabilities: Array  # (N, K)
    targets: Array  # (N, K)
    each: Array  # (N,)
    value: float
    gradient: Array  # (N, K): ∂L/∂scores
    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values = {name: to_plain(value) for name, value in vars(self).items() if name != "settings"}
        return {**to_plain(self.settings), **values}

    def section(self, names: Sequence[str], say: Texts) -> Section:
        """The formulas, and the numbers of the most probable classes; names: of all classes."""
        return Section(say("loss.title"), tuple(self._blocks(names, say)))

    def _first_in_numbers(self) -> Maths:
        """−Σ q·log p of the first sample: one term where the target is one class, else the largest ones."""
        shares, targets = self.probabilities[0], self.targets[0]
        logs = log_softmax(self.scores[0])
        order = np.argsort(targets * logs, kind="stable")[: 1 if targets.max() == 1 else TERMS]
        parts: list[Any] = []
        for k in order.tolist():
            weight = [] if targets[k] == 1 else [number(float(targets[k]), 4), "·"]
            p = number(float(shares[k]), 4) if shares[k] > 0 else f"e^({number(float(logs[k]), 4)})"
            parts += ["−", *weight, "log", " ", Maths(p, f"<mn>{p}</mn>")]
        rest = float(-(targets * logs).sum() + (targets * logs)[order].sum())
        parts += ["+", rest] if targets.max() != 1 and len(targets) > TERMS else []
        return row(sub("L", "0"), "=", *parts, "=", number(float(self.each[0]), 6))

    def _blocks(self, names: Sequence[str], say: Texts) -> Iterator[Block]:
        smoothing = number(self.settings.label_smoothing)
        yield Paragraph(say("loss.text", samples=len(self.each), smoothing=smoothing))
        p, q, z = (sub(name, "k") for name in "pqz")
        yield Formula(row(p, "=", as_maths("softmax"), "(", z, ")"))
        yield Formula(row("L", "=", "−", total("k", row(q, "·", "log", " ", p)), "=", number(self.value, 6)))
        yield Formula(self._first_in_numbers())
        yield Formula(row(partial("L", z), "=", "(", p, "−", q, ")", "/", "N"))
        columns = [array[0] for array in (self.scores, self.probabilities, self.targets, self.gradient)]
        rows = tuple(
            (names[k], *(number(float(column[k]), 5) for column in columns))
            for k in strongest(self.probabilities[0])
        )
        heads = say.heads("class", "score", "softmax", "target", "gradient")
        yield Table.of_rows(say("loss.table"), heads, rows)
        if len(self.each) > 1:
            each = tuple((str(n), number(float(value), 6)) for n, value in enumerate(self.each))
            yield Table.of_rows(say("loss.samples"), say.heads("sample", "loss"), each)


def settings_of(subject: Subject) -> LossSettings:
    """The run's label smoothing and class weights; plain cross-entropy for a module."""
    record = subject.record
    smoothing = float(record.get("recipe", {}).get("label_smoothing", 0.0))
    weights = record.get("plan", {}).get("class_weights")
    return LossSettings(subject.needed_labels(), smoothing, None if weights is None else tuple(weights))


def torch_loss(settings: LossSettings) -> Callable[[Tensor], Tensor]:
    """The same loss for torch: of scores (N, K). Raises NetworkError for an output that is none."""

    def loss(output: Tensor) -> Tensor:
        if output.dim() != 2:
            raise NetworkError(
                f"a gradient needs scores of shape N×classes for the cross-entropy; the network gives "
                f"{by(output.shape)}: flatten or pool its output first"
            )
        if len(output) != len(settings.labels):
            raise NetworkError(
                f"a gradient needs scores of each input; the network gives {by(output.shape)} for "
                f"{len(settings.labels)} inputs"
            )
        largest, classes = max(settings.labels), output.shape[1]
        if classes == 1:
            raise NetworkError(
                "the network gives one score: softmax makes it 1 and the loss 0 whatever it is, so there is "
                "no gradient; a gradient needs two classes or more"
            )
        if largest >= classes:
            raise ArgumentError(f"label {largest} is not a class of the network: expected 0–{classes - 1}")
        labels = torch.tensor(settings.labels, device=output.device)
        each = F.cross_entropy(output, labels, label_smoothing=settings.label_smoothing, reduction="none")
        weights = torch.as_tensor(settings.sample_weights, dtype=output.dtype, device=output.device)
        return (each * weights).mean()

    return loss


def explain_loss(recorded: Recorded, settings: LossSettings, upstream: Tensor | None) -> Loss:
    """The loss by hand, and its gradient at the scores, compared with torch's."""
    scores = as_array(recorded.output)
    operation = CrossEntropy(settings.label_smoothing)
    rows = [
        operation.forward(scores[n : n + 1], np.array([label])) for n, label in enumerate(settings.labels)
    ]
    each = np.array([float(loss) for loss, _ in rows])
    probabilities = np.concatenate([saved.probabilities for _, saved in rows])
    targets = np.concatenate([saved.targets for _, saved in rows])
    share = settings.sample_weights / len(scores)
    gradient = (probabilities - targets) * share[:, None]
    value = float((each * share).sum())
    assert recorded.loss is not None
    reach = int(np.abs(scores).max()) + scores.shape[1]
    checks = [_compare("loss", value, recorded.loss, reach, float((np.abs(each) + 1) @ share))]
    if upstream is not None:
        size = (probabilities + targets) * share[:, None]
        checks.append(_compare("∂L/∂scores", gradient, upstream, reach, size))
    return Loss(settings, scores, probabilities, targets, each, value, gradient, tuple(checks))


def _compare(what: str, ours: Array | float, theirs: Tensor, reach: int, size: Array | float) -> Check:
    """eᶻ is off by a relative z·ε, hence `reach` roundings more."""
    return compare(what, ours, as_array(theirs), rounding(theirs, reach, size))
