"""What a 2D network does with an image, without computing anything: which layers run, which functions."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

SIDES = (224, 64, 32, 28)  # tried in turn where the size of the images is not known
MAP = 4  # axes of a batch of maps (N, C, H, W)


@dataclass(frozen=True)
class Step:
    """One thing that ran on maps: a layer of torch.nn, or a function outside of such a layer."""

    layer: str
    """The name of the layer, or of the module whose code calls the function."""
    function: str | None = None


def steps(network: nn.Module, planes: int) -> tuple[Step, ...] | None:
    """What runs on maps, in order, for one image; None where the network takes none of the sizes tried.

    A copy of the network runs on the meta device; the network itself is untouched.
    """
    copy = deepcopy(network).to("meta").eval()
    for side in SIDES:
        watch = _Watch()
        try:
            with torch.no_grad(), watch.on(copy):
                copy(torch.empty(1, planes, side, side, device="meta"))
        except Exception:  # any code may stand in a network of somebody else
            continue
        return tuple(watch.seen)
    return None


class _Watch(TorchFunctionMode):
    """Notes every layer and function that is given maps."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Step] = []
        self.inside: list[tuple[str, bool]] = []  # modules under way, and whether they are torch.nn's layers

    def on(self, network: nn.Module) -> "_Watch":
        for name, module in network.named_modules():
            is_layer = type(module).__module__.startswith("torch.nn") and not list(module.children())
            module.forward = self._watched(name, is_layer, module.forward)
        return self

    def _watched(self, name: str, is_layer: bool, forward: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if is_layer and _of_maps(args):
                self.seen.append(Step(name))
            self.inside.append((name, is_layer))
            try:
                return forward(*args, **kwargs)
            finally:
                self.inside.pop()

        return watched

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, is_layer = self.inside[-1] if self.inside else ("", False)
        if not is_layer and _of_maps(args):
            self.seen.append(Step(name, getattr(func, "__name__", str(func))))
        return func(*args, **(kwargs or {}))


def _of_maps(args: Sequence[Any]) -> bool:
    given = args[0] if args else None
    first = given[0] if isinstance(given, list | tuple) and given else given
    return isinstance(first, Tensor) and first.ndim == MAP
