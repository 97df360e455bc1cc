"""What turns gradients into new weights: the optimiser, its schedule, and the moving average."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from striate.training.recipe import Recipe
from striate.training.schedule import Pace


def make_optimizer(network: nn.Module, recipe: Recipe, fresh: Sequence[str] = ()) -> torch.optim.Optimizer:
    """The recipe's optimiser. Weight decay spares norms and biases: they have one axis or none.

    fresh: the parameters that learn at the full rate; all others learn at the recipe's `backbone_rate`.
    """
    shares: dict[float, list[nn.Parameter]] = {1.0: []}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            share = 1.0 if name in fresh else recipe.backbone_rate
            shares.setdefault(share, []).append(parameter)
    groups = [group for share, trained in shares.items() for group in _groups(trained, share, recipe)]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            groups,
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            nesterov=recipe.momentum > 0,
            fused=True,
        )
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.momentum, 0.99), fused=True)


def _groups(trained: list[nn.Parameter], share: float, recipe: Recipe) -> list[dict[str, Any]]:
    decayed = [parameter for parameter in trained if parameter.ndim > 1]
    spared = [parameter for parameter in trained if parameter.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": recipe.weight_decay, "share": share},
        {"params": spared, "weight_decay": 0.0, "share": share},
    ]


def set_pace(optimizer: torch.optim.Optimizer, recipe: Recipe, pace: Pace) -> float:
    """Sets the learning rates, of which it returns the full one, and the momentum for the next step."""
    rate = recipe.learning_rate * pace.rate
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)  # checkpoints of old have none
        if "betas" in group:
            group["betas"] = (pace.momentum, group["betas"][1])
        else:
            group["momentum"] = pace.momentum
    return rate


class MovingAverage:
    """Exponential moving average of a network's weights and running statistics (Polyak and Juditsky 1992).

    `network` is a copy that holds the average. Early on the decay is lower, so that the average is not held
    back by the first random weights.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network).eval()
        self.decay = decay
        for parameter in self.network.parameters():
            parameter.requires_grad_(False)

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Takes in the weights after step `step`, counted from 0."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        kept, new = _values(self.network), _values(network)
        floating = [i for i, value in enumerate(kept) if value.is_floating_point()]
        torch._foreach_lerp_([kept[i] for i in floating], [new[i] for i in floating], weight)
        for i, value in enumerate(kept):
            if not value.is_floating_point():
                value.copy_(new[i])


def _values(network: nn.Module) -> list[Tensor]:
    return [value.detach() for value in (*network.parameters(), *network.buffers())]
