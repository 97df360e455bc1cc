"""The step that the optimiser would make: old value → new value, by its own rule and memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from striate.derivation import Adam, Momentum
from striate.derivation.shapes import Array
from striate.derivation.updates import AdamState
from striate.explaining.checking import Check, as_array, compare, rounding
from striate.explaining.optimiser import Optimiser, Rule, group_of, rule_of, settings_of, stepped
from striate.explaining.texts import Texts
from striate.numbers import number
from striate.pages import Block, Formula, Grid, Paragraph, Section, Table
from striate.pages.document import planes_of
from striate.pages.maths import Maths, factor, over, power, root, row, sub
from striate.plain_values import ToJson


@dataclass(frozen=True)
class Update(ToJson):
    """What one step makes of all weights of a kernel; arrays are (*kernel), `at` is the one asked for."""

    in_json = """rule settings steps clip old new peak_rate=peak average kernel_old=old kernel_new=new memory
        memory_after check"""

    rule: str
    settings: dict[str, float | bool]
    steps: int
    clip: float
    """What the gradient is multiplied by where its norm is above the run's limit; 1 otherwise."""
    gradient: Array
    memory: dict[str, Array]
    memory_after: dict[str, Array]
    old: Array
    new: Array
    at: tuple[int, ...]
    check: Check
    steps_of_weight: int = 0
    """How many steps the memory of this parameter holds."""
    peak: bool = False
    """Whether the rate is the highest of the run's schedule."""
    average: tuple[float, float, float] | None = None
    """The moving average of the weight that was asked for: before, after, and its decay."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        at = self.at
        memories = {"memory": self.memory, "memory_after": self.memory_after}
        here = {name: {key: float(one[at]) for key, one in held.items()} for name, held in memories.items()}
        weight = {"old": float(self.old[at]), "new": float(self.new[at])}
        return super().to_json() | weight | here

    def section(self, index: tuple[int, ...], say: Texts) -> Section:
        """The rule with its numbers, old → new, and the whole kernel; index: of the weight."""
        return Section(say("update.title", rule=say.sentence(self.rule)), tuple(self._blocks(index, say)))

    def _blocks(self, index: tuple[int, ...], say: Texts) -> Iterator[Block]:
        yield Paragraph(say("update.text", rule=say.sentence(self.rule), steps=self.steps))
        if self.peak:
            yield Paragraph(say("update.peak", rate=number(float(self.settings["rate"]))))
        if self.average is not None:
            yield Paragraph(say("update.raw"))
        settings = tuple(
            (say(f"setting.{name}"), number(float(value), 6)) for name, value in self.settings.items()
        )
        yield Table.of_rows(say("update.settings"), say.heads("setting", "value"), settings)
        if self.clip < 1:
            yield Paragraph(say("update.clip", factor=number(self.clip)))
        yield from map(Formula, _formulas(self.rule, bool(self.settings["weight_decay"])))
        if self.memory_after:
            rows = tuple((name, *self._memory(name)) for name in self.memory_after)
            yield Table.of_rows(say("update.memory"), say.heads("memory", "before", "after"), rows)
        yield from map(Formula, self._in_numbers(sub("w", *map(str, index))))
        old, new = float(self.old[self.at]), float(self.new[self.at])
        change = row(sub("w", *map(str, index)), ":", " ", number(old, 8), "→", number(new, 8))
        yield Formula(change)
        facts = {"old": number(old, 8), "new": number(new, 8), "change": number(new - old, 4)}
        yield Paragraph(say("update.change", **facts))
        if self.average is not None:
            before, after, decay = self.average
            mixed: list[Maths | str | float] = [
                number(decay),
                "·",
                factor(before),
                "+",
                number(1 - decay),
                "·",
                factor(new),
            ]
            yield Paragraph(say("update.average"))
            yield Formula(row("a", "←", *mixed, "=", number(after, 8)))
        if self.old.ndim:
            names = (say("grid.old"), say("grid.step"), say("grid.new"))
            for matrices in planes_of(self.old, self.new - self.old, self.new):
                yield Grid(say("update.kernel"), names, matrices, ("+", "="))

    def _in_numbers(self, weight: Maths) -> Iterator[Maths]:
        """The rule with the weight's own numbers."""
        s, g = self.settings, float(self.gradient[self.at])
        old, new = float(self.old[self.at]), float(self.new[self.at])
        rate, decay = float(s["rate"]), float(s["weight_decay"])
        after = {name: float(value[self.at]) for name, value in self.memory_after.items()}
        if self.rule.startswith("Adam"):
            count = self.steps_of_weight + 1
            mean = after["m"] / (1 - float(s["beta1"]) ** count)
            square = after["v"] / (1 - float(s["beta2"]) ** count)
            shrunk = (number(old, 6), "·", "(", "1", "−", rate, "·", decay, ")")
            decays = decay and self.rule == "AdamW"
            start: list[Maths | str | float] = [*shrunk] if decays else [number(old, 6)]
            step = over(factor(mean), row(root(row(square)), "+", float(s["epsilon"])))
            yield row(weight, "←", *start, "−", rate, "·", step, "=", number(new, 8))
            return
        pulled = g + decay * old
        if decay:
            yield row("g", "←", g, "+", decay, "·", factor(old), "=", number(pulled, 6))
        far = pulled
        if self.rule != "gradient descent":
            before = float(self.memory.get("v", np.zeros(self.old.shape))[self.at])
            fresh = pulled * (1 - float(s["dampening"])) if "v" in self.memory else pulled
            kept = (float(s["momentum"]), "·", factor(before), "+", factor(fresh))
            yield row("v", "←", *kept, "=", number(after["v"], 6))
            far = pulled + float(s["momentum"]) * after["v"] if self.rule == "Nesterov" else after["v"]
        yield row(weight, "←", number(old, 6), "−", rate, "·", factor(far), "=", number(new, 8))

    def _memory(self, name: str) -> tuple[str, str]:
        """What is remembered of the weight, before and after."""
        before = self.memory.get(name, np.zeros(self.old.shape))
        return number(float(before[self.at])), number(float(self.memory_after[name][self.at]))


def _formulas(rule: str, decays: bool) -> list[Maths]:
    """The update's formulas, in the notation of `derivation.updates`."""
    w, g = "w", "g"
    if rule.startswith("Adam"):
        mean, square = (
            over(name, row("1", "−", power(beta, "t"))) for name, beta in (("m", "β₁"), ("v", "β₂"))
        )
        old = row(w, "·", "(", "1", "−", "η", "λ", ")") if decays and rule == "AdamW" else row(w)
        return [
            row("m", "←", "β₁", "m", "+", "(", "1", "−", "β₁", ")", g),
            row("v", "←", "β₂", "v", "+", "(", "1", "−", "β₂", ")", power(g, "2")),
            row(w, "←", old, "−", "η", "·", over(mean, row(root(square), "+", "ε"))),
        ]
    pull = [row(g, "←", g, "+", "λ", w)] if decays else []
    if rule == "gradient descent":
        return [*pull, row(w, "←", w, "−", "η", g)]
    ahead = row("(", g, "+", "μ", "v", ")") if rule == "Nesterov" else row("v")
    return [*pull, row("v", "←", "μ", "v", "+", "(", "1", "−", "τ", ")", g), row(w, "←", w, "−", "η", ahead)]


def explain_update(
    optimiser: Optimiser,
    parameter: Tensor,
    gradient: Tensor,
    clip: float,
    index: tuple[int, ...],
    by_hand: Array,
    name: str = "",
) -> Update:
    """One step for the kernel that weight `index` lies in, by hand and by torch.

    gradient: of the whole parameter, by torch. by_hand: of this kernel. name: of the parameter in the
    network.
    """
    rule = rule_of(optimiser.torch, group_of(optimiser.torch, parameter))
    where, clipped = index[:2], by_hand * clip
    moved = optimiser.raw.get(name, parameter)
    old = as_array(moved[where])
    state = _state(rule, optimiser.torch.state.get(parameter, {}), where)
    new, after = rule.step(old, clipped, state)
    theirs = as_array(stepped(optimiser.torch, parameter, gradient * clip, moved)[where])
    allowed = rounding(parameter, 0, np.abs(old) + _reach(rule, clipped, state, after))
    return Update(
        rule=_name(rule),
        settings=settings_of(rule),
        steps=optimiser.steps,
        clip=clip,
        gradient=clipped,
        memory=_memory(state),
        memory_after=_memory(after),
        old=old,
        new=new,
        at=index[2:],
        peak=optimiser.peak,
        average=_average(optimiser, parameter, index, float(new[index[2:]]))
        if name in optimiser.raw
        else None,
        steps_of_weight=after.steps - 1 if isinstance(after, AdamState) else optimiser.steps,
        check=compare(f"the updated kernel {list(where)}", new, theirs, allowed),
    )


def _average(
    optimiser: Optimiser, parameter: Tensor, index: tuple[int, ...], new: float
) -> tuple[float, float, float]:
    """The moving average of a weight before and after its step, and the decay."""
    before = float(as_array(parameter[index]))
    return before, optimiser.decay * before + (1 - optimiser.decay) * new, optimiser.decay


def _state(rule: Rule, state: Mapping[str, Any], where: tuple[int, ...]) -> Any:
    """The optimiser's memory of these weights, as `derivation` keeps it."""
    if isinstance(rule, Adam) and "exp_avg" in state:
        mean, square = (as_array(state[name][where]) for name in ("exp_avg", "exp_avg_sq"))
        return AdamState(int(state["step"]), mean, square)
    if isinstance(rule, Momentum):
        buffer = state.get("momentum_buffer")
        return None if buffer is None else as_array(buffer[where])
    return AdamState(0, np.zeros(()), np.zeros(())) if isinstance(rule, Adam) else None


def _memory(state: Any) -> dict[str, Array]:
    if isinstance(state, AdamState):
        return {"m": state.mean, "v": state.square} if np.ndim(state.mean) or state.steps else {}
    return {} if state is None else {"v": state}


def _reach(rule: Rule, gradient: Array, state: Any, after: Any) -> Array:
    """How far the step could go if nothing in it cancelled: the size that roundings are relative to."""
    if not isinstance(rule, Adam):
        before = 0.0 if state is None else np.abs(state)
        far: Array = rule.rate * (np.abs(gradient) * 2 + before)
        return far
    first, second = rule.betas
    root = np.sqrt(after.square / (1 - second**after.steps)) + rule.epsilon
    mean = first * np.abs(state.mean) + (1 - first) * np.abs(gradient)
    bound: Array = rule.rate / (1 - first**after.steps) * mean / root
    return bound


def _name(rule: Rule) -> str:
    if isinstance(rule, Adam):
        return "AdamW" if rule.decoupled else "Adam"
    if isinstance(rule, Momentum):
        return "Nesterov" if rule.nesterov else "momentum"
    return "gradient descent"
