"""Results that have not run: a table of nothing would be believed."""

import asyncio

import pytest
import torch
from torch import Tensor, nn

from striate import inspect
from striate.errors import NetworkError


class Late(nn.Module):
    """Gives what `how` makes of its convolution."""

    def __init__(self, how) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.conv, self.how = nn.Conv2d(3, 4, 3), how

    def forward(self, x: Tensor):  # type: ignore[no-untyped-def]
        return self.how(self.conv, x)


def yields(layer: nn.Module, x: Tensor):  # type: ignore[no-untyped-def]
    yield layer(x)


async def awaits(layer: nn.Module, x: Tensor) -> Tensor:
    await asyncio.sleep(0)
    result: Tensor = layer(x)
    return result


async def streams(layer: nn.Module, x: Tensor):  # type: ignore[no-untyped-def]
    yield layer(x)


def maps(layer: nn.Module, x: Tensor) -> object:
    return map(layer, [x])


@pytest.mark.parametrize(
    ("how", "kind"),
    [(yields, "generator"), (awaits, "coroutine"), (maps, "map"), (streams, "async_generator")],
)
def test_what_has_not_run_is_refused(how, kind: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NetworkError) as refused:
        inspect(Late(how), (3, 6, 6))
    assert str(refused.value) == (
        f"the network gives a {kind}, of which nothing has run: let forward return tensors, or a list of them"
    )


@pytest.mark.parametrize("how", [lambda layer, x: [layer(x)], lambda layer, x: {"a": (layer(x),)}])
def test_what_holds_results_is_not(how) -> None:  # type: ignore[no-untyped-def]
    assert inspect(Late(how), torch.rand(1, 3, 6, 6)).totals.macs.value == 4 * 27 * 16
