"""The verb: a network and the shape of its input → an `Inspection`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import torch
from torch import Tensor, nn

from striate.arithmetic.described import Recording
from striate.checked import checked
from striate.errors import ArgumentError
from striate.inspecting.inspection import Inspection
from striate.inspecting.loading import Loaded, load_network
from striate.inspecting.rows import table_of, with_shares
from striate.inspecting.side_by_side import SideBySide
from striate.tracing import example, trace

REPEATS = 5  # timed runs; each time is the median
Shape = str | Sequence[int]
Network = str | Path | nn.Module


@overload
def inspect(
    network: Network,
    input: Tensor | Sequence[Tensor] | Shape | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    against: None = None,
    image: str | Path | None = None,
) -> Inspection: ...


@overload
def inspect(
    network: Network,
    input: Tensor | Sequence[Tensor] | Shape | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    against: Network,
    image: str | Path | None = None,
) -> SideBySide: ...


@checked
def inspect(
    network: Network,
    input: Tensor | Sequence[Tensor] | Shape | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    against: Network | None = None,
    image: str | Path | None = None,
) -> Inspection | SideBySide:
    """What every layer of a network is, holds, sees and costs.

    The network runs once on tensors without memory, as at inference, and is left as it was.

    Args:
        network: a module; or a name of the catalogue, a run folder, an ONNX or `.pt2` file,
            `package.module:function`.
        input: (C, H, W), (C, T, H, W) or (C, L) without the batch, also as "3x224x224"; or tensors
            that the network takes, of which only the shapes count. A network that knows its input needs none.
        batch: how many of them at once, 1 by default; all costs are those of the whole batch.
        layout: what the axes of the input are if not those, e.g. "NTC" for a sequence of vectors.
        time: a way through time, a name of `striate.models.WAYS`, for an image network of the catalogue.
        frames: of a clip, where `input` is that of a picture; 8 by default.
        causal: no frame of a clip sees a later one.
        measure: also run it on real numbers and measure every layer.
        against: a second network, inspected in the same way, to stand beside the first.
        image: a picture, or a folder of frames, to draw receptive fields on in the page.

    Returns:
        The inspection; of two networks, both side by side.

    Raises:
        ArgumentError: a name or shape that cannot be.
        NetworkError: the network does not take this input.

    >>> inspect(nn.Sequential(nn.Conv2d(1, 32, 3, padding=1)), (1, 28, 28)).layers[0].formula
    '(3·3·1 + 1)·32 = 320'
    """
    networks = (network,) if against is None else (network, against)
    shape = as_shape(input)
    found = []
    for each in networks:
        loaded = load_network(each, real=measure, shape=shape, time=time, frames=frames, causal=causal)
        inputs = _inputs(loaded, input if time is None else loaded.shape, batch)
        axes = _axes(layout, inputs[0])
        found.append(_inspected(loaded, inputs, axes, measure, None if image is None else str(image)))
    return found[0] if against is None else SideBySide(*found)


def _inspected(
    loaded: Loaded, inputs: list[Tensor], axes: tuple[str, ...], measure: bool, image: str | None
) -> Inspection:
    """One network on its inputs."""
    recording = trace(loaded.network, inputs, axes, follow=loaded.follow)
    if measure:
        timed = trace(loaded.network, inputs, axes, with_values=True, repeats=REPEATS, follow=loaded.follow)
        recording = _with_times(recording, timed)
    layers, totals = table_of(recording)
    layers = with_shares(layers, totals.seconds)
    used = {name for layer in layers for name in layer.uses}
    return Inspection(
        network=loaded.label,
        input_shape=tuple(inputs[0].shape),
        axes=recording.axes,
        batch=recording.batch,
        layers=layers,
        totals=totals,
        unused=tuple((p.name, p.size) for p in recording.parameters if p.name not in used),
        notes=recording.notes,
        picture=image,
    )


def _with_times(recording: Recording, timed: Recording) -> Recording:
    """The times of a real run on the recording; where other operations ran then, the real run's own."""
    same = [op.name for op in recording.operations] == [op.name for op in timed.operations]
    return replace(recording, seconds=timed.seconds) if same else timed


def as_shape(given: Shape | Tensor | Sequence[Tensor] | None) -> tuple[int, ...] | None:
    """The shape without the batch, where one was given."""
    if given is None:
        return None
    if isinstance(given, str):
        return parse_shape(given)
    if isinstance(given, Tensor):
        return tuple(given.shape[1:])
    if given and isinstance(given[0], Tensor):
        return tuple(given[0].shape[1:])
    shape = tuple(given)
    if not shape or any(not isinstance(n, int) or n < 1 for n in shape):
        raise ArgumentError(f"an input shape is positive numbers such as (3, 224, 224); got {given!r}")
    return shape  # type: ignore[return-value]


def parse_shape(text: str) -> tuple[int, ...]:
    """`3x224x224` as numbers.

    >>> parse_shape("3x8x112x112")
    (3, 8, 112, 112)
    """
    try:
        shape = tuple(int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise ArgumentError(
            f"an input is channels, frames if any, height and width, as in 3x224x224; got {text!r}"
        )
    return shape


def _inputs(loaded: Loaded, given: Shape | Tensor | Sequence[Tensor] | None, batch: int) -> list[Tensor]:
    if isinstance(given, Tensor):
        return [given]
    if isinstance(given, Sequence) and given and isinstance(given[0], Tensor):
        return [tensor for tensor in given if isinstance(tensor, Tensor)]
    if loaded.inputs and given is None:
        return list(loaded.inputs)
    shape = as_shape(given) or loaded.shape
    if shape is None:
        raise ArgumentError(
            f"what does {loaded.label} take? Say it with the shape of one input, such as 3x224x224 for "
            f"an image "
            "or 3x8x112x112 for a clip"
        )
    if batch < 1:
        raise ArgumentError(f"a batch is one or more inputs; got {batch}")
    with torch.no_grad():
        return [example(loaded.network, shape, batch)]


def _axes(layout: str | None, first: Tensor) -> tuple[str, ...]:
    if layout is None:
        return ()
    if len(layout) != first.dim() or len(set(layout)) != len(layout):
        raise ArgumentError(
            f"layout {layout!r} should have a letter for each of the {first.dim()} axes of the input, "
            f"batch included, "
            'such as "NTC"'
        )
    return tuple(layout)
