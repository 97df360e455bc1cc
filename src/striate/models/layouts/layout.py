"""A table of someone's names for our parameters, and weights under those names as ours.

A `Layout` goes from our names to those of someone's files. It is read one way only, from ours, which a
network has at hand; so a file is recognised by how many of its names a table gives, and nothing needs to say
where it came from.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn

State = dict[str, Tensor]
Names = dict[str, str]  # ours → theirs

WAY = "backbone."  # where a network with a way through time keeps the image network


class Pixels(NamedTuple):
    """Mean and deviation of each channel, of pixels in [0, 255], and whose they are."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    whose: str

    def __str__(self) -> str:
        mean, std = ((one[:1] if len(set(one)) == 1 else one) for one in (self.mean, self.std))
        return f"{self.whose} mean {_listed(mean)} and deviation {_listed(std)} of 255"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"mean": list(self.mean), "std": list(self.std), "whose": self.whose}


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


@dataclass(frozen=True)
class Layout:
    """Whose files these are, and how they name the layers of one family.

    Args:
        origin: who publishes them, in words for messages.
        pixels: how pixels were normalised where they were trained.
        layers: our layer → their layer, where {s} stands for a number and {s+1} for the one after it, as in
            "layer{s}.{b}.conv1": "s{s+1}.pathway0_res{b}.branch2.a". Parameters keep their names in a layer.
        absent: norms of ours that their network does without.
        swapped: linear layers whose inputs stand in another order there: the number of inputs that come last
            here and first there.
    """

    origin: str
    pixels: Pixels
    layers: Mapping[str, str]
    absent: tuple[str, ...] = ()
    swapped: Mapping[str, int] = field(default_factory=dict)

    def names(self, ours: Iterable[str]) -> Names:
        """Their name for each of ours; those that the table does not reach are left out.

        >>> names = {"layer{s}.{b}.bn": "s{s+1}.{b}_bn"}
        >>> Layout("someone", Pixels((0.0,), (1.0,), "its own"), names).names(["layer1.0.bn.bias", "fc.bias"])
        {'layer1.0.bn.bias': 's2.0_bn.bias'}
        """
        rules = [(_pattern(template), theirs) for template, theirs in self.layers.items()]
        found = {}
        for name in ours:
            layer, _, parameter = name.rpartition(".")
            for pattern, theirs in rules:
                if match := pattern.fullmatch(layer):
                    found[name] = f"{_filled(theirs, match.groupdict())}.{parameter}"
                    break
        return found


def _pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(template)
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>\\d+)", escaped))


def _filled(template: str, numbers: Mapping[str, str]) -> str:
    def number(field: re.Match[str]) -> str:
        return str(int(numbers[field[1]]) + int(field[2] or 0))

    return re.sub(r"\{(\w+?)(\+\d+)?\}", number, template)


def recognised(state: Mapping[str, Tensor], ours: Iterable[str], layouts: Iterable[Layout]) -> Layout | None:
    """The layout that explains most names of a file, if it explains more than our own names do."""
    names = list(ours)
    best, most = None, sum(name in state for name in names)
    for layout in layouts:
        explained = sum(theirs in state for theirs in layout.names(names).values())
        if explained > most:
            best, most = layout, explained
    return best


def in_our_names(
    state: Mapping[str, Tensor], network: nn.Module, layouts: Iterable[Layout]
) -> tuple[State, tuple[str, ...], Layout | None]:
    """A file's weights under a network's names, sentences about what was not in the file, and its layout.

    A file that none of the layouts explains is given back as it is; so are names that a layout does not know.
    """
    wanted = without_way(network.state_dict())
    unwrapped = _unwrapped(state)
    layout = recognised(unwrapped, wanted, layouts)
    if layout is None:
        return dict(state), (), None
    ours = {theirs: name for name, theirs in layout.names(wanted).items()}
    renamed = {ours.get(name, name): tensor for name, tensor in unwrapped.items()}
    for layer, last in layout.swapped.items():
        _swap_inputs(renamed, f"{layer}.weight", last)
    for name, tensor in renamed.items():
        if name in wanted and _is_same_layer(tensor, wanted[name]):
            renamed[name] = tensor.reshape(wanted[name].shape)
    return *_with_identities(renamed, network, layout), layout


def without_way(wanted: Mapping[str, Tensor]) -> State:
    """The names of the image network inside a way through time, as if it stood alone."""
    inside = {name.removeprefix(WAY): tensor for name, tensor in wanted.items() if name.startswith(WAY)}
    return inside or dict(wanted)


def _unwrapped(state: Mapping[str, Tensor]) -> State:
    """Names without `net`, which the published temporal shifts wrap their convolution in."""
    return {name.replace(".net.", "."): tensor for name, tensor in state.items()}


def _is_same_layer(theirs: Tensor, ours: Tensor) -> bool:
    """Whether theirs is a 1×1×1 convolution, or one of a whole map, and ours a linear layer."""
    of_map = ours.ndim == 2 < theirs.ndim and theirs.flatten(1).shape == ours.shape
    return of_map or _without_ones(theirs) == _without_ones(ours)


def _without_ones(tensor: Tensor) -> list[int]:
    return [length for length in tensor.shape if length != 1]


def _swap_inputs(state: State, name: str, last: int) -> None:
    """(filters, last + others) → (filters, others + last)."""
    if name in state:
        state[name] = state[name].roll(-last, dims=1)


def _with_identities(state: State, network: nn.Module, layout: Layout) -> tuple[State, tuple[str, ...]]:
    """Fill in the norms that their network does without, such that they change nothing in evaluation."""
    notes = []
    for layer in layout.absent:
        norm = dict(network.named_modules()).get(layer)
        if not isinstance(norm, nn.BatchNorm3d) or f"{layer}.weight" in state:
            continue
        spread = math.sqrt(1 + norm.eps)
        state[f"{layer}.weight"] = norm.weight.new_full(norm.weight.shape, spread)
        state[f"{layer}.bias"] = norm.weight.new_zeros(norm.weight.shape)
        state[f"{layer}.running_mean"] = norm.weight.new_zeros(norm.weight.shape)
        state[f"{layer}.running_var"] = norm.weight.new_ones(norm.weight.shape)
        notes.append(f"{layer}: {layout.origin}'s network has no norm here, so it starts as the identity")
    return state, tuple(notes)
