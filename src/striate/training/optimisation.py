"""What turns gradients into new weights: the schedule, the optimiser, and the moving average."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from striate.errors import ArgumentError, NetworkError
from striate.models import head_of
from striate.training.optimisers import SGD, AdamW, Muon, with_turned
from striate.training.recipe import Recipe

MOMENTUM_DIP = 0.1
"""How far one-cycle lowers the momentum at its highest learning rate."""


class Pace(NamedTuple):
    """The learning rate as a share of the highest, and the momentum."""

    rate: float
    momentum: float


def pace(
    kind: Literal["one-cycle", "cosine", "linear"], done: float, *, warmup: float, momentum: float
) -> Pace:
    """The pace where a share `done` of the training is done, the step to come included.

    One-cycle (Smith and Topin 2018): cosine from 1/25 to 1, cosine down to 1/1000, the momentum the other
    way. Cosine (Loshchilov and Hutter 2017): straight from 0 to 1, then half a cosine down to 0.
    Linear: straight down to 0.
    """
    rising = done < warmup
    share = done / warmup if rising else (done - warmup) / (1 - warmup)
    if kind == "cosine":
        return Pace(share if rising else _down(share), momentum)
    if kind == "linear":
        return Pace(share if rising else 1 - share, momentum)
    if rising:
        return Pace(1 / 25 + (1 - 1 / 25) * (1 - _down(share)), momentum - MOMENTUM_DIP * momentum * share)
    return Pace(1e-3 + (1 - 1e-3) * _down(share), momentum - MOMENTUM_DIP * momentum * _down(share))


def _down(share: float) -> float:
    """Half a cosine from 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * share))


def make_optimizer(
    network: nn.Module, recipe: Recipe, full_rate: Sequence[str] = ()
) -> torch.optim.Optimizer:
    """The recipe's optimiser. Weight decay spares norms and biases: they have one axis or none.

    full_rate: the parameters that learn at the full rate; all others learn at the recipe's `backbone_rate`.
    """
    shares: dict[float, list[nn.Parameter]] = {1.0: []}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            share = 1.0 if name in full_rate else recipe.backbone_rate
            shares.setdefault(share, []).append(parameter)
    groups = [group for share, trained in shares.items() for group in _groups(trained, share, recipe)]
    if recipe.optimizer == "sgd":
        return SGD(
            groups,
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            nesterov=recipe.momentum > 0,
            fused=True,
        )
    if recipe.optimizer == "muon":
        return Muon(with_turned(groups, _heads(network)), recipe.learning_rate, (recipe.momentum, 0.99))
    return AdamW(groups, lr=recipe.learning_rate, betas=(recipe.momentum, 0.99), fused=True)


def _heads(network: nn.Module) -> set[nn.Parameter]:
    """The weights of the layers that name the class; none where the network ends in something else."""
    heads = []
    for part in _streams(network).values() or [network]:
        with suppress(NetworkError):
            heads.append(head_of(part)[1])
    return {parameter for head in heads for parameter in head.parameters()}


def _streams(network: nn.Module) -> dict[str, nn.Module]:
    """The networks of single frames of which one consists, if it is of two."""
    streams = {name: part for name, part in network.named_children() if name in STREAMS}
    return streams if len(streams) > 1 else {}


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


def moving_average(network: nn.Module, decay: float) -> AveragedModel:
    """Exponential moving average of a network's weights and running statistics (Polyak and Juditsky 1992).

    Its `module` is a copy that holds the average. Early on the decay is lower: else the first random weights
    would hold the average back. `n_averaged` is the number of the coming step, counted from 1.
    """

    @torch.no_grad()
    def take_in(kept: list[Tensor], new: list[Tensor], _: Tensor | int) -> None:
        if kept[0].is_floating_point():
            step = int(average.n_averaged)  # stays on the processor: a GPU is not waited for
            torch._foreach_lerp_(kept, new, 1 - min(decay, step / (9 + step)))
        else:
            torch._foreach_copy_(kept, new)

    average = AveragedModel(network, multi_avg_fn=take_in, use_buffers=True)  # type: ignore[arg-type]
    average.n_averaged.fill_(1)
    for layer in average.modules():
        if isinstance(layer, nn.RNNBase):
            layer.flatten_parameters()  # a copy's lie apart, which a GPU would mend at every evaluation
    average.eval().requires_grad_(False)
    return average


# Parts of a network that do not learn, or learn more slowly: fine-tuning.
#
# A part is named by the beginning of its parameters' names up to a dot: `layer1` holds
# `layer1.0.conv1.weight`. Of a network that goes through time, `backbone.` may be left out.

BACKBONE = "backbone."
"""What the names of a 2D network begin with inside one that goes through time."""
STREAMS = ("backbone", "flow")
"""Networks of single frames inside such a one; each of two has a head of its own."""


def freeze(network: nn.Module, prefixes: Sequence[str]) -> None:
    """Takes these parts out of learning, in place; what its maker has taken out stays out.

    Raises:
        ArgumentError: names that are none of a part, or nothing that learns.
    """
    for prefix in prefixes:
        if not any(_within(name, prefix) for name, _ in network.named_parameters()):
            raise ArgumentError(_unknown_part(network, prefix))
    for name, parameter in network.named_parameters():
        if _within_any(name, prefixes):
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        if not prefixes:
            raise ArgumentError(
                f"{type(network).__name__} has no parameters that learn: give a network of which some do"
            )
        raise ArgumentError(f"--freeze {' '.join(prefixes)} leaves nothing to learn: name fewer parts")


def training_mode(network: nn.Module, prefixes: Sequence[str]) -> None:
    """Puts a network into training mode, and frozen parts into evaluation mode: their norms stay as well."""
    network.train()
    for name, module in network.named_modules():
        if name and _within_any(name, prefixes):
            module.eval()


def untrained_parts(network: nn.Module, untouched: Iterable[str] = ()) -> tuple[str, ...]:
    """The parameters that learn at the full rate where the backbone learns at a share of it.

    These are the heads, what comes after a backbone that goes through time, and `untouched`: what loaded
    weights have left as it was.
    """
    streams = {name: part for name, part in network.named_children() if name in STREAMS}
    heads = [head_of(network)[0]]
    if len(streams) > 1:
        heads = [f"{name}.{head_of(part)[0]}" for name, part in streams.items()]
    names = [name for name, _ in network.named_parameters()]
    untrained = {name for name in names if any(name.startswith(f"{head}.") for head in heads)}
    if streams:
        untrained |= {name for name in names if name.split(".")[0] not in streams}
    return tuple(sorted(untrained | set(untouched)))


def _within(name: str, prefix: str) -> bool:
    whole = prefix.rstrip(".")
    return any(name == start or name.startswith(f"{start}.") for start in (whole, f"{BACKBONE}{whole}"))


def _within_any(name: str, prefixes: Iterable[str]) -> bool:
    return any(_within(name, prefix) for prefix in prefixes)


def _unknown_part(network: nn.Module, prefix: str) -> str:
    known = list(dict.fromkeys(_parts(network)))
    near = get_close_matches(prefix, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? Its" if near else "its"
    first = dict.fromkeys(name.split(".")[0] for name in known)
    return f"the network has no part {prefix!r} to freeze: {hint} parts: {', '.join(first)}"


def _parts(network: nn.Module) -> Iterator[str]:
    """Every name of a part, the widest first, as a user would write it."""
    for name, _ in network.named_parameters():
        words = name.removeprefix(BACKBONE).split(".")
        for end in range(1, len(words) + 1):
            yield ".".join(words[:end])
