"""Weights of a 2D network in the form that a way through time takes them."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from striate.layers import Conv2Plus1d, Halves, inflate
from striate.models.head_stem import stem_of
from striate.models.ways.clip_network import ClipNetwork
from striate.models.ways.lifting import embedded
from striate.models.ways.recurrent import RecurrentNetwork
from striate.models.ways.two_stream import TwoStreamNetwork, of_planes
from striate.numbers import percent

BACKBONE, FLOW = "backbone.", "flow."
KERNEL_OF_IMAGES, KERNEL_OF_CLIPS = 4, 5  # axes

State = dict[str, Tensor]


@dataclass(frozen=True)
class Adopted:
    """Weights under the names of a clip network, the parameters that they leave fresh, and what to say."""

    state: State
    untrained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def adopt(network: ClipNetwork, state: Mapping[str, Tensor], source: str) -> Adopted:
    """Kernels of images become kernels of clips; names get the place of the 2D network before them.

    Weights of a clip network keep their names.
    """
    renamed = dict(state)
    untrained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if not any(name.startswith(BACKBONE) for name in renamed):
        renamed, untrained, notes = _under_backbone(network, renamed, source)
    split, more_untrained, more_notes = _factorised(network, renamed, source)
    return Adopted(inflated(network, split), (*untrained, *more_untrained), (*notes, *more_notes))


def _under_backbone(
    network: ClipNetwork, state: State, source: str
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    named = {BACKBONE + name: tensor for name, tensor in state.items()}
    if isinstance(network, RecurrentNetwork):
        return _without_head(network, named, source)
    if isinstance(network, TwoStreamNetwork):
        return _in_both_streams(network, named, state, source)
    return named, (), ()


def _without_head(
    network: RecurrentNetwork, named: State, source: str
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    head = BACKBONE + network.head_of_backbone
    without = {
        name: tensor for name, tensor in named.items() if name not in (f"{head}.weight", f"{head}.bias")
    }
    untrained = tuple(name for name in network.state_dict() if name.startswith(("recurrent.", "head.")))
    own = network.head_of_backbone
    note = f"recurrent, head: fresh, as {source} knows single images; its own {own} is left out"
    return without, untrained, (note,)


def _in_both_streams(
    network: TwoStreamNetwork, named: State, state: State, source: str
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    stem = f"{stem_of(network.flow)[0]}.weight"
    flow = {FLOW + name: tensor for name, tensor in state.items()}
    if stem not in state:
        return {**named, **flow}, (), ()
    planes = network.get_parameter(FLOW + stem).shape[1]
    flow[FLOW + stem] = of_planes(state[stem], planes)
    note = f"flow: the first kernels of {source}, averaged over colour, for each of {planes} planes of flow"
    return {**named, **flow}, (), (note,)


def inflated(network: nn.Module, state: Mapping[str, Tensor]) -> State:
    """2D kernels where the network has 3D ones: repeated over time and divided by its length."""
    wanted = network.state_dict()
    return {
        name: inflate(tensor, wanted[name].shape[2])
        if tensor.ndim == KERNEL_OF_IMAGES and name in wanted and wanted[name].ndim == KERNEL_OF_CLIPS
        else tensor
        for name, tensor in state.items()
    }


def _factorised(
    network: ClipNetwork, state: State, source: str
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    """2D kernels in the two halves of (2+1)D blocks. The norms between begin as doing nothing."""
    blocks = {
        name: block
        for name, block in network.named_modules()
        if isinstance(block, Conv2Plus1d) and f"{name}.weight" in state
    }
    if not blocks:
        return state, (), ()
    state, untrained, halves = dict(state), list[str](), list[Halves]()
    for name, block in blocks.items():
        parts, made = embedded(block, state.pop(f"{name}.weight"), state.pop(f"{name}.bias", None))
        state |= {f"{name}.{part}": tensor for part, tensor in parts.items()}
        untrained += [f"{name}.{part}" for part in parts if part.startswith("norm.")]
        halves.append(made)
    return state, tuple(untrained), (_filters_in_words(list(blocks.values()), halves, source),)


def _filters_in_words(blocks: list[Conv2Plus1d], halves: list[Halves], source: str) -> str:
    """What became of the filters of 2D kernels."""
    exact, rectified, part = 0, 0, 0
    for block, made in zip(blocks, halves, strict=True):
        exact += made.exact * block.time.groups
        rectified += made.rectified * block.time.groups
        part += 0 if made.exact or made.rectified else block.time.out_channels
    words = [f"{exact:,} filters of {source} come through the ReLU between the halves unchanged"]
    if rectified:
        words.append(f"{rectified:,} as relu(x), for want of width")
    if part:
        least = min(made.kept for made in halves)
        words.append(f"{part:,} to {percent(least, 0)} of their squares")
    return f"2plus1d: {', '.join(words)}; the norms between are fresh"
