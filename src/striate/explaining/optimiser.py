"""The optimiser whose step is told: the run's with its memory, or one that was handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.derivation import Adam, GradientDescent, Momentum
from striate.errors import ArgumentError, NetworkError
from striate.runs import CHECKPOINT
from striate.training.checkpoint import checked_memory, read_checkpoint
from striate.training.optimisation import freeze, make_optimizer
from striate.training.recipe import Recipe
from striate.training.refusing import damaged

Rule = GradientDescent | Momentum | Adam


@dataclass(frozen=True)
class Optimiser:
    """The run's optimiser with its memory, or one that was handed in."""

    torch: torch.optim.Optimizer
    clip_norm: float = 0.0
    steps: int = 0
    """How many steps its memory holds; 0 for a new one."""
    peak: bool = False
    """Whether its rate is the highest of the run's schedule, rather than one that was given."""
    raw: Mapping[str, Tensor] = field(default_factory=dict)
    """The weights that it really moves, by name, where the network holds their moving average."""
    decay: float = 0.0
    """Of that average, at the next step."""


def optimiser_of(run: Path, record: Mapping[str, Any], network: nn.Module, rate: float | None) -> Optimiser:
    """As the run's training would go on: the recipe's optimiser with the memory of its checkpoint.

    rate: another learning rate; by default the highest of the run's schedule, as that of a finished run is
    all but 0. Where the run keeps a moving average of its weights, the optimiser moves the ones behind it.
    """
    recipe = Recipe.from_json(record["recipe"])
    optimizer, steps, raw = _optimizer(network, recipe, record), 0, {}
    peaks = [float(group["lr"]) for group in optimizer.param_groups]
    if (run / CHECKPOINT).is_file():
        position, states = read_checkpoint(run)
        try:
            optimizer.load_state_dict(checked_memory(optimizer, states["optimizer"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise damaged(run) from None
        steps = position.step
        raw = states["network"] if "average" in states else {}
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak if rate is None else rate
    decay = min(recipe.ema, (steps + 1) / (10 + steps))
    return Optimiser(optimizer, recipe.clip_norm, steps, rate is None, raw, decay)


def _optimizer(network: nn.Module, recipe: Recipe, record: Mapping[str, Any]) -> torch.optim.Optimizer:
    """As the training made it: frozen parts are not in it. The network learns afterwards as it did before."""
    learning = {parameter: parameter.requires_grad for parameter in network.parameters()}
    freeze(network, recipe.freeze)
    optimizer = make_optimizer(network, recipe, tuple(record.get("fresh", ())))
    for parameter, learns in learning.items():
        parameter.requires_grad_(learns)
    return optimizer


def is_moved(optimizer: torch.optim.Optimizer, parameter: Tensor) -> bool:
    """Whether the optimiser changes it: not where it is frozen."""
    return any(one is parameter for group in optimizer.param_groups for one in group["params"])


def moves_alone(optimizer: torch.optim.Optimizer, parameter: Tensor) -> bool:
    """Whether a weight's step is its own: not where it is frozen, nor where Muon turns it with all others."""
    return is_moved(optimizer, parameter) and not group_of(optimizer, parameter).get("turned")


def rule_of(optimizer: torch.optim.Optimizer, group: Mapping[str, Any]) -> Rule:
    """The update by hand. Raises NetworkError for an optimiser that has none, by name."""
    rate, decay = float(group["lr"]), float(group.get("weight_decay", 0))
    if group.get("maximize") or group.get("amsgrad"):
        raise NetworkError(
            f"{type(optimizer).__name__} with maximize or amsgrad cannot be worked out by hand"
        )
    if group.get("turned"):
        raise NetworkError(
            "Muon turns this layer's weights as one matrix, so that a single weight's step is no sum of its "
            "own; those that can be worked out: biases, norms and the last layer, which go by AdamW"
        )
    if isinstance(optimizer, torch.optim.Adam):  # AdamW is one
        first, second = map(float, group["betas"])
        decoupled = bool(group.get("decoupled_weight_decay")) or isinstance(optimizer, torch.optim.AdamW)
        return Adam(rate, (first, second), float(group["eps"]), decay, decoupled)
    if not isinstance(optimizer, torch.optim.SGD):
        raise NetworkError(
            f"the optimiser {type(optimizer).__name__} cannot be worked out by hand; "
            "those that can: Adam, AdamW, SGD"
        )
    if not group["momentum"]:
        return GradientDescent(rate, decay)
    return Momentum(rate, float(group["momentum"]), float(group["dampening"]), bool(group["nesterov"]), decay)


def group_of(optimizer: torch.optim.Optimizer, parameter: Tensor) -> Mapping[str, Any]:
    """The settings for this parameter."""
    for group in optimizer.param_groups:
        if any(one is parameter for one in group["params"]):
            return group
    raise ArgumentError("the weight is not one that the optimiser changes: it is frozen")


def stepped(
    optimizer: torch.optim.Optimizer, parameter: Tensor, gradient: Tensor, start: Tensor | None = None
) -> Tensor:
    """What torch makes of a parameter: one step of the same kind of optimiser on a copy.

    start: other values to begin with, in place of the parameter's own. All lies in memory as the parameter
    does: fused optimisers believe that without looking.
    """
    group = {name: value for name, value in group_of(optimizer, parameter).items() if name != "params"}
    begin = parameter if start is None else start
    copy = nn.Parameter(torch.empty_like(parameter).copy_(begin.detach()))
    copy.grad = torch.empty_like(parameter).copy_(gradient.detach())
    twin = type(optimizer)([copy], lr=group["lr"])  # type: ignore[call-arg]
    twin.param_groups[0].update(group)
    state = optimizer.state.get(parameter, {})
    twin.state[copy] = {name: v.clone() if isinstance(v, Tensor) else v for name, v in state.items()}
    twin.step()
    return copy.detach()


def clip_factor(gradients: Mapping[str, Tensor], limit: float) -> float:
    """What `clip_grad_norm_` multiplies by."""
    if not limit:
        return 1.0
    distinct = {id(gradient): gradient for gradient in gradients.values()}
    norm = float(torch.linalg.vector_norm(torch.stack([one.norm() for one in distinct.values()])))
    return min(1.0, limit / (norm + 1e-6))


def settings_of(rule: Rule) -> dict[str, float | bool]:
    """The rule's numbers by name."""
    settings: dict[str, Any] = dict(vars(rule))
    betas = settings.pop("betas", None)
    return settings if betas is None else {**settings, "beta1": betas[0], "beta2": betas[1]}
