"""Convolutional networks on images and video that you can see through.

Every verb of the command line is a function of the same name here, and every room an attribute:
`striate.train("digits")`, `striate.models.build("plain", classes=10, size=28)`. They are imported when they
are first used, so that `import striate` is quick and does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Augmentation": "data.augment.augmentation",
    "NetworkSpec": "models",
    "Normalisation": "evaluating.scoring",
    "Preprocess": "evaluating.preprocessing",
    "Recipe": "training.recipe",
    "Run": "training.train",
    "StriateError": "errors",
    "build": "models",
    "check_data": "data",
    "compare": "comparing.compare",
    "demo": "demonstration",
    "draw_flow": "data",
    "evaluate": "evaluating.evaluate",
    "explain": "explaining.explain",
    "export": "exporting.export",
    "find_learning_rate": "training.find_learning_rate",
    "get_data": "data",
    "glossary": "explaining.texts",
    "inspect": "inspecting.inspect",
    "lab": "exploring.lab",
    "list_models": "inspecting.list_models",
    "load": "evaluating.loading",
    "load_weights": "models",
    "open_data": "data",
    "open_explainer": "explaining.explainer",
    "open_predictor": "evaluating.predictor",
    "pack_data": "data",
    "predict": "evaluating.predict",
    "read_image": "data",
    "read_weights": "models",
    "save_weights": "models",
    "serve": "serving.serve",
    "step_of": "stepping",
    "stream": "streaming",
    "sweep": "sweeping.sweep",
    "through_time": "models",
    "train": "training.train",
    "tune": "inspecting.tune",
}
"""The room, or the file in it, of each public name."""
_ROOMS = (
    "algorithms",
    "arithmetic",
    "comparing",
    "data",
    "derivation",
    "errors",
    "evaluating",
    "explaining",
    "exploring",
    "exporting",
    "inspecting",
    "layers",
    "machine",
    "models",
    "numbers",
    "pages",
    "published",
    "runs",
    "serving",
    "stepping",
    "streaming",
    "sweeping",
    "tracing",
    "training",
    "tuning",
)

__all__ = [
    "Augmentation",
    "NetworkSpec",
    "Normalisation",
    "Preprocess",
    "Recipe",
    "Run",
    "StriateError",
    "__version__",
    "build",
    "check_data",
    "compare",
    "demo",
    "draw_flow",
    "evaluate",
    "explain",
    "export",
    "find_learning_rate",
    "get_data",
    "glossary",
    "inspect",
    "lab",
    "list_models",
    "load",
    "load_weights",
    "open_data",
    "open_explainer",
    "open_predictor",
    "pack_data",
    "predict",
    "read_image",
    "read_weights",
    "save_weights",
    "serve",
    "step_of",
    "stream",
    "sweep",
    "through_time",
    "train",
    "tune",
]

if TYPE_CHECKING:
    from striate.comparing.compare import compare
    from striate.data import check_data, draw_flow, get_data, open_data, pack_data, read_image
    from striate.data.augment.augmentation import Augmentation
    from striate.demonstration import demo
    from striate.errors import StriateError
    from striate.evaluating.evaluate import evaluate
    from striate.evaluating.loading import load
    from striate.evaluating.predict import predict
    from striate.evaluating.predictor import open_predictor
    from striate.evaluating.preprocessing import Preprocess
    from striate.evaluating.scoring import Normalisation
    from striate.explaining.explain import explain
    from striate.explaining.explainer import open_explainer
    from striate.explaining.texts import glossary
    from striate.exploring.lab import lab
    from striate.exporting.export import export
    from striate.inspecting.inspect import inspect
    from striate.inspecting.list_models import list_models
    from striate.inspecting.tune import tune
    from striate.models import (
        NetworkSpec,
        build,
        load_weights,
        read_weights,
        save_weights,
        through_time,
    )
    from striate.serving.serve import serve
    from striate.stepping import step_of
    from striate.streaming import stream
    from striate.sweeping import sweep
    from striate.training.find_learning_rate import find_learning_rate
    from striate.training.recipe import Recipe
    from striate.training.train import Run, train


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"striate.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'striate' has no attribute {name!r}{_hint(name)}")
    value = getattr(import_module(f"striate.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def _hint(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [*__all__, *_ROOMS], n=1)
    return f": did you mean {near[0]!r}?" if near else ""


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS})
