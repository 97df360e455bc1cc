"""A network as a value that a run stores, and the trained network back from its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from striate.checked import checked
from striate.errors import NetworkError, RunError
from striate.models.building import Size, is_own
from striate.models.catalogue import build, check_time, checked_arguments
from striate.models.own import GIVEN, TIMM
from striate.models.weight_files import is_state_of, read_run_weights
from striate.own_source import Source
from striate.plain_values import ToJson
from striate.runs import MODEL, SEALED, require
from striate.watching import without_numbers

# A network as a value: the arguments that build it, which a run folder stores.


@checked
@dataclass(frozen=True)
class NetworkSpec(ToJson):
    """The arguments of `build`. Names and numbers are checked at once, the values of options by `build`.

    `size` may be given as one number; it is kept as (height, width). `source` is where code of one's own
    comes from, found here where it is not given. Records of before there were clips lack `time`, `frames` and
    `causal`.

    >>> NetworkSpec("plain", classes=10, channels=1, size=28).to_json()["size"]
    [28, 28]
    """

    backbone: str
    classes: int
    channels: int = 3
    size: Size | int | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    time: str | None = None
    frames: int | None = None
    causal: bool = False
    source: Source | None = None

    def __post_init__(self) -> None:
        if self.source is None and _is_file(self.backbone):
            object.__setattr__(self, "source", Source.of(self.backbone))
        check_time(self.backbone, self.time, self.frames, self.causal)
        chosen = {name: _as_argument(value) for name, value in self.options.items()}
        checked = checked_arguments(self._name, self.classes, self.channels, self.size, chosen, self.time)
        for name in ("classes", "channels", "size"):
            object.__setattr__(self, name, checked[name])
        object.__setattr__(self, "options", chosen)

    @property
    def _name(self) -> str:
        """For `build`: a file is found from every folder."""
        where, _, name = self.backbone.rpartition(":")
        return f"{self.source.file}:{name}" if self.source and where.endswith(".py") else self.backbone

    def without_numbers(self) -> nn.Module:
        """The network to be counted: on the meta device, unless it is one's own, which may need numbers."""
        with torch.device("cpu") if is_own(self.backbone) else without_numbers():
            return self.build()

    def build(self) -> nn.Module:
        """The network, with fresh weights."""
        return build(
            self._name,
            classes=self.classes,
            channels=self.channels,
            size=self.size,
            time=self.time,
            frames=self.frames,
            causal=self.causal,
            **self.options,
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "NetworkSpec":
        """The inverse of `to_json`.

        Raises:
            NetworkError: a field that is missing or unknown, a value that `build` would refuse, or code of
                somebody's own that is gone, has changed or was never named on this machine.
        """
        known = cls.__dataclass_fields__
        if not {"backbone", "classes"} <= content.keys() <= known.keys():
            raise NetworkError(
                f"a network is described by {', '.join(known)}; got {', '.join(content) or 'nothing'}"
            )
        known_source = content.get("source")
        source = None if known_source is None else Source.from_json(known_source)
        if source is not None:
            source.check(content["backbone"])
        elif _is_file(content["backbone"]):
            raise NetworkError(f"{content['backbone']} is somebody's own, and the record lacks its source")
        return cls(**{**content, "source": source})


def _is_file(backbone: str) -> bool:
    """Whether it is code in a file of somebody's own."""
    return is_own(backbone) and backbone.split(":", 1)[0] not in (GIVEN, TIMM)


def _as_argument(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


# A trained network, back from its run folder.


def network_of(run: Path, record: dict[str, Any]) -> nn.Module:
    """The network of a run whose record has been read already, as it was trained.

    It is built without numbers first and compared with the file, so that a record that describes a network of
    any size costs no memory.

    Args:
        run: its folder.
        record: as `read_record` gives it.

    Raises:
        RunError: a record that describes no network, or another one than that of the weights.
        WeightsError: the weights are damaged.
    """
    weights = read_run_weights(require(run, MODEL), sealed=record.get("format", SEALED) >= SEALED)
    network = _without_numbers(run, record)
    if not is_state_of(weights, network.state_dict()):
        raise RunError(
            f"the weights in {run / MODEL} are not of the network in its record "
            f"({record['network'].get('backbone')}): restore the folder from a copy, or train again"
        )
    network.load_state_dict(weights, assign=True)  # in place of numbers that do not exist yet
    return network.eval()


def _without_numbers(run: Path, record: dict[str, Any]) -> nn.Module:
    try:
        return NetworkSpec.from_json(record["network"]).without_numbers()
    except (KeyError, TypeError, NetworkError, RuntimeError) as problem:
        raise RunError(f"the network of {run} cannot be built: {problem}") from None
