"""Of the image networks that people use, how many are described whole? Three hundred of timm, against torch.

    python benchmarks/timm_networks.py --timm FOLDER [--count 300] [--only NAME ...] [--fields 8]

timm ships no numbers of downloads. The rule by which networks are chosen: the families of timm that have
published weights, those with most of them first, give one network each in turn, in the order in which their
file lists them, until there are `--count`. timm and torchvision are no dependencies: they are read from a
folder,

    pip install --no-deps --target FOLDER timm torchvision huggingface_hub PyYAML

Products: those of `inspect`, which must be called exact, against torch's FlopCounterMode (attention taken
apart, which that one counts). Fields: exact or a bound; of every `--fields`-th network that is small enough
those of two layers are held against the gradient of the unit in the middle with respect to an image: no pixel
outside of the field may have one, and where the field is called exact its first and last row and column must.
"""

import argparse
import sys
import time
import types
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from striate.arithmetic.described import Status
from striate.arithmetic.receptive.summary import grid
from striate.inspecting import Inspection, inspect

SMALL = 80_000_000
"""Parameters of a network that is run on numbers."""


@dataclass(frozen=True)
class Outcome:
    """One network: what was wrong, if anything, and how sure its field is."""

    name: str
    wrong: str
    field: str
    seconds: float


def prepare(folder: Path) -> Any:
    """timm, beside a torch that torchvision was not built for: two stubs stand in for its compiled parts."""
    sys.path.append(str(folder))
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("_meta_registrations")
    import timm

    return timm, library  # the library's definitions live as long as it does


def chosen(timm: Any, count: int) -> list[str]:
    """By the rule at the top."""
    published = set(timm.list_models(pretrained=True))
    published = {name.split(".")[0] for name in published}
    families = timm.models._registry._module_to_models
    listed = timm.models._registry._model_entrypoints  # in the order of the files
    rows = [
        [name for name in listed if name in members and name in published] for members in families.values()
    ]
    rows.sort(key=len, reverse=True)
    turns = max(map(len, rows))
    return [row[turn] for turn in range(turns) for row in rows if turn < len(row)][:count]


def network_of(timm: Any, name: str, device: str, fused: bool = True) -> tuple[nn.Module, tuple[int, ...]]:
    """A network without weights, as it infers, and its input's shape."""
    timm.layers.set_fused_attn(fused)
    with torch.device(device):
        network = timm.create_model(name).eval()
    return network, tuple(network.pretrained_cfg["input_size"])


def products(timm: Any, name: str) -> int:
    """As torch counts them."""
    network, shape = network_of(timm, name, "meta", fused=False)
    network.requires_grad_(False)  # the counter's tracker of modules fails on parameters among arguments
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, *shape, device="meta"))
    return counter.get_total_flops() // 2


def checked_fields(timm: Any, name: str, found: Inspection) -> str:
    """What is wrong with the fields of two layers, held against gradients; empty if nothing."""
    torch.manual_seed(0)
    network, shape = network_of(timm, name, "cpu")
    if sum(p.numel() for p in network.parameters()) > SMALL:
        return ""
    network = network.double()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() < 2 or not parameter.any():
                parameter.uniform_(0.5, 1.5)
    narrow = [
        layer.name
        for layer in found.layers
        if layer.type
        and layer.call == 1
        and layer.name == layer.module
        and len(layer.output_shape) == 4
        and layer.receptive_field
        and layer.field is not None
        and grid(layer.field) in ([1, 2], [2, 3])  # not windows apart, as in swin
        and max(layer.receptive_field.clipped_size) < max(shape[1:])
    ]
    wrong = [
        _checked_field(network, shape, found, layer)
        for layer in {*narrow[-1:], *narrow[len(narrow) // 2 :][:1]}
    ]
    return "; ".join(filter(None, wrong))


def _checked_field(network: nn.Module, shape: Sequence[int], found: Inspection, name: str) -> str:
    outputs: list[Tensor] = []
    handle = network.get_submodule(name).register_forward_hook(lambda _, __, out: outputs.append(out))
    x = torch.rand(2, *shape, dtype=torch.float64, requires_grad=True)
    network(x)
    handle.remove()
    unit = found.unit(name)
    layer = found.layer(name)
    channels_last = (
        layer.output_shape[1:3] == outputs[0].shape[1:3] and len(unit.unit) == 2 and _last(found, name)
    )
    index: Any = (slice(None), *unit.unit) if channels_last else (slice(None), slice(None), *unit.unit)
    asked = outputs[0][index]
    (gradient,) = torch.autograd.grad((asked * torch.rand_like(asked)).sum(), x)
    hit = gradient.ne(0).any(0).any(0)
    wrong = []
    for dim, span in zip((1, 0), unit.clipped, strict=True):
        seen = hit.any(dim).nonzero()
        first, last = int(seen.min()), int(seen.max())
        assert span is not None
        within = span[0] <= first and last <= span[1]
        if not within or (unit.status == Status.EXACT.word and (first, last) != span):
            wrong.append(f"{name} sees {first} to {last}, said {span[0]} to {span[1]} ({unit.status})")
    return ", ".join(wrong)


def _last(found: Inspection, name: str) -> bool:
    """Whether a layer's channels stand last."""
    field = found.layer(name).field
    return field is not None and grid(field) == [1, 2]


def outcome(timm: Any, name: str, with_fields: bool) -> Outcome:
    """One network, tried."""
    started = time.perf_counter()
    field = ""
    try:
        network, shape = network_of(timm, name, "meta")
        found = inspect(network, shape)
        macs, last = found.totals.macs, found.layers[-1].receptive_field
        field = last.status if last else "none"
        wrong = f"what {macs.reason} costs is not known" if macs.status is not Status.EXACT else ""
        if not wrong and macs.value != (true := products(timm, name)):
            wrong = f"{macs.value:,} products, torch counts {true:,}"
        if not wrong and with_fields:
            wrong = checked_fields(timm, name, found)
    except Exception as error:
        wrong = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return Outcome(name, wrong, field, time.perf_counter() - started)


def main() -> None:
    """Try them and print the share."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--timm", type=Path, required=True)
    options.add_argument("--count", type=int, default=300)
    options.add_argument("--skip", type=int, default=0)
    options.add_argument("--only", nargs="*", default=())
    options.add_argument("--fields", type=int, default=8)
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    timm, _library = prepare(asked.timm)
    names = list(asked.only) or chosen(timm, asked.count)[asked.skip :]
    outcomes = []
    for number, name in enumerate(names):
        found = outcome(timm, name, bool(asked.fields) and number % asked.fields == 0)
        outcomes.append(found)
        print(
            f"{number + 1:4} {name:44} {found.seconds:5.1f} s  {found.field:8} {found.wrong or 'right'}",
            flush=True,
        )
    right = sum(not found.wrong for found in outcomes)
    exact = sum(found.field == Status.EXACT.word for found in outcomes)
    print(f"\n{right} of {len(outcomes)} right ({right / len(outcomes):.1%}); {exact} with an exact field")


if __name__ == "__main__":
    main()
