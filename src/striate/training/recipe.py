"""The recipe: everything that decides a training, as one frozen value; and what is laid over a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

from striate.checked import checked
from striate.data.augment.augmentation import Augmentation
from striate.errors import ArgumentError, unknown
from striate.plain_values import JsonValue, from_plain


class _Named:
    __slots__ = ("named",)
    named: tuple[str, ...]
    """The fields that were named when the value was made. It is no field: equal values may differ in it."""


@checked
@dataclass(frozen=True)
class Recipe(_Named, JsonValue):
    """Everything that decides a training. Checked when it is made.

    Of one given to `train`, the fields named when it was made are laid over the preset that suits the data; a
    recipe that a preset returned or that was read from a run names them all.

    >>> Recipe(epochs=6, batch_size=8).named
    ('epochs', 'batch_size')
    """

    epochs: int = 12
    """How often each training image or clip is seen."""
    minutes: float | None = None
    """Train for this long instead, opening the data included: how many steps fit is planned as they pass."""
    batch_size: int = 128
    """Images or clips in one step, over all processes together."""
    optimizer: Literal["adamw", "sgd", "muon"] = "adamw"
    """AdamW; SGD with Nesterov momentum; or Muon, which turns the matrices of all layers but the last, and
    leaves the rest to AdamW."""
    learning_rate: float = 3e-3
    """The highest of the schedule. SGD wants about 0.1, Muon about 0.01."""
    momentum: float = 0.9
    """Momentum of SGD and Muon; the first beta of AdamW."""
    weight_decay: float = 0.05
    """Decoupled for AdamW. Norms and biases are spared."""
    schedule: Literal["one-cycle", "cosine", "linear"] = "one-cycle"
    """One-cycle: up and down in cosines, momentum the other way. Cosine: linear warm-up, then down. Linear:
    straight down as well."""
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
    """How training images are varied, as a whole: what it does not name is off. To lay single ones over those
    of a preset, name them alone, as `train(data, flip=True)`.
    """
    number_format: Literal["auto", "fp32", "bf16"] = "auto"
    """Auto: bf16 where the processor has it, such shapes gain by it, and its gradients agree with fp32."""
    algorithms: Literal["auto", "plain"] = "auto"
    """How convolutions are computed. Auto: by the algorithm that is fastest. Plain: by PyTorch's call."""
    freeze: tuple[str, ...] = ()
    """Parts of the network that do not learn, as conv1 layer1; their norms keep their statistics."""
    backbone_rate: float = 1.0
    """Share of the learning rate for all parts but the head and those that loaded weights left untrained."""
    seed: int = 0
    """Decides the initial weights, the order of the images and every random draw."""

    def __new__(cls, *values: Any, **named: Any) -> Self:
        """Remembers which fields are named: equal recipes may have been asked for in different words."""
        recipe = super().__new__(cls)
        first = [one.name for one in fields(cls)][: len(values)]
        object.__setattr__(recipe, "named", (*first, *named))
        return recipe

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies name the same fields."""
        return _made_again, ({name: getattr(self, name) for name in self.named}, vars(self))

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

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The recipe of a record; what a newer version has added to it is left out."""
        known = {one.name for one in fields(cls)}
        if isinstance(values, Mapping):
            values = {name: value for name, value in values.items() if name in known}
        return from_plain(cls, values)


def _made_again(named: dict[str, Any], values: dict[str, Any]) -> Recipe:
    recipe = Recipe(**named)
    vars(recipe).update(values)
    return recipe


SETTINGS = {
    **{one.name: Recipe for one in fields(Recipe) if one.name != "augmentation"},
    **{one.name: Augmentation for one in fields(Augmentation)},
}
"""Everything of a recipe that can be laid over a preset by its name, and whose field it is."""


def laid_over(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with these settings in place of its own. Raises ArgumentError for names that it lacks.

    >>> laid_over(Recipe(), {"epochs": 3, "flip": True}).augmentation.flip
    True
    """
    for name in settings:
        if name not in SETTINGS and name != "augmentation":
            raise ArgumentError(unknown("setting", name, SETTINGS))
    varied = {name: value for name, value in settings.items() if SETTINGS.get(name) is Augmentation}
    others = {name: value for name, value in settings.items() if name not in varied}
    changed = replace(recipe, **others)
    return replace(changed, augmentation=replace(changed.augmentation, **varied)) if varied else changed
