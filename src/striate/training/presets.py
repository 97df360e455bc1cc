"""Recipes that suit a data set: each preset is a function of what is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, Literal

from striate.checked import meant
from striate.data.augment.augmentation import Augmentation
from striate.errors import ArgumentError, unknown
from striate.models.fast import WHITEN
from striate.training.recipe import SETTINGS, Recipe, laid_over


@dataclass(frozen=True)
class Facts:
    """What a preset looks at in a data set."""

    images: int = 50_000
    channels: int = 1
    size: int = 28
    mirror_safe: bool = False
    pretrained: bool = False
    clips: bool = False
    backbone: str = ""


Preset = Callable[[Facts], Recipe]
PresetName = Literal["default", "fast", "thorough"]

UNKNOWN = Facts()
"""Where nothing is known of the data."""

SMALL = 20_000
"""Fewer clips than this are soon learnt by heart by a pretrained network."""
IMAGES_SEEN, TUNED_IMAGES_SEEN = 150_000, 40_000
"""In a default training of images, over all its epochs; of weights that have learnt, half of these."""
CLIPS_SEEN = 19_200
"""In a default training of clips, over all its epochs."""
SMALL_SIDE = 48
"""Pixels: colour images up to this size are small."""
THUMBNAIL = 32
"""Pixels: clips up to this size hold so little that a quarter of that suffices."""


def default(facts: Facts = UNKNOWN) -> Recipe:
    """Good accuracy in a few minutes on two cores; what a beginner gets."""
    recipe = _for_clips(facts) if facts.clips else _for_images(facts)
    return fine_tuned(recipe) if facts.pretrained else recipe


def _for_images(facts: Facts) -> Recipe:
    if facts.backbone == "fast" and facts.channels == 3:
        return _for_small_colour_images(facts)
    seen = TUNED_IMAGES_SEEN if facts.pretrained else IMAGES_SEEN
    epochs = min(120, max(9, round(seen / max(facts.images, 1))))
    return replace(Recipe(), epochs=epochs, batch_size=_batch_size(facts.images), augmentation=_varied(facts))


def _for_clips(facts: Facts) -> Recipe:
    """A clip costs several images, and its frames are alike: fewer passes, in smaller batches."""
    epochs = min(60, max(4, round(_clips_seen(facts) / max(facts.images, 1))))
    batch, varied = min(32, _batch_size(facts.images)), _varied(facts)
    if facts.pretrained and facts.images < SMALL:
        varied = strongly_varied(varied)
    return replace(Recipe(), epochs=epochs, batch_size=batch, augmentation=varied)


def _clips_seen(facts: Facts) -> int:
    return CLIPS_SEEN // 4 if facts.size <= THUMBNAIL else CLIPS_SEEN


def fast(facts: Facts = UNKNOWN) -> Recipe:
    """The least time to a good accuracy: one pass over a large set, a few over one of small colour images."""
    if facts.channels == 3 and facts.size <= SMALL_SIDE and not facts.clips:
        recipe = _for_small_colour_images(facts)
        return fine_tuned(recipe) if facts.pretrained else recipe
    seen = _clips_seen(facts) // 3 if facts.clips else 55_000
    return replace(
        default(facts),
        epochs=max(1, round(seen / max(facts.images, 1))),
        learning_rate=5e-3 if not facts.pretrained else 5e-4,
        augmentation=Augmentation(flip=facts.mirror_safe),
    )


def _for_small_colour_images(facts: Facts) -> Recipe:
    """After K. Jordan's records on CIFAR-10 (2024), with Muon; see `models.fast`, which it suits best.

    8 epochs of a large set; of 5,000 images 13, which cost a processor less than 30 of `plain` by Adam.
    """
    return replace(
        Recipe(),
        epochs=min(40, round(8 + 23_000 / max(facts.images, 1))),
        batch_size=_batch_size(facts.images, 512),
        optimizer="muon",
        learning_rate=0.012,
        momentum=0.6,
        schedule="linear",
        warmup=0.0,
        ema=0.0,
        label_smoothing=0.2,
        augmentation=(
            Augmentation(shift=1 / 16, flip=facts.mirror_safe) if facts.size <= SMALL_SIDE else _varied(facts)
        ),
        freeze=(f"{WHITEN}.weight",) if facts.backbone == "fast" else (),
    )


def thorough(facts: Facts = UNKNOWN) -> Recipe:
    """Three times as long as the default, with mixed images."""
    recipe = default(facts)
    return replace(
        recipe, epochs=3 * recipe.epochs, ema=0.998, augmentation=replace(recipe.augmentation, cutmix=1.0)
    )


PRESETS: dict[PresetName, Preset] = {"default": default, "fast": fast, "thorough": thorough}


@dataclass(frozen=True)
class RecipeRequest:
    """A recipe as somebody asks for it: a preset that suits the data, and settings laid over it."""

    preset: Preset = default
    settings: Mapping[str, Any] = field(default_factory=dict)

    def recipe(self, facts: Facts) -> Recipe:
        """The recipe for such data. Raises ArgumentError for settings that no recipe can have."""
        made = self.preset(facts)
        if not isinstance(made, Recipe):
            raise ArgumentError(
                f"recipe must be a preset's name, or a function that gives a Recipe; it gave {made!r:.60}: "
                'try recipe="fast"'
            )
        return laid_over(made, self.settings)

    @property
    def names(self) -> tuple[str, ...]:
        """What was asked for, by name; empty where nothing was."""
        return (*["recipe"] * (self.preset is not default), *self.settings)


def is_setting(name: str) -> bool:
    """Whether a recipe has it."""
    return name in SETTINGS or name == "augmentation"


def check_names(arguments: Mapping[str, Any], function: Callable[..., Any]) -> None:
    """Raises ArgumentError for names that are neither the function's nor a recipe's: what may be meant; and
    for two that say the same.
    """
    takes = [name for name, one in signature(function).parameters.items() if one.kind is not one.VAR_KEYWORD]
    for name in arguments:
        if name not in takes and not is_setting(name):
            near = meant(name, [*takes, *SETTINGS])
            hint = f"did you mean {near}?" if near else f"beside its own it takes {', '.join(SETTINGS)}"
            raise ArgumentError(f"{function.__name__} has no argument {name!r}: {hint}")
    if arguments.get("epochs") is not None and arguments.get("minutes") is not None:
        raise ArgumentError("--epochs and --minutes both say how long a training is: give one of them")


def recipe_request(recipe: Recipe | str | Preset | None, settings: Mapping[str, Any]) -> RecipeRequest:
    """What `recipe` and the settings beside it ask for. Raises ArgumentError for what is no recipe.

    recipe: a Recipe, whose named fields are laid over the default preset; a preset, or its name; None for the
    default one.
    """
    if isinstance(recipe, Recipe):
        named = {name: getattr(recipe, name) for name in recipe.named}
        return _checked(RecipeRequest(default, named | dict(settings)))
    if isinstance(recipe, str):
        if recipe not in PRESETS:
            raise ArgumentError(unknown("preset", recipe, PRESETS))
        return _checked(RecipeRequest(PRESETS[recipe], settings))
    if recipe is not None and not callable(recipe):
        raise ArgumentError(
            f'recipe must be a Recipe or a preset ({", ".join(PRESETS)}); got {recipe!r}: try recipe="fast", '
            "or settings by name, as epochs=6"
        )
    return _checked(RecipeRequest(recipe or default, settings))


def _checked(request: RecipeRequest) -> RecipeRequest:
    """Settings that no data could make fit are refused before any data are read."""
    laid_over(Recipe(), request.settings)
    return request


def fine_tuned(recipe: Recipe) -> Recipe:
    """The same, gentler: for weights that have already learnt."""
    return replace(recipe, epochs=max(1, recipe.epochs // 2), learning_rate=recipe.learning_rate / 10)


def strongly_varied(policy: Augmentation) -> Augmentation:
    """More of light and colour, and blanked rectangles: for sets that are small for the network."""
    return replace(policy, jitter=max(policy.jitter, 0.4), erase=max(policy.erase, 0.25))


def _batch_size(images: int, size: int = 128) -> int:
    """So many, or less where a set is so small that an epoch would have under a dozen steps."""
    while size > 8 and images < 12 * size:
        size //= 2
    return size


def _varied(facts: Facts) -> Augmentation:
    if facts.channels == 3 and facts.size > 32:
        return Augmentation(crop_area=(0.35, 1.0), crop_aspect=1.33, flip=facts.mirror_safe, jitter=0.2)
    if facts.channels == 3:
        return Augmentation(crop_area=(0.7, 1.0), shift=0.06, flip=facts.mirror_safe, jitter=0.1)
    if facts.mirror_safe:
        return Augmentation(shift=0.04, flip=True)
    return Augmentation(crop_area=(0.8, 1.25), crop_aspect=1.15, rotate=8, shift=0.05)
