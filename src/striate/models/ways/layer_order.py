"""What a 2D network does with an image, without computing anything: which layers run, which functions."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.layers import ExactConv2d
from striate.watching import Running, watching, without_numbers

SIDES = (224, 64, 32, 28)  # tried in turn where the size of the images is not known
MAP = 4  # axes of a batch of maps (N, C, H, W)


@dataclass(frozen=True)
class Step:
    """One thing that ran on maps: a layer of torch.nn, or a function outside of such a layer."""

    layer: str
    """The name of the layer, or of the module whose code calls the function."""
    function: str | None = None
    """The name of the function; None for a layer."""


def steps(network: nn.Module, planes: int) -> tuple[Step, ...] | None:
    """What runs on maps, in order, for one image; None where the network takes none of the sizes tried.

    A copy of the network runs on the meta device; the network itself is untouched.
    """
    copy = deepcopy(network).to("meta").eval()
    for side in SIDES:
        try:
            with torch.no_grad(), without_numbers():
                return _steps(copy, torch.empty(1, planes, side, side))
        except Exception:  # any code may stand in a network of somebody else
            continue
    return None


def _steps(network: nn.Module, images: Tensor) -> tuple[Step, ...]:
    found: list[Step] = []

    def layer(run: Running) -> None:
        if run.name is not None and _is_layer(run.module) and _of_maps(run.args):
            found.append(Step(run.name))

    def function(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        inner = next(run for run in reversed(running) if run.name is not None)
        if not _is_layer(inner.module) and _of_maps(args):
            found.append(Step(inner.name or "", getattr(func, "__name__", str(func))))
        return func(*args, **kwargs)

    with watching(network, before=layer, function=function) as running:
        network(images)
    return tuple(found)


def _is_layer(module: nn.Module) -> bool:
    known = type(module).__module__.startswith("torch.nn") or isinstance(module, ExactConv2d)
    return known and not list(module.children())


def _of_maps(args: Sequence[Any]) -> bool:
    first = args[0] if args else None
    first = first[0] if isinstance(first, list | tuple) and first else first
    return isinstance(first, Tensor) and first.ndim == MAP
