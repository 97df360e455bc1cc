"""A shared dropout drops in its parts what torch's drops in the whole."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from striate.training.process_group import ProcessGroup
from striate.training.shared_draws import WHOLE_CHANNELS, SharedDropout, has_dropout, share_dropout

AXES = {nn.Dropout1d: (5,), nn.Dropout2d: (3, 4), nn.Dropout3d: (2, 3, 4)}
CPU = torch.device("cpu")


def shared(kind: type[nn.Module], p: float, group: ProcessGroup, batch: int) -> nn.Module:
    network = nn.Sequential(kind(p))
    share_dropout(network, batch, group.part(batch))
    assert type(network[0]) is SharedDropout
    return network


@given(
    kind=st.sampled_from(sorted(WHOLE_CHANNELS, key=str)),
    batch=st.integers(1, 9),
    world=st.integers(1, 5),
    rows=st.integers(1, 3),
    p=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    last=st.booleans(),
    wide=st.booleans(),
)
def test_parts_are_those_of_the_whole(
    kind: type[nn.Module], batch: int, world: int, rows: int, p: float, last: bool, wide: bool
) -> None:
    shape = (batch * rows, 3, *AXES.get(kind, (4, 5) if wide else ()))
    whole = torch.randn(shape)
    if last and whole.ndim == 4:
        whole = whole.contiguous(memory_format=torch.channels_last)
    torch.manual_seed(7)
    expected = kind(p)(whole)
    parts: list[Tensor] = []
    for rank in range(world):
        group = ProcessGroup(rank, world, CPU)
        part = group.part(batch)
        SharedDropout.generator = torch.Generator().manual_seed(7)
        rows_of_part = whole[part.start * rows : part.stop * rows]
        parts.append(shared(kind, p, group, batch)(rows_of_part))
    assert torch.equal(torch.cat(parts), expected)


def test_evaluation_drops_nothing() -> None:
    network = shared(nn.Dropout, 0.5, ProcessGroup(1, 2, CPU), 6).eval()
    values = torch.randn(2, 3)
    assert torch.equal(network(values), values)


@pytest.mark.parametrize(("network", "has"), [(nn.Dropout2d(0.1), True), (nn.ReLU(), False)])
def test_has_dropout(network: nn.Module, has: bool) -> None:
    assert has_dropout(nn.Sequential(network)) is has
