"""Putting weights into a network they were not necessarily made for, and saying what was changed.

Four differences are bridged: the names of other publishers, another number of classes, colour against grey,
and images against clips.
Any other is an error that lists every parameter concerned and leaves the network as it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate.checked import checked
from striate.errors import NetworkError, WeightsError
from striate.models.head_stem import head_of, stem_of
from striate.models.layouts import EVERY, IMAGENET, KINETICS, Pixels, in_our_names
from striate.models.slowfast import SlowFast
from striate.models.video_resnet import BasicBlock3d
from striate.models.ways import ClipNetwork
from striate.models.ways.adopting import Adopted, adopt, inflated
from striate.models.ways.two_stream import TwoStreamNetwork
from striate.models.weight_files import State, read_weights
from striate.pages import Shown

ABSENT = "absent"
GREY, RGB = 1, 3  # channels

Row = tuple[str, str, str]  # (parameter, in the file, in the network)
Notes = tuple[str, ...]


@dataclass(frozen=True)
class WeightsReport(Shown):
    """What came of loading weights: the parameters taken over, those left fresh, and what was changed.

    `notes` are sentences that whoever loaded the weights should see.
    """

    source: str
    loaded: tuple[str, ...]
    untrained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pixels: Pixels = IMAGENET
    """How pixels were normalised where the weights were trained."""

    def to_rows(self) -> list[dict[str, Any]]:
        """A row a parameter: its name, and whether it was loaded."""
        parts = ((True, self.loaded), (False, self.untrained))
        return [{"parameter": name, "loaded": loaded} for loaded, names in parts for name in names]


@checked
def load_weights(
    network: nn.Module, path_or_state: str | Path | Mapping[str, Tensor], *, source_name: str | None = None
) -> WeightsReport:
    """Put weights into a network.

    - Under the names of PySlowFast, PyTorchVideo, MMAction2 or mit-han-lab: found out and translated.
    - Made for another number of classes: the head keeps its fresh weights.
    - Made for RGB, and the network takes grey: the first kernels are summed over colour, which gives what the
      RGB network says of a grey image.
    - Made for grey, and the network takes RGB: the first kernels are divided by three and repeated, which
      gives what the grey network says of the mean colour.
    - Made for images, and the network takes clips: for `3d` kernels are repeated over time and divided by its
      length; for `2plus1d` they go into the two halves as far as the width between allows; recurrent ways
      keep their fresh recurrent layer and head; both of the two streams get them. `i3d_resnet50` takes those
      of `resnet50` like `3d`.

    Args:
        network: takes the weights, in place.
        path_or_state: what `read_weights` takes, or a state dict.
        source_name: what messages call the weights; the path if not given.

    Raises:
        WeightsError: a file that cannot be read, or weights that do not fit; its `table` then lists
            (parameter, in the file, in the network) and the network is as it was.
    """
    if isinstance(path_or_state, Mapping):
        state, source = dict(path_or_state), source_name or "the state dict"
    else:
        state, source = read_weights(path_or_state), source_name or str(path_or_state)
    wanted = network.state_dict()
    notes: Notes = ()
    pixels = _own_pixels(network)
    if not state.keys() <= wanted.keys():  # else they are our names already
        state, notes, layout = in_our_names(state, network, EVERY)
        pixels = pixels if layout is None else layout.pixels
    adopted = (
        adopt(network, state, source)
        if isinstance(network, ClipNetwork)
        else Adopted(inflated(network, state))
    )
    state, left, notes = adopted.state, adopted.untrained, (*notes, *adopted.notes)
    for prefix, stream in _streams(network):
        notes += _adapt_stem(state, wanted, prefix, stream, source)
        of_head, head_notes = _leave_out_head(state, wanted, prefix, stream, source)
        left, notes = (*left, *of_head), (*notes, *head_notes)
    _keep_batch_counts(state, wanted)
    _check_fit(state, wanted, left, source)
    untrained = tuple(name for name in wanted if name in left)
    loaded = tuple(name for name in wanted if name not in left)
    network.load_state_dict(wanted | state)
    return WeightsReport(source, loaded, untrained, notes, pixels)


def _own_pixels(network: nn.Module) -> Pixels:
    """How torchvision, whose names are our own, normalises for a network of this kind."""
    return KINETICS if any(isinstance(layer, BasicBlock3d) for layer in network.modules()) else IMAGENET


def _streams(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """What begins with a stem, and what its names begin with: two for two streams or pathways, or one."""
    if isinstance(network, TwoStreamNetwork):
        return [("backbone.", network.backbone), ("flow.", network.flow)]
    if isinstance(network, SlowFast):
        return [("", network), ("stem.fast.", network.get_submodule("stem.fast"))]
    return [("", network)]


def _adapt_stem(state: State, wanted: State, prefix: str, network: nn.Module, source: str) -> Notes:
    """Change the first kernels in `state` between RGB and grey, if that is all they lack."""
    name = prefix + _weight_of(stem_of, network)
    if name not in state or not _differ_only_in(1, state[name], wanted[name]):
        return ()
    layer, kernels = name.removesuffix(".weight"), state[name]
    channels = (kernels.shape[1], wanted[name].shape[1])
    if channels == (RGB, GREY):
        state[name] = kernels.sum(dim=1, keepdim=True)  # (filters, 1, k, k)
        return (f"{layer}: the RGB kernels of {source} are summed over colour, for grey images",)
    if channels == (GREY, RGB):
        state[name] = torch.cat([kernels / RGB] * RGB, dim=1)  # (filters, 3, k, k)
        return (f"{layer}: the grey kernels of {source} are divided by 3 and repeated, for RGB images",)
    return ()


def _leave_out_head(
    state: State, wanted: State, prefix: str, network: nn.Module, source: str
) -> tuple[tuple[str, ...], Notes]:
    """Take the head out of `state` if it is of another number of classes: (fresh parameters, notes)."""
    name = prefix + _weight_of(head_of, network)
    if name not in state or not _differ_only_in(0, state[name], wanted[name]):
        return (), ()
    head = name.removesuffix(".weight")
    known, classes = len(state[name]), len(wanted[name])
    untrained = tuple(parameter for parameter in wanted if parameter in (name, f"{head}.bias"))
    for parameter in untrained:
        state.pop(parameter, None)
    return untrained, (f"{head}: a fresh head, as {source} knows {known} classes and this network {classes}",)


def _weight_of(end: Callable[[nn.Module], tuple[str, nn.Module]], network: nn.Module) -> str:
    """What the weight of a stem or head is called in the state dict; "" if the network has no such end."""
    try:
        name, _ = end(network)
    except NetworkError:
        return ""
    return f"{name}.weight" if name else "weight"


def _differ_only_in(axis: int, given: Tensor, target: Tensor) -> bool:
    if given.ndim != target.ndim:
        return False
    return [a for a in range(given.ndim) if given.shape[a] != target.shape[a]] == [axis]


def _keep_batch_counts(state: State, wanted: State) -> None:
    """Files from before PyTorch 0.4.1 lack BatchNorm's count of batches, which averaging does not need."""
    for name in wanted:
        if name.endswith(".num_batches_tracked"):
            state.setdefault(name, wanted[name])


def _check_fit(state: State, wanted: State, untrained: tuple[str, ...], source: str) -> None:
    missing = [name for name in wanted if name not in state and name not in untrained]
    unexpected = [name for name in state if name not in wanted]
    misshapen = [name for name in wanted if name in state and not _fits(state[name], wanted[name])]
    if not (missing or unexpected or misshapen):
        return
    table = [_row(name, state, wanted) for name in (*missing, *misshapen, *unexpected)]
    name, in_file, in_network = table[0]
    raise WeightsError(
        f"{source} does not fit this network ({len(missing)} missing, {len(misshapen)} misshapen, "
        f"{len(unexpected)} unexpected): {name}, to begin with, is {in_file} in the file and {in_network} in "
        "the network; build the network that the weights are of",
        table,
    )


def _fits(given: Tensor, target: Tensor) -> bool:
    return given.shape == target.shape and given.is_floating_point() == target.is_floating_point()


def _row(name: str, state: State, wanted: State) -> Row:
    return name, _shape(state.get(name)), _shape(wanted.get(name))


def _shape(tensor: Tensor | None) -> str:
    """Such as "64×3×7×7"; numbers that are not floating-point say so."""
    if tensor is None:
        return ABSENT
    shape = "×".join(map(str, tensor.shape)) or "one number"
    return shape if tensor.is_floating_point() else f"{shape} {str(tensor.dtype).removeprefix('torch.')}"
