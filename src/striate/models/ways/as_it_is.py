"""`own`: no way is laid upon a network that takes clips by itself."""

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Frames
from striate.models.ways.clip_network import ClipNetwork

OWN = "own"
"""In place of a way: the network's own."""
ORDERS = ("NCTHW", "NTCHW")
"""What `clip_order` of a network may be: the axes as it takes them. Without it, the first is meant."""


class AsItIs(ClipNetwork):
    """A network of somebody's own that takes clips, as it is: (N, planes, T, H, W) → (N, classes).

    One whose attribute `clip_order` is "NTCHW" is given them as (N, T, planes, H, W).
    """

    def __init__(self, network: nn.Module, planes: int) -> None:
        super().__init__(OWN, network, Frames(), planes=planes, causal=False)
        order = getattr(network, "clip_order", ORDERS[0])
        if order not in ORDERS:
            known = " or ".join(map(repr, ORDERS))
            raise NetworkError(f"clip_order of {type(network).__name__} must be {known}; got {order!r}")
        self.frames_first = order == ORDERS[1]

    def forward(self, clips: Tensor) -> Tensor:
        taken = self.take(clips)
        scores: Tensor = self.backbone(taken.transpose(1, 2) if self.frames_first else taken)
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        """Unknown: which frames it sees is its own affair."""
        raise NetworkError(f"what a network says after each frame is not known of --time {OWN}")
