"""Convolutional networks on images and video that you can see through.

The verbs of the command line are functions here: `inspect`, `train`, `evaluate`, `predict`. They are
imported when they are first used, so that `import striate` is quick and does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from striate.version import __version__

_HOMES = {
    "train": "striate.training.train",
    "Recipe": "striate.training.recipe",
    "evaluate": "striate.evaluating.evaluate",
    "predict": "striate.evaluating.predict",
    "compare": "striate.comparing.compare",
    "explain": "striate.explaining.explain",
    "build": "striate.models",
    "inspect": "striate.inspecting",
    "load": "striate.models.saved",
    "open_data": "striate.data",
    "StriateError": "striate.errors",
}

__all__ = [
    "Recipe",
    "StriateError",
    "__version__",
    "build",
    "compare",
    "evaluate",
    "explain",
    "inspect",
    "load",
    "open_data",
    "predict",
    "train",
]

if TYPE_CHECKING:
    from striate.comparing.compare import compare
    from striate.data import open_data
    from striate.errors import StriateError
    from striate.evaluating.evaluate import evaluate
    from striate.evaluating.predict import predict
    from striate.explaining import explain
    from striate.inspecting import inspect
    from striate.models import build
    from striate.models.saved import load
    from striate.training.recipe import Recipe
    from striate.training.train import train


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'striate' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
