"""What can be the state of a network, asked of every way in which tensors can differ."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from striate.models.state_checks import is_state_of

Change = Callable[[Tensor], object]


def test_a_state_is_its_own() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    assert is_state_of(
        network.state_dict(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.flatten(),
        lambda t: t[:-1],
        lambda t: t.double(),
        lambda t: t.long(),
        lambda t: t * torch.nan,
        lambda t: torch.zeros(1).expand(t.shape),
        lambda t: t.to("meta"),
        lambda t: t.to_sparse(),
        lambda t: t.tolist(),
        lambda t: None,
    ],
)
def test_what_is_none(change: Change) -> None:
    state = nn.Linear(3, 2).state_dict()
    assert not is_state_of({**state, "weight": change(state["weight"])}, state)


def test_names_that_are_missing_or_too_many() -> None:
    state = nn.Linear(3, 2).state_dict()
    assert not is_state_of({"weight": state["weight"]}, state)
    assert not is_state_of({**state, "more": state["bias"]}, state)
