"""From what a user names to a network that can be traced."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from striate.checked.words import MOST
from striate.data.options import DEFAULT_FRAMES
from striate.errors import ArgumentError, unknown
from striate.inspecting.inputs import with_channels_first
from striate.models import (
    CATALOGUE,
    CLIP_NETWORKS,
    NETWORKS,
    ClipNetwork,
    build,
    published_clip,
)
from striate.models.building import is_own
from striate.models.catalogue import check_time
from striate.models.own import example
from striate.models.spec import network_of
from striate.published.hub import is_hub
from striate.published.network import published_network
from striate.runs import read_record
from striate.tracing import Inputs
from striate.tracing.files import read_exported, read_onnx
from striate.tracing.trace import Follow
from striate.watching import without_numbers

IMAGENET_CLASSES, KINETICS_CLASSES = 1000, 400
SIZES = {"plain": (1, 28, 28)}
IMAGE = (3, 224, 224)


@dataclass(frozen=True)
class Loaded:
    """A network, what to call it, and the input it is known to take."""

    network: nn.Module
    label: str
    shape: tuple[int, ...] | None = None
    inputs: Inputs | Sequence[Tensor] = ()
    follow: Follow | None = None


def load_network(
    network: str | Path | nn.Module,
    *,
    real: bool = False,
    shape: tuple[int, ...] | None = None,
    time: str | None = None,
    frames: int | None = None,
    causal: bool = False,
) -> Loaded:
    """A module as it is, or the network that a name or path stands for.

    `real` asks for real weights (to measure times); without it a network of the catalogue has none. `time`,
    `frames`, `causal`: a way through time, for an image network of the catalogue; `shape` is then that of the
    picture alone, and `Loaded.shape` what the network takes.
    """
    through_time = time is not None or frames is not None or causal
    if isinstance(network, nn.Module):
        if through_time:
            raise _as_it_is(type(network).__name__)
        return Loaded(network, type(network).__name__)
    name, path = str(network), Path(network)
    if through_time:
        if name not in CATALOGUE and (is_hub(name) or not is_own(name)):
            raise _as_it_is(name)
        check_time(name, time, frames, causal)
        return _through_time(name, real, shape, time, frames, causal)
    if name in CATALOGUE:
        return _from_catalogue(name, real, shape)
    if name in CLIP_NETWORKS:
        return _clip_network(name, real, shape)
    if path.suffix == ".onnx":
        return _from_file(path, *read_onnx(_existing(path)))
    if path.suffix == ".pt2":
        return _from_file(path, *read_exported(_existing(path)))
    if path.is_dir():
        return _from_run(path)
    if is_hub(name):
        found = published_network(name)
        return Loaded(found.network, name, (3, found.weights.size, found.weights.size))
    if is_own(name):
        return Loaded(example(name, shape), name)
    if path.is_file():
        raise _no_network(path)
    if path.name != name:  # in a folder: what is meant is a run, not a name
        read_record(path)
    raise ArgumentError(
        f"{unknown('network', name, NETWORKS)}; or give a run folder, a .onnx or .pt2 file, "
        "my.py:function, package.module:function or timm:NAME"
    )


def _no_network(path: Path) -> ArgumentError:
    """What to say of a file that is there and names no network."""
    if path.suffix == ".py":
        return ArgumentError(
            f"{path} is a file of Python: say also what in it makes the network, as in {path}:make"
        )
    return ArgumentError(
        f"{path} is no file that a network is read from: give a .onnx or .pt2 file, a run folder, or a "
        "function that loads it, as in my.py:make"
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ArgumentError(f"there is no file {path}: give the path of a .onnx or .pt2 file")
    return path


def _from_file(
    path: Path, network: nn.Module, inputs: Inputs | Sequence[Tensor], follow: Follow | None
) -> Loaded:
    return Loaded(network, path.name, None, inputs, follow)


def _from_catalogue(name: str, real: bool, shape: tuple[int, ...] | None) -> Loaded:
    default = shape or SIZES.get(name, IMAGE)
    _refuse_odd(name, default)
    if len(default) != 3:
        raise ArgumentError(
            f"{name} takes images, channels x height x width such as "
            f"{'x'.join(map(str, SIZES.get(name, IMAGE)))}; "
            f"got {'x'.join(map(str, default))}"
        )
    classes = 10 if name in SIZES else IMAGENET_CLASSES
    with torch.device("cpu") if real else without_numbers():
        network = build(name, classes=classes, channels=default[0], size=(default[1], default[2]))
    return Loaded(network, name, default)


def _clip_network(name: str, real: bool, shape: tuple[int, ...] | None) -> Loaded:
    usual = (3, *published_clip(name))
    channels, *clip = shape or usual
    _refuse_odd(name, (channels, *clip))
    if len(clip) != 3:
        raise ArgumentError(
            f"{name} takes clips, channels x frames x height x width such as {'x'.join(map(str, usual))}; "
            f"got {'x'.join(map(str, (channels, *clip)))}"
        )
    frames, height, width = clip
    with torch.device("cpu") if real else without_numbers():
        network = build(
            name, classes=KINETICS_CLASSES, channels=channels, frames=frames, size=(height, width)
        )
    return Loaded(network, name, (channels, frames, height, width))


def _refuse_odd(name: str, shape: tuple[int, ...]) -> None:
    """Refuses a shape whose channels seem to stand last, rather than build a network of so many channels; and
    pictures larger than any that the catalogue is built for.
    """
    if max(shape[1:], default=0) > MOST["size"]:
        given = "x".join(map(str, shape))
        raise ArgumentError(f"{name} takes pictures of at most {MOST['size']:,} pixels a side; got {given}")
    turned = with_channels_first(shape)
    if turned is not None:
        meant, given = "x".join(map(str, turned)), "x".join(map(str, shape))
        raise ArgumentError(
            f"{given} would be {shape[0]} channels for {name}: channels stand first; for {shape[-1]} of them "
            f"say {meant}"
        )


def _as_it_is(name: str) -> ArgumentError:
    return ArgumentError(
        f"a way through time, frames and causal are for image networks of the catalogue; {name} is as it is: "
        "leave them out"
    )


def _through_time(
    name: str, real: bool, shape: tuple[int, ...] | None, time: str | None, frames: int | None, causal: bool
) -> Loaded:
    """An image network of the catalogue on clips: of the shape given, or of its usual images."""
    picture = shape or SIZES.get(name, IMAGE)
    _refuse_odd(name, picture)
    clip = (picture[0], frames or DEFAULT_FRAMES, *picture[1:]) if len(picture) == 3 else picture
    if len(clip) != 4 or (frames is not None and clip[1] != frames):
        raise ArgumentError(
            "a clip is channels x frames x height x width, such as 3x8x112x112 for 8 frames; got "
            f"{'x'.join(map(str, picture))}{'' if frames is None else f' with {frames} frames'}"
        )
    channels, count, height, width = clip
    with torch.device("cpu") if real or is_own(name) else without_numbers():
        network = build(
            name,
            classes=10 if name in SIZES else KINETICS_CLASSES,
            channels=channels,
            size=(height, width),
            time=time,
            frames=count,
            causal=causal,
        )
    assert isinstance(network, ClipNetwork)
    label = f"{name} {time}{', causal' if causal else ''}"
    return Loaded(network, label, (network.planes, count, height, width))


def _from_run(path: Path) -> Loaded:
    record = read_record(path)
    network = network_of(path, record)
    described = record["network"]
    size = tuple(map(int, described.get("size") or IMAGE[1:]))
    clip = (int(described.get("frames") or DEFAULT_FRAMES), *size)
    if isinstance(network, ClipNetwork):
        return Loaded(network, path.name, (network.planes, *clip))
    channels = int(described.get("channels", 3))
    takes_clips = described["backbone"] in CLIP_NETWORKS
    return Loaded(network, path.name, (channels, *(clip if takes_clips else size)))
