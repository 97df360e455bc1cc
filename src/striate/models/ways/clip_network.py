"""What all ways through time have in common: a 2D network to be changed, clips in, scores out, any length."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Consensus, Frames
from striate.models.head_stem import head_of


@dataclass(frozen=True, eq=False)
class Plan:
    """A 2D network that may be changed, and what is to become of it.

    planes: channels of a picture. untrained: the network's weights are random, so that new kernels may be
    drawn rather than made of them. again: the same 2D network of other planes, where it can be built.
    """

    network: nn.Module
    classes: int
    planes: int
    causal: bool
    untrained: bool
    again: Callable[[int], nn.Module] | None = None


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


def exchange(network: nn.Module, new: Mapping[nn.Module, nn.Module]) -> nn.Module:
    """The network, with every layer that `new` knows replaced, in place, under all its names."""
    for module in list(network.modules()):
        for name, child in module._modules.items():
            if child is not None and child in new:
                module._modules[name] = new[child]
    return new.get(network, network)


def convolutions(network: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    """The 2D convolutions with their names, in the order in which the network holds them."""
    return [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]


def with_classes(network: nn.Module, classes: int) -> nn.Module:
    """The network, in place, with a head of so many classes: its own if it has as many, else a fresh one.

    Raises:
        NetworkError: its head is neither a linear layer nor a 1×1 convolution.
    """
    _, head = head_of(network)
    if isinstance(head, nn.Linear):
        if head.out_features == classes:
            return network
        untrained: nn.Module = nn.Linear(head.in_features, classes, head.bias is not None)
    elif isinstance(head, nn.Conv2d) and head.groups == 1:
        if head.out_channels == classes:
            return network
        untrained = nn.Conv2d(head.in_channels, classes, 1, bias=head.bias is not None)
    else:
        raise NetworkError(
            f"a head of the kind {type(head).__name__} cannot be exchanged for one of {classes}"
        )
    return exchange(network, {head: untrained.to(head.weight.device, head.weight.dtype)})
