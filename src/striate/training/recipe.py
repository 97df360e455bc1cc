"""The recipe: everything that decides a training, as one frozen value. Presets return one."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from striate.checked import checked
from striate.data.augment.augmentation import Augmentation
from striate.errors import ArgumentError


@checked
@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training. Checked when it is made."""

    epochs: int = 12
    """How often each training image or clip is seen."""
    minutes: float | None = None
    """Train for about this long instead: the epochs are planned from the speed measured at the start."""
    batch_size: int = 128
    """Images or clips in one step, over all processes together."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    """AdamW, or SGD with Nesterov momentum."""
    learning_rate: float = 3e-3
    """The highest of the schedule. SGD wants about 0.1."""
    momentum: float = 0.9
    """Momentum of SGD; the first beta of AdamW."""
    weight_decay: float = 0.05
    """Decoupled for AdamW. Norms and biases are spared."""
    schedule: Literal["one-cycle", "cosine"] = "one-cycle"
    """One-cycle: up and down in cosines, momentum the other way. Cosine: linear warm-up, then down."""
    warmup: float = 0.2
    """Share of the training in which the learning rate rises."""
    clip_norm: float = 0.0
    """Gradients whose norm is above this are scaled down to it (0: off)."""
    ema: float = 0.99
    """Decay per step of the moving average of the weights, which is what is kept (0: off)."""
    label_smoothing: float = 0.1
    """Share of each label that is spread over all classes."""
    patience: int | None = None
    """Stop early after this many epochs without a better validation score."""
    class_weights: Literal["auto", "on", "off"] = "auto"
    """Weigh rare classes up. Auto: where the largest class has over twice the images of the smallest."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How training images are varied."""
    number_format: Literal["auto", "fp32", "bf16"] = "auto"
    """Auto: bf16 where the processor has it, its gradients agree with fp32, and it is faster."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed. Auto: by the algorithm that is fastest. Plain: by PyTorch's call."""
    freeze: tuple[str, ...] = ()
    """Parts of the network that do not learn, as conv1 layer1; their norms keep their statistics."""
    backbone_rate: float = 1.0
    """Share of the learning rate for all parts but the head, or but those that loaded weights left fresh."""
    seed: int = 0
    """Decides the initial weights, the order of the images and every random draw."""

    def __post_init__(self) -> None:
        positive = ("epochs", "batch_size", "learning_rate", "minutes", "patience", "backbone_rate")
        for name in positive:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ArgumentError(f"{name} must be above 0; got {value}")
        for name in ("weight_decay", "clip_norm", "seed"):
            if not getattr(self, name) >= 0:
                raise ArgumentError(f"{name} must not be negative; got {getattr(self, name)}")
        for name in ("momentum", "ema", "label_smoothing", "warmup"):
            if not 0 <= getattr(self, name) < 1:
                raise ArgumentError(f"{name} must be at least 0 and below 1; got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, for run.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The recipe of a record."""
        known = {name.name for name in fields(cls)}
        plain = {name: value for name, value in values.items() if name in known}
        augmentation = dict(plain.pop("augmentation", {}))
        if "crop_area" in augmentation:
            augmentation["crop_area"] = tuple(augmentation["crop_area"])
        if "freeze" in plain:
            plain["freeze"] = tuple(plain["freeze"])
        return cls(**plain, augmentation=Augmentation(**augmentation))


@dataclass(frozen=True)
class Facts:
    """What a preset looks at in a data set."""

    images: int = 50_000
    channels: int = 1
    size: int = 28
    mirror_safe: bool = False
    pretrained: bool = False
    clips: bool = False
