"""What a layer gives of each input: one vector, its mean over positions and frames."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from striate.errors import ArgumentError, unknown
from striate.evaluating.exported import ExportedNetwork
from striate.watching import watching
from striate.watching.watch import Running

Looked = TypeVar("Looked")
TOKENS = (nn.Linear, nn.LayerNorm)
MAPS = (_ConvNd, _BatchNorm)
"""Layers whose channels stand second."""


@contextmanager
def embeddings_of(network: nn.Module, layer: str) -> Iterator[list[np.ndarray]]:
    """Hears a layer in the block; yields a list to which every batch adds (N, D) float32.

    A layer that sees the frames of a clip one by one, or several times in a row, has the mean taken over
    those too.

    Args:
        network: the whole.
        layer: its name, as `inspect` tells it.

    Raises:
        ArgumentError: there is no such layer.
    """
    names = [name for name, _ in network.named_modules() if name]
    if isinstance(network, ExportedNetwork):
        raise ArgumentError("an exported file has no layers to hear: give the run that it was made of")
    if layer not in names:
        raise ArgumentError(f"{unknown('layer', layer, names)}; `striate inspect` lists the layers")
    batches: list[np.ndarray] = []
    heard: list[Tensor] = []

    def hear(run: Running, output: Any) -> None:
        if run.name == layer:
            heard.append(_as_rows(run.module, output))
        elif run.name == "" and heard:
            batches.append(_vectors(heard, len(run.args[0])))
            heard.clear()

    with watching(network, after=hear):
        yield batches


def one_for_each(
    look: Callable[[Path], Looked], vectors: list[np.ndarray], whole: bool
) -> Callable[[Path], Looked]:
    """Looks at videos, and leaves one vector for each in place of those of its windows.

    Args:
        look: at one video; it runs the network on some batches of windows.
        vectors: what `embeddings_of` yields.
        whole: whether the last thing that is looked at is the whole video; otherwise the mean is taken.
    """

    def looked(path: Path) -> Looked:
        before = len(vectors)
        try:
            found = look(path)
        finally:
            windows = vectors[before:]
            del vectors[before:]
        if windows:
            vectors.append(windows[-1][-1:] if whole else np.concatenate(windows).mean(0, keepdims=True))
        return found

    return looked


def joined(vectors: list[np.ndarray], layer: str) -> np.ndarray:
    """(N, D) of all batches. Raises ArgumentError where the layer was never called."""
    if not vectors:
        raise ArgumentError(
            f"the network never calls its layer {layer!r}: `striate inspect` lists its layers"
        )
    return np.concatenate(vectors)


def _as_rows(layer: nn.Module, output: Any) -> Tensor:
    """(R, D) of an output (R, D, …), or (R, …, D) of a layer of tokens: the mean over positions or time."""
    values: Tensor = (output[0] if isinstance(output, tuple) else output).detach().float()
    if isinstance(layer, nn.RNNBase):
        return values.mean(1 if layer.batch_first else 0)
    if values.ndim == 2:
        return values
    return values.flatten(1, -2).mean(1) if _is_of_tokens(layer) else values.flatten(2).mean(2)


def _is_of_tokens(layer: nn.Module) -> bool:
    """Whether its channels stand last, as in layers made of linear ones and their norms alone."""
    parts = [type(one) for one in layer.modules()]
    return any(kind in TOKENS for kind in parts) and not any(issubclass(kind, MAPS) for kind in parts)


def _vectors(outputs: list[Tensor], inputs: int) -> np.ndarray:
    """(N, D) of what a layer gave (N · T, D) each time that it was called: the mean over frames and calls."""
    each = [rows.reshape(inputs, -1, rows.shape[-1]).mean(1) for rows in outputs]
    mean: Tensor = sum(each[1:], each[0]) / len(each)
    vectors: np.ndarray = mean.cpu().numpy()
    return vectors
