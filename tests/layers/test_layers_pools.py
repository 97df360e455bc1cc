"""Pools over frames: any number of them, none lost, none ahead; the end of time."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from striate.layers import Consensus, EndOfTime, Frames, pool3d, running_mean


def seen(pool: nn.Module, frames: int) -> Tensor:
    """(frames out, frames in): whether a change of the input frame, to more, changes the output frame."""
    x = torch.zeros(1, 1, frames, 8, 8)
    base, rows = pool(x), []
    for frame in range(frames):
        changed = x.clone()
        changed[:, :, frame] = 1
        rows.append((pool(changed) != base).any(dim=-1).any(dim=-1)[0, 0])
    return torch.stack(rows, dim=1)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 11),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    maximum=st.booleans(),
    causal=st.booleans(),
)
def test_no_frame_is_lost_and_a_causal_pool_sees_none_ahead(
    frames: int, kernel: int, stride: int, maximum: bool, causal: bool
) -> None:
    if stride > kernel:
        return  # leaves frames out in space, too
    layer = (nn.MaxPool2d if maximum else nn.AvgPool2d)(kernel, stride)
    hit = seen(pool3d(layer, over_time=True, causal=causal), frames)
    assert hit.any(dim=0).all()
    if causal:
        assert hit.shape == (frames, frames)
        for frame in range(frames):
            expected = list(range(max(0, frame - kernel + 1), frame + 1))
            assert hit[frame].nonzero().flatten().tolist() == expected
    elif kernel % 2 or stride == kernel:
        assert len(hit) == -(-frames // stride)


def test_the_first_pool_leaves_time_alone() -> None:
    layer = nn.MaxPool2d(3, stride=2, padding=1)
    clip = torch.randn(2, 3, 5, 9, 9)
    pooled = pool3d(layer, over_time=False, causal=False)(clip)
    assert torch.equal(pooled, torch.stack([layer(clip[:, :, t]) for t in range(5)], dim=2))


def test_a_mean_over_frames_that_are_not_there_does_not_count_them() -> None:
    clip = torch.ones(1, 1, 5, 4, 4)
    for causal in (False, True):
        assert torch.equal(
            pool3d(nn.AvgPool2d(2), True, causal)(clip), torch.ones(1, 1, 5 if causal else 3, 2, 2)
        )


def test_the_end_of_time_and_the_consensus() -> None:
    clip, end = torch.randn(2, 3, 4, 5, 5), EndOfTime()
    torch.testing.assert_close(end(clip), clip.mean(dim=2))
    end.so_far = True
    so_far = end(clip).view(2, 4, 3, 5, 5)
    for t in range(4):
        torch.testing.assert_close(so_far[:, t], clip[:, :, : t + 1].mean(dim=2))
    scores = torch.randn(8, 3)
    torch.testing.assert_close(Consensus(Frames(4))(scores), scores.view(2, 4, 3).mean(dim=1))
    torch.testing.assert_close(running_mean(scores, 0)[2], scores[:3].mean(dim=0))
