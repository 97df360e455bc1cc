"""`own`: no way is laid upon a network that takes clips by itself."""

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Frames
from striate.models.ways.clip_network import ClipNetwork

OWN = "own"
"""In place of a way: the network's own."""


class AsItIs(ClipNetwork):
    """A network of somebody's own that takes clips (N, planes, T, H, W), as it is."""

    def __init__(self, network: nn.Module, planes: int) -> None:
        super().__init__(OWN, network, Frames(), planes=planes, causal=False)

    def forward(self, clips: Tensor) -> Tensor:
        scores: Tensor = self.backbone(self.take(clips))
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        """Unknown: which frames it sees is its own affair."""
        raise NetworkError(f"what a network says after each frame is not known of --time {OWN}")
