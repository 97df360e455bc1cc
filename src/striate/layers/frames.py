"""What a folded batch of clips has lost: how many frames each clip has."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(eq=False)
class Frames:
    """How many frames the clip now passing has. One for each network, shared by all its temporal layers.

    Clips (N, C, T, H, W) pass through a network of single frames as (N·T, C, H, W), frame after frame.
    Whoever folds them says here how many frames they have, and temporal layers read it: nothing of a clip's
    length is kept in a layer. The count stays until the next clip, so that a layer can be run on its own.

    State between frames, when a network sees one frame at a time, is to pass through here as well, and to be
    a value in the caller's hands (`logits, state = step(frame, state)`): a mapping from the name of a
    temporal layer to what it would have seen before the first frame (the first C/8 channels of the frame
    before, for a shift; the last t − 1 frames, for a convolution). `step` puts the mapping here; each layer
    takes its own entry where it now puts zeros, and leaves what it will need next in a new mapping, which
    `step` hands out. Nothing stays here between two calls.
    """

    count: int = 1

    def fold(self, clips: Tensor) -> Tensor:
        """(N, C, T, H, W) → (N·T, C, H, W): a view where channels are innermost in memory."""
        self.count = clips.shape[2]
        return clips.transpose(1, 2).flatten(0, 1)

    def unfold(self, x: Tensor) -> Tensor:
        """(N·T, …) → (N, T, …), a view."""
        return x.reshape(x.shape[0] // self.count, self.count, *x.shape[1:])

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: a count that an export left symbolic means nothing elsewhere."""
        return {"count": self.count if type(self.count) is int else 1}
