"""`rnn`, `lstm`, `gru`: features of each frame, then a recurrent layer, and scores from its last state.

Donahue et al., "Long-term Recurrent Convolutional Networks", 2015, https://arxiv.org/abs/1411.4389. The
features are what the 2D network's head would get; the head itself makes way for the recurrent layer's own.
"""

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.layers import Frames
from striate.models.building import positive
from striate.models.head_stem import head_of
from striate.models.ways.clip_network import ClipNetwork, Plan, exchange

CELLS: dict[str, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
MOST_UNITS = 512  # of a recurrent layer whose width was not given


class RecurrentNetwork(ClipNetwork):
    """Causal by nature: a state knows the frames before it.

    head_of_backbone: what the 2D network called the layer that stood where its features now come out.
    """

    def __init__(self, way: str, plan: Plan, units: int | None, layers: int) -> None:
        self_name, head = head_of(plan.network)
        features = _inputs_of(head)
        backbone = exchange(plan.network, {head: nn.Identity()})
        super().__init__(way, backbone, Frames(), planes=plan.planes, causal=True)
        units = min(features, MOST_UNITS) if units is None else positive("recurrent_units", units)
        layers = positive("recurrent_layers", layers)
        self.head_of_backbone = self_name
        self.recurrent = CELLS[way](features, units, layers, batch_first=True)
        self.head = nn.Linear(units, plan.classes)

    def forward(self, clips: Tensor) -> Tensor:
        scores: Tensor = self.head(self._states(clips)[:, -1])
        return scores

    def scores_so_far(self, clips: Tensor) -> Tensor:
        scores: Tensor = self.head(self._states(clips))
        return scores

    def _states(self, clips: Tensor) -> Tensor:
        """(N, planes, T, H, W) → (N, T, units)."""
        features = self.backbone(self.frames.fold(self.take(clips)))  # (N·T, features)
        states: Tensor = self.recurrent(self.frames.unfold(features))[0]
        return states


def _inputs_of(head: nn.Module) -> int:
    if isinstance(head, nn.Linear):
        return head.in_features
    if isinstance(head, nn.Conv2d):
        return head.in_channels
    raise NetworkError(f"the network's head, a {type(head).__name__}, has no features before it")
