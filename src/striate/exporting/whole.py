"""A run's network and its step as modules from pixels to probabilities: what is written into a file."""

from typing import cast

import torch
from torch import Tensor, fx, nn

from striate.evaluating.run_model import Trained
from striate.evaluating.scoring import Normalisation
from striate.stepping import Step
from striate.stepping.step_of import folded


class Prepared(nn.Module):
    """Pixels (N, C, …) uint8 → normalised float32, as `Normalisation` does it."""

    mean: Tensor
    inverse: Tensor

    def __init__(self, normalise: Normalisation, axes: int) -> None:
        """axes: of the pixels behind the channels."""
        super().__init__()
        shape = (1, -1, *[1] * axes)
        self.register_buffer("mean", torch.tensor(normalise.mean).view(shape))
        self.register_buffer("inverse", (1 / torch.tensor(normalise.std)).view(shape))

    def forward(self, pixels: Tensor) -> Tensor:
        return (pixels.float() - self.mean) * self.inverse


class Answer(nn.Module):
    """Scores (N, K) → probabilities, as `probabilities` does it."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, scores: Tensor) -> Tensor:
        return torch.softmax(scores / self.temperature, dim=-1)


class LateAnswer(Answer):
    """The same; NaN as long as the first answer is still to come."""

    def __init__(self, temperature: float, late: int) -> None:
        super().__init__(temperature)
        self.late = late

    def forward(self, scores: Tensor, seen: Tensor | None = None) -> Tensor:
        assert seen is not None
        return torch.where(seen.unsqueeze(1) >= self.late, super().forward(scores), torch.nan)


class Whole(nn.Module):
    """From pixels to probabilities."""

    def __init__(self, prepared: nn.Module, network: nn.Module, answer: nn.Module) -> None:
        super().__init__()
        self.prepared, self.network, self.answer = prepared, network, answer

    def forward(self, pixels: Tensor) -> Tensor:
        probabilities: Tensor = self.answer(self.network(self.prepared(pixels)))
        return probabilities


def whole_network(trained: Trained) -> nn.Module:
    """Images (N, C, H, W) or clips (N, C, T, H, W), uint8 → probabilities (N, K).

    Args:
        trained: the run.
    """
    axes = 2 if trained.sampling is None else 3
    return Whole(Prepared(trained.normalise, axes), trained.network, Answer(trained.temperature)).eval()


def whole_step(trained: Trained, step: Step) -> fx.GraphModule:
    """A frame (N, C, H, W) uint8, and every state → probabilities (N, K), and every state.

    Args:
        trained: the run.
        step: its portable one. Its layers are shared, its graph is left as it is.
    """
    graph, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    own = cast("fx.GraphModule", step.graph).graph
    scores, after = cast("tuple[fx.Node, tuple[fx.Node, ...]]", graph.graph_copy(own, copies))
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    frames, seen = inputs[:2]
    with graph.inserting_after(inputs[-1]):
        prepared = graph.call_module("prepared", (frames,))
        one = graph.call_method("unsqueeze", (prepared, 2))
    prepared.append(one)
    frames.replace_all_uses_with(one, lambda user: user is not prepared)
    for node in [user for user in one.users if user.target is folded]:  # of one frame as it came
        node.replace_all_uses_with(prepared)
        graph.erase_node(node)
    late = LateAnswer(trained.temperature, step.late)
    answer = graph.call_module("answer", (scores, seen) if step.late else (scores,))
    graph.output((answer, *after))
    root = nn.ModuleDict(dict(step.graph.named_children()))
    root["prepared"] = Prepared(trained.normalise, 2)
    root["answer"] = late if step.late else Answer(trained.temperature)
    return fx.GraphModule(root, graph).eval()
