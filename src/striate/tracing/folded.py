"""Frozen TorchScript (torch.jit.freeze): weights stand in its code as constants, which no list of parameters
names, so that nothing but the code says what is multiplied.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

_STATISTICS = {"aten::batch_norm": (3, 4), "aten::instance_norm": (3, 4)}
"""Where an operation takes its running mean and variance."""


def folded_weights(network: nn.Module) -> dict[str, Tensor]:
    """The weights in the code of frozen modules, by the names that they have there.

    Of modules without a parameter: all tensors of decimals in the code, but for running statistics and single
    numbers. What was a buffer before, as the mean of the pixels, cannot be told from weights any more.
    """
    scripts = [(path, m) for path, m in network.named_modules() if isinstance(m, torch.jit.ScriptModule)]
    tops = [
        (path, m)
        for path, m in scripts
        if not any(path != above and path.startswith(f"{above}." if above else "") for above, _ in scripts)
    ]
    return {
        f"{path}.{name}".lstrip("."): value
        for path, script in tops
        if next(script.parameters(), None) is None
        for name, value in _constants(script)
    }


def _constants(script: torch.jit.ScriptModule) -> Iterator[tuple[str, Tensor]]:
    try:
        graph = script.inlined_graph
    except RuntimeError:  # a script without a forward
        return
    for node in graph.findAllNodes("prim::Constant", True):  # type: ignore[attr-defined]
        made = node.output()
        if all(map(_is_statistic, made.uses())):
            continue
        name = made.debugName().removeprefix("self.")
        for place, value in _tensors(made.toIValue()):
            if value.ndim and value.is_floating_point():
                yield name + place, value


def _tensors(held: object) -> Iterator[tuple[str, Tensor]]:
    """The tensor, or those of a list, as a recurrent layer takes its weights."""
    if isinstance(held, Tensor):
        yield "", held
    elif isinstance(held, list | tuple):
        yield from ((f".{place}", one) for place, one in enumerate(held) if isinstance(one, Tensor))


def _is_statistic(use: torch._C.Use) -> bool:
    return use.offset in _STATISTICS.get(use.user.kind(), ())
