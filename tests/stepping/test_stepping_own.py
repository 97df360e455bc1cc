"""The step of networks of one's own, of layers that no network of ours has, beside their own clips."""

import pytest
import torch
from torch import Tensor, nn

from striate.errors import NetworkError
from striate.models import through_time
from striate.stepping import step_of


class Branches(nn.Module):
    """Two ways side by side, one of them gated."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise, self.gate, self.norm = (
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 1), nn.GroupNorm(2, 8)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.norm(self.depthwise(x)).relu(), torch.sigmoid(self.gate(x)) * x], 1)


def branched() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), Branches(), nn.PixelUnshuffle(2), nn.Conv2d(64, 8, 1), nn.PReLU(),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.LayerNorm(8), nn.Linear(8, 4),
    )  # fmt: skip


def plain() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.SiLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, stride=2), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4),
    )  # fmt: skip


WAYS = {way: {"causal": True} for way in ("tsm", "2plus1d", "3d")} | {
    way: {} for way in ("2d", "rnn", "lstm", "gru")
}
KEPT_APART = ("branches", "2plus1d"), ("branches", "3d")
"""What norms over frames, so that its causal form is refused by the layer's name."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["plain", "branches"])
def test_the_step_is_the_causal_clip(kind: str, way: str) -> None:
    torch.manual_seed(0)
    own = plain() if kind == "plain" else branched()
    if (kind, way) in KEPT_APART:
        with pytest.raises(NetworkError, match="a layer of the kind GroupNorm, has no form on clips"):
            through_time(own, way, classes=4, **WAYS[way])
        return
    network = through_time(own, way, classes=4, **WAYS[way]).eval()
    step = step_of(network, size=16, readout="since-start")
    clip, state = torch.randn(2, 3, 6, 16, 16), step.initial(2)
    for frames in clip.split([1, 2, 3], dim=2):
        scores, state = step(frames, state)
    with torch.no_grad():
        torch.testing.assert_close(scores[:, -1], network(clip), rtol=1e-5, atol=1e-5)
