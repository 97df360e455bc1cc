"""What all ways through time have in common: clips in, scores out, any number of frames."""

from abc import abstractmethod

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Consensus, Frames


class ClipNetwork(nn.Module):
    """A 2D network that has been given a way through time.

    (N, planes, T, H, W) → (N, classes), for any T. The 2D network, changed or not, is `backbone`, under its
    own names. `frames` knows the length of the clip that is passing; all temporal layers share it.
    """

    least_frames = 1

    def __init__(self, way: str, backbone: nn.Module, frames: Frames, *, planes: int, causal: bool) -> None:
        super().__init__()
        self.way, self.planes, self.causal = way, planes, causal
        self.frames = frames
        self.backbone = backbone

    @abstractmethod
    def forward(self, clips: Tensor) -> Tensor:
        """(N, planes, T, H, W) → (N, classes)."""

    @abstractmethod
    def scores_so_far(self, clips: Tensor) -> Tensor:
        """(N, planes, T, H, W) → (N, T, classes): what the network says after each frame."""

    def running_scores(self, clips: Tensor) -> Tensor:
        """What the network would have said after each frame, had the clip ended there; the last is `forward`.

        (N, planes, T, H, W) → (N, T, classes).

        Raises:
            NetworkError: a network whose frames see later ones.
        """
        if not self.causal:
            raise NetworkError(
                f"this network looks ahead, so it has no scores after each frame: build {self.way} with "
                "causal=True"
            )
        return self.scores_so_far(clips)

    def take(self, clips: Tensor) -> Tensor:
        """The clips, if they can be what this network takes; its temporal layers learn how long they are."""
        if clips.ndim != 5 or clips.shape[1] != self.planes:
            raise NetworkError(
                f"{self.way} takes clips (N, C, T, H, W) of {self.planes} planes; got a shape of "
                f"{'×'.join(map(str, clips.shape))}{_hint(clips)}"
            )
        if clips.shape[2] < self.least_frames:
            raise NetworkError(
                f"{self.way} needs clips of at least {self.least_frames} frames; got {clips.shape[2]}: "
                "give longer clips"
            )
        self.frames.count = clips.shape[2]
        return clips

    def extra_repr(self) -> str:
        return f"way={self.way!r}, planes={self.planes}, causal={self.causal}"


def _hint(clips: Tensor) -> str:
    return ": an image is a clip of one frame, image.unsqueeze(2)" if clips.ndim == 4 else ""


class FrameByFrame(ClipNetwork):
    """`2d` and `tsm`: the 2D network on every frame, and the mean of what it says.

    Wang et al., "Temporal Segment Networks", 2016, https://arxiv.org/abs/1608.00859. The frames meet in the
    mean only, unless layers inside the backbone exchange them, as those of `tsm` do.
    """

    def __init__(self, way: str, backbone: nn.Module, frames: Frames, *, planes: int, causal: bool) -> None:
        super().__init__(way, backbone, frames, planes=planes, causal=causal)
        self.consensus = Consensus(frames)

    def forward(self, clips: Tensor) -> Tensor:
        scores: Tensor = self.consensus(self.backbone(self.frames.fold(self.take(clips))))
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        return self.consensus.so_far(self.backbone(self.frames.fold(self.take(clips))))
