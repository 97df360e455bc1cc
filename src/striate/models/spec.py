"""A network as a value: the arguments that build it, which a run folder stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from striate.checked import checked
from striate.errors import NetworkError
from striate.models.arguments import Size
from striate.models.catalogue import build, check_time, checked_arguments
from striate.plain_values import ToJson


@checked
@dataclass(frozen=True)
class NetworkSpec(ToJson):
    """The arguments of `build`. Names and numbers are checked at once, the values of options by `build`.

    `size` may be given as one number; it is kept as (height, width). Records of before there were clips lack
    `time`, `frames` and `causal`.

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

    def __post_init__(self) -> None:
        check_time(self.backbone, self.time, self.frames, self.causal)
        chosen = {name: _as_argument(value) for name, value in self.options.items()}
        checked = checked_arguments(self.backbone, self.classes, self.channels, self.size, chosen, self.time)
        for name in ("classes", "channels", "size"):
            object.__setattr__(self, name, checked[name])
        object.__setattr__(self, "options", chosen)

    def build(self) -> nn.Module:
        """The network, with fresh weights."""
        return build(
            self.backbone,
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
            NetworkError: a field that is missing or unknown, or a value that `build` would refuse.
        """
        known = cls.__dataclass_fields__
        if not {"backbone", "classes"} <= content.keys() <= known.keys():
            raise NetworkError(
                f"a network is described by {', '.join(known)}; got {', '.join(content) or 'nothing'}"
            )
        return cls(**content)


def _as_argument(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
