"""Recipes: checked when they are made, read back as they were written, presets that fit any data."""

import copy
import json
import pickle
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.augment.augmentation import Augmentation
from striate.errors import ArgumentError
from striate.training.presets import PRESETS, Facts, recipe_request
from striate.training.recipe import Recipe

FACTS = st.builds(
    Facts,
    images=st.integers(0, 2_000_000),
    channels=st.sampled_from([1, 3]),
    size=st.integers(1, 600),
    mirror_safe=st.booleans(),
    pretrained=st.booleans(),
)


@given(st.sampled_from(sorted(PRESETS)), FACTS)
def test_presets_fit_any_data_and_come_back_from_json(name: str, facts: Facts) -> None:
    recipe = PRESETS[name](facts)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json(), allow_nan=False))) == recipe
    assert recipe.epochs >= 1
    assert 1 <= recipe.batch_size <= 512
    assert not recipe.augmentation.flip or facts.mirror_safe  # a mirrored 3 is no 3


@given(FACTS)
def test_weights_that_have_learnt_are_treated_gently(facts: Facts) -> None:
    fresh = Facts(**{**vars(facts), "pretrained": False})
    learnt = Facts(**{**vars(facts), "pretrained": True})
    for preset in PRESETS.values():
        assert preset(learnt).learning_rate < preset(fresh).learning_rate
        assert preset(learnt).epochs <= preset(fresh).epochs


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("epochs", 0, "epochs must be above 0; got 0"),
        ("batch_size", -1, "batch_size must be above 0; got -1"),
        ("learning_rate", 0.0, "learning_rate must be above 0; got 0.0"),
        ("minutes", 0.0, "minutes must be above 0; got 0.0"),
        ("patience", 0, "patience must be above 0; got 0"),
        ("weight_decay", -0.1, "weight_decay must not be negative; got -0.1"),
        ("clip_norm", float("nan"), "clip_norm must be a finite number; got nan"),
        ("seed", -1, "seed must not be negative; got -1"),
        (
            "seed",
            2**63,
            "seed must be a whole number; got 9223372036854775808 (at most 9,223,372,036,854,775,807 is "
            "taken): for example seed=0",
        ),
        (
            "learning_rate",
            float("inf"),
            "learning_rate must be a finite number; got inf: for example learning_rate=0.003",
        ),
        ("minutes", float("inf"), "minutes must be a finite number or None; got inf: for example minutes=10"),
        ("clip_norm", float("inf"), "clip_norm must be a finite number; got inf"),
        ("momentum", 1.0, "momentum must be at least 0 and below 1; got 1.0"),
        ("ema", 1.0, "ema must be at least 0 and below 1; got 1.0"),
        ("label_smoothing", -0.1, "label_smoothing must be at least 0 and below 1; got -0.1"),
        ("warmup", 1.0, "warmup must be at least 0 and below 1; got 1.0"),
        ("optimizer", "adam", "optimizer must be 'adamw', 'sgd' or 'muon'; got 'adam' (did you mean adamw?)"),
        ("schedule", "steps", "schedule must be 'one-cycle', 'cosine' or 'linear'; got 'steps'"),
        ("class_weights", True, "class_weights must be 'auto', 'on' or 'off'; got True"),
        (
            "number_format",
            "fp16",
            "number_format must be 'auto', 'fp32' or 'bf16'; got 'fp16' (did you mean bf16?)",
        ),
        ("algorithms", "fast", "algorithms must be 'auto' or 'plain'; got 'fast'"),
    ],
)
def test_what_a_recipe_cannot_be(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Recipe(**{name: value})
    assert str(caught.value) == sentence


def test_every_value_comes_back() -> None:
    other: dict[str, Any] = {
        "epochs": 3,
        "minutes": 1.5,
        "batch_size": 7,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "momentum": 0.5,
        "weight_decay": 0.0,
        "schedule": "cosine",
        "warmup": 0.1,
        "clip_norm": 2.0,
        "ema": 0.0,
        "label_smoothing": 0.2,
        "patience": 4,
        "class_weights": "on",
        "augmentation": Augmentation(crop_area=(0.5, 0.9), flip=True, mixup=0.2),
        "number_format": "bf16",
        "algorithms": "plain",
        "freeze": ("conv1", "layer1"),
        "backbone_rate": 0.1,
        "seed": 9,
    }
    assert other.keys() == {field.name for field in fields(Recipe)}
    recipe = Recipe(**other)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


# Clips.


def test_the_recipe_of_moving_digits() -> None:
    """Two minutes for eight ways are planned on it: few passes, in batches small enough for many steps."""
    for preset, epochs in (("default", 4), ("thorough", 12), ("fast", 1)):
        recipe = PRESETS[preset](Facts(images=2000, channels=1, size=24, clips=True))
        assert (recipe.epochs, recipe.batch_size) == (epochs, 32), preset
        assert not recipe.augmentation.flip


def test_pretrained_weights_on_few_clips() -> None:
    """Gentler, and strongly varied: else they are soon learnt by heart."""
    facts = Facts(images=500, channels=3, size=112, mirror_safe=True, clips=True)
    fresh, tuned = (PRESETS["default"](replace(facts, pretrained=known)) for known in (False, True))
    assert tuned.learning_rate == fresh.learning_rate / 10
    assert tuned.epochs == fresh.epochs // 2
    assert tuned.augmentation == replace(fresh.augmentation, jitter=0.4, erase=0.25)
    many = PRESETS["default"](replace(facts, images=50_000, pretrained=True))
    assert many.augmentation.erase == 0


# Laid over a preset.


def test_what_is_named_is_remembered_by_copies_too() -> None:
    recipe = Recipe(3, batch_size=8)
    assert recipe.named == ("epochs", "batch_size")
    assert set(vars(recipe)) == {field.name for field in fields(Recipe)}
    for copied in (copy.copy(recipe), copy.deepcopy(recipe), pickle.loads(pickle.dumps(recipe))):
        assert (copied, copied.named) == (recipe, recipe.named)
    complete = tuple(field.name for field in fields(Recipe))
    assert (
        set(replace(recipe, epochs=4).named) == set(Recipe.from_json(recipe.to_json()).named) == set(complete)
    )


@given(st.sampled_from(sorted(PRESETS)), FACTS)
def test_three_ways_of_asking_for_the_same(name: str, facts: Facts) -> None:
    """A recipe that names two fields, the two as settings, and the preset changed by hand."""
    by_hand = replace(PRESETS[name](facts), epochs=6, batch_size=8)
    assert recipe_request(name, {"epochs": 6, "batch_size": 8}).recipe(facts) == by_hand
    assert recipe_request(PRESETS[name], {"epochs": 6, "batch_size": 8}).recipe(facts) == by_hand
    if name == "default":
        assert recipe_request(Recipe(epochs=6, batch_size=8), {}).recipe(facts) == by_hand
        assert recipe_request(None, {"epochs": 6, "batch_size": 8}).recipe(facts) == by_hand


@given(FACTS, st.sampled_from(sorted(PRESETS)))
def test_a_recipe_that_a_preset_returned_is_taken_as_it_is(facts: Facts, name: str) -> None:
    recipe = PRESETS[name](facts)
    assert recipe_request(recipe, {}).recipe(Facts()) == recipe
    assert recipe_request(recipe, {"flip": True}).recipe(Facts()).augmentation == replace(
        recipe.augmentation, flip=True
    )


def test_an_augmentation_is_one_setting_or_many() -> None:
    facts = Facts(images=500, channels=3, size=112)
    suited = PRESETS["default"](facts).augmentation
    assert suited.jitter > 0
    none = recipe_request(Recipe(augmentation=Augmentation()), {}).recipe(facts)
    assert none.augmentation == Augmentation()
    turned = recipe_request(None, {"rotate": 5.0}).recipe(facts)
    assert turned.augmentation == replace(suited, rotate=5.0)


@pytest.mark.parametrize(
    ("recipe", "settings", "sentence"),
    [
        ("quick", {}, "unknown preset 'quick': known: default, fast, thorough"),
        (None, {"epoch": 3}, "unknown setting 'epoch': did you mean 'epochs'? Known: "),
        (None, {"epochs": 0}, "epochs must be above 0; got 0"),
        (
            {"epochs": 3},
            {},
            "recipe must be a Recipe or a preset (default, fast, thorough); got {'epochs': 3}: try "
            'recipe="fast", or settings by name, as epochs=6',
        ),
    ],
)
def test_what_is_no_recipe(recipe: Any, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        recipe_request(recipe, settings)
    assert str(caught.value).startswith(sentence)
