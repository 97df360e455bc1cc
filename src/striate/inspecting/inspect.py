"""The verb: a network and the shape of its input → an `Inspection`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import overload

import torch
from torch import nn

from striate.arithmetic.described import Recording
from striate.checked import checked
from striate.errors import ArgumentError, DataError, NetworkError
from striate.inspecting.inputs import Given, inputs_of, shape_in, with_channels_first
from striate.inspecting.inspection import Input, Inspection
from striate.inspecting.loading import Loaded, load_network
from striate.inspecting.rows import table_of, with_shares
from striate.inspecting.side_by_side import SideBySide
from striate.numbers import by, counted
from striate.pages.languages import Language, speaking
from striate.tracing import Inputs, trace
from striate.tracing.arguments import as_inputs

REPEATS = 5  # timed runs; each time is the median
Network = str | Path | nn.Module


@overload
def inspect(
    network: Network,
    input: Given | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    backward: bool = False,
    against: None = None,
    image: str | Path | None = None,
    out: str | Path | None = None,
    language: Language = "en",
) -> Inspection: ...


@overload
def inspect(
    network: Network,
    input: Given | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    backward: bool = False,
    against: Network,
    image: str | Path | None = None,
    out: str | Path | None = None,
    language: Language = "en",
) -> SideBySide: ...


@speaking
@checked
def inspect(
    network: Network,
    input: Given | None = None,
    *,
    batch: int = 1,
    layout: str | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
    measure: bool = False,
    backward: bool = False,
    against: Network | None = None,
    image: str | Path | None = None,
    out: str | Path | None = None,
    language: Language = "en",
) -> Inspection | SideBySide:
    """What every layer of a network is, holds, sees and costs.

    The network runs once on tensors without memory, as at inference, and is left as it was.

    Args:
        network: a name of the catalogue, a run folder, package.module:function, a .onnx or a .pt2 file, or
            the address of weights, as "hf://timm/resnet18.a1_in1k"; in Python also a module.
        input: one input without the batch, "3x224x224" for an image, "3x8x112x112" for a clip of 8 frames;
            several where the network takes several, by name as "mask=1x8x8"; numbers as "0.5" or "int:3";
            in Python also tensors, of which only the shapes count, and dictionaries and tuples of them. A
            network that knows its input needs none.
        batch: inputs at once; costs are those of all.
        layout: the axes of the input where they are not N C T H W, for example "NTC"; of several inputs with
            a comma between, "NTC,NCHW".
        time: a way through time for an image network of the catalogue: "2d", "tsm", "2plus1d", "3d", "rnn",
            "lstm", "gru" or "two-stream".
        frames: frames of a clip, where `input` does not say. By default 8.
        causal: no frame of a clip sees a later one.
        measure: also run the network on real numbers and measure every layer.
        backward: also show the backward pass: the products of its gradients, what is kept for it, and with
            `measure` its time.
        against: a second network, inspected in the same way, to stand beside the first.
        image: a picture, or a folder of frames, to draw receptive fields on in the page.
        out: write inspection.json and inspection.html into this folder; of one network, .csv and .md too.
        language: English or Vietnamese, of the table and the page.

    Returns:
        The inspection; of two networks, both side by side.

    Raises:
        ArgumentError: a name or shape that cannot be.
        NetworkError: the network does not take this input.

    >>> inspect(nn.Sequential(nn.Conv2d(1, 32, 3, padding=1)), (1, 28, 28)).layers[0].formula
    '(3·3·1 + 1)·32 = 320'
    """
    if image is not None and not Path(image).exists():
        raise DataError(f"there is no picture {image}: give an image file, or a folder of frames")
    networks = (network,) if against is None else (network, against)
    shape = None if input is None else shape_in(input)
    found = []
    for each in networks:
        loaded = load_network(each, real=measure, shape=shape, time=time, frames=frames, causal=causal)
        inputs = _inputs(loaded, input if time is None else loaded.shape, batch)
        axes = _axes(layout, inputs)
        with _saying_channels_first(inputs), _uncollected():
            found.append(_inspected(loaded, inputs, axes, measure, backward))
            picture = None if image is None else str(image)
            found[-1] = replace(found[-1], picture=picture, language=language)
    result = found[0] if against is None else SideBySide(*found)
    if out is not None:
        result.save(out)
    return result


@contextmanager
def _saying_channels_first(inputs: Inputs) -> Iterator[None]:
    """What a network says that does not take an input, with the likely reason."""
    try:
        yield
    except NetworkError as error:
        turned = [with_channels_first(tuple(tensor.shape[1:])) for tensor in inputs.tensors()]
        meant = next((shape for shape in turned if shape is not None), None)
        if meant is None:
            raise
        raise NetworkError(f"{error}; channels stand first: say {'x'.join(map(str, meant))}") from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's collector, which would go through all that is made here again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _inspected(
    loaded: Loaded, inputs: Inputs, axes: tuple[str, ...], measure: bool, backward: bool
) -> Inspection:
    """One network on its inputs."""
    recording = trace(loaded.network, inputs, axes, follow=loaded.follow)
    if measure:
        recording = _with_times(recording, _timed(loaded, inputs, axes, backward))
    layers, totals = table_of(recording)
    layers = with_shares(layers, totals.seconds)
    used = {name for layer in layers for name in layer.uses}
    return Inspection(
        network=loaded.label,
        input_shape=recording.tensors[recording.inputs[recording.main]].shape,
        axes=recording.axes,
        batch=recording.batch,
        layers=layers,
        totals=totals,
        unused=tuple((p.name, p.size) for p in recording.parameters if p.name not in used),
        notes=recording.notes,
        inputs=_described(recording),
        backward=backward,
    )


def _timed(loaded: Loaded, inputs: Inputs, axes: tuple[str, ...], backward: bool) -> Recording:
    """The times of runs on real numbers: of the forward pass as at inference, and of both as in training."""
    network, follow = loaded.network, loaded.follow
    there = trace(network, inputs, axes, with_values=True, repeats=REPEATS, follow=follow)
    if not backward:
        return there
    both = trace(network, inputs, axes, with_values=True, repeats=REPEATS, backward=True, follow=follow)
    same = [op.name for op in there.operations] == [op.name for op in both.operations]
    return replace(there, backward_seconds=both.backward_seconds) if same else both


def _described(recording: Recording) -> tuple[Input, ...]:
    """The tensors that the network takes."""
    return tuple(
        Input(name, recording.tensors[recording.inputs[place]].shape, recording.axes_of(place))
        for place, name in enumerate(recording.input_names)
    )


def _with_times(recording: Recording, timed: Recording) -> Recording:
    """The times of a real run on the recording; where other operations ran then, the real run's own."""
    same = [op.name for op in recording.operations] == [op.name for op in timed.operations]
    if not same:
        return timed
    return replace(recording, seconds=timed.seconds, backward_seconds=timed.backward_seconds)


def _inputs(loaded: Loaded, given: Given | None, batch: int) -> Inputs:
    """What the network is called with: what is given, or what it is known to take."""
    if batch < 1:
        raise ArgumentError(f"a batch is one or more inputs; got {batch}")
    if given is None and as_inputs(loaded.inputs).tensors():
        return as_inputs(loaded.inputs)
    given = loaded.shape if given is None else given
    if given is None:
        raise ArgumentError(
            f"what does {loaded.label} take? Say it with the shape of one input, such as 3x224x224 for "
            f"an image "
            "or 3x8x112x112 for a clip"
        )
    with torch.no_grad():
        inputs = inputs_of(given, loaded.network, batch)
    for name, tensor in zip(inputs.names(loaded.network), inputs.tensors(), strict=True):
        if tensor.numel() == 0:
            raise ArgumentError(f"the input {name} of {by(tensor.shape)} holds no numbers: give at least one")
    return inputs


def _axes(layout: str | None, inputs: Inputs) -> tuple[str, ...]:
    """The axes of each input that the layout says; none for those that it does not."""
    axes = tuple(layout.split(",")) if layout is not None else ()
    count = len(inputs.tensors())
    if layout is not None and (set(layout) - set("NCTHW,") or not any(axes) or len(axes) > count):
        raise ArgumentError(
            f"layout {layout!r} should name axes by N, C, T, H and W, of at most {counted(count, 'input')}, "
            'such as "NTC" or "NTC,NCHW"'
        )
    for letters, tensor in zip(axes, inputs.tensors(), strict=False):
        if letters and (len(letters) != tensor.dim() or len(set(letters)) != len(letters)):
            raise ArgumentError(
                f"layout {letters!r} should have a letter for each of the {tensor.dim()} axes of the input, "
                "batch included, "
                'such as "NTC"'
            )
    return axes
