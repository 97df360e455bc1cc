"""A recurrent layer is a step by nature: what it keeps is its hidden state, and an LSTM's cell."""

from copy import deepcopy
from typing import Any

from torch import Tensor, nn

from striate.errors import NetworkError
from striate.stepping.build import Build, Entry
from striate.stepping.timed import SEQUENCE, Timed
from striate.stepping.walk import Call

STATES = 9
"""In place of an axis: the states of all layers after the last frame, (layers, N, units)."""


class Recurrent(nn.Module):
    """(N·k, F) and the state (N, layers, units), twice for an LSTM → (N·k, units) and the next state."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = deepcopy(layer).eval()
        self.layer.batch_first = True
        self.layer.flatten_parameters()  # a copy's lie apart, which a GPU would mend at every step

    def forward(self, x: Tensor, *kept: Tensor) -> tuple[Tensor, ...]:
        hidden = tuple(one.transpose(0, 1).contiguous() for one in kept)
        sequence = x.reshape(kept[0].shape[0], -1, x.shape[-1])
        output, after = self.layer(sequence, hidden if len(hidden) > 1 else hidden[0])
        states = after if isinstance(after, tuple) else (after,)
        return output.flatten(0, 1), *(one.transpose(0, 1) for one in states)


def recurrent(b: Build, call: Call, x: Timed) -> tuple[Timed, ...]:
    """`nn.RNN`, `nn.LSTM`, `nn.GRU`."""
    layer: Any = call.layer
    why = _no_step(layer, x, len(call.refs()))
    if why:
        raise NetworkError(f"{call.title} {why}")
    units = layer.proj_size or layer.hidden_size
    sizes = [units, layer.hidden_size] if isinstance(layer, nn.LSTM) else [units]
    kept = [
        b.state(name, Entry((layer.num_layers, size), endless=True))
        for name, size in zip((call.name, f"{call.name}.cell"), sizes, strict=False)
    ]
    node, *keep = b.call(call.name, Recurrent(layer), x.node, *kept, parts=1 + len(kept))
    for before, after in zip(kept, keep, strict=True):
        b.keep(before, after)
    made = x.new(node, (units,))
    return made, Timed(node, STATES, (units,), x.clock, call.title)


def _no_step(layer: Any, x: Timed, inputs: int) -> str:
    if layer.bidirectional:
        return "reads a clip from its end too, so it has no step: make it of one direction"
    if not layer.batch_first or x.axis != SEQUENCE:
        return "has a step with sequences (N, T, features) only: give batch_first=True"
    if inputs > 1:
        return "begins with a state of its own, which has no step: let it begin with zeros"
    if x.clock.late or x.clock.every > 1:
        return (
            "stands behind layers that look ahead or stride over frames, so it has no step: build it causal"
        )
    return ""
