"""Remarks on single rows: what a 1×1 convolution is, what a bottleneck or (2+1)D convolution saves."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from striate.arithmetic import factorised
from striate.arithmetic.factorised import Convolution
from striate.inspecting.layers import Layer


def with_notes(layers: Sequence[Layer]) -> list[Layer]:
    """The rows with what there is to say of them."""
    notes: list[list[str]] = [own_notes(layer) for layer in layers]
    rows = [row for row, layer in enumerate(layers) if convolution_of(layer) is not None]
    for start in range(len(rows)):
        _note_pair(layers, rows[start : start + 2], notes)
        _note_triple(layers, rows[start : start + 3], notes)
    return [
        replace(layer, notes=tuple(said)) if said else layer
        for layer, said in zip(layers, notes, strict=True)
    ]


def convolution_of(layer: Layer) -> Convolution | None:
    """The convolution of a row, if it is one that is not transposed."""
    weight = layer.geometry.get("weight")
    if weight is None or layer.geometry.get("transposed"):
        return None
    g = layer.geometry
    return Convolution(tuple(weight), int(g["groups"]), tuple(g["stride"]), int(g["positions"]))


def own_notes(layer: Layer) -> list[str]:
    """What a row says by itself."""
    notes = []
    if layer.shared:
        notes.append(f"uses {', '.join(layer.shared)} again: counted where it was first used")
    if layer.formula and layer.frozen:
        notes.append("frozen" if not layer.trainable else f"{layer.frozen:,} of its parameters are frozen")
    conv = convolution_of(layer)
    if conv is None:
        return notes
    if factorised.is_pointwise(conv):
        notes.append(factorised.pointwise_note(conv))
    elif factorised.is_depthwise(conv):
        notes.append(factorised.depthwise_note(conv))
    elif len(conv.kernel) == 3 and conv.kernel[0] > 1 and conv.kernel[1] > 1 and conv.groups == 1:
        notes.append(factorised.full_3d_note(conv))
    return notes


def _note_pair(layers: Sequence[Layer], rows: Sequence[int], notes: list[list[str]]) -> None:
    """Space then time: (2+1)D. The two stand in one block, or in blocks within one."""
    if len(rows) != 2:
        return
    first, second = (convolution_of(layers[row]) for row in rows)
    if first is None or second is None or first.groups > 1 or second.groups > 1:
        return
    if factorised.is_spatial(first) and factorised.is_temporal(second) and first.filters == second.channels:
        notes[rows[1]].append(factorised.split_note(first, second))


def _note_triple(layers: Sequence[Layer], rows: Sequence[int], notes: list[list[str]]) -> None:
    """1×1, k×k, 1×1, each taking what the one before gives: a bottleneck."""
    if len(rows) != 3:
        return
    chosen = [convolution_of(layers[row]) for row in rows]
    convolutions = [conv for conv in chosen if conv is not None]
    chained = all(a.filters == b.channels for a, b in pairwise(convolutions))
    note = factorised.block_note(convolutions) if chained else None
    if note is not None:
        notes[rows[2]].append(note)
