"""Convolutional networks on images and video that you can see through.

Every verb of the command line is a function of the same name here, and every room an attribute:
`striate.train("digits")`, `striate.models.build("plain", classes=10, size=28)`. They are imported when they
are first used, so that `import striate` is quick and does not import torch.
"""

from typing import TYPE_CHECKING, Any

from striate.lazily import homes_in, imported

__version__ = "0.1.0"

if TYPE_CHECKING:
    from striate.comparing.compare import compare as compare
    from striate.data import check_data as check_data
    from striate.data import draw_flow as draw_flow
    from striate.data import get_data as get_data
    from striate.data import open_data as open_data
    from striate.data import pack_data as pack_data
    from striate.data import read_image as read_image
    from striate.data.augment.augmentation import Augmentation as Augmentation
    from striate.demonstration import demo as demo
    from striate.errors import StriateError as StriateError
    from striate.evaluating.evaluate import evaluate as evaluate
    from striate.evaluating.opening import load as load
    from striate.evaluating.predict import predict as predict
    from striate.evaluating.predictor import open_predictor as open_predictor
    from striate.evaluating.preprocessing import Preprocess as Preprocess
    from striate.evaluating.scoring import Normalisation as Normalisation
    from striate.explaining.explain import explain as explain
    from striate.explaining.explainer import open_explainer as open_explainer
    from striate.explaining.texts import glossary as glossary
    from striate.exploring.lab import lab as lab
    from striate.exporting.export import export as export
    from striate.inspecting.inspect import inspect as inspect
    from striate.inspecting.list_models import list_models as list_models
    from striate.inspecting.tune import tune as tune
    from striate.models import NetworkSpec as NetworkSpec
    from striate.models import build as build
    from striate.models import load_weights as load_weights
    from striate.models import read_weights as read_weights
    from striate.models import save_weights as save_weights
    from striate.models import through_time as through_time
    from striate.serving.serve import serve as serve
    from striate.stepping import step_of as step_of
    from striate.streaming import stream as stream
    from striate.sweeping import sweep as sweep
    from striate.training.find_learning_rate import find_learning_rate as find_learning_rate
    from striate.training.recipe import Recipe as Recipe
    from striate.training.train import Run as Run
    from striate.training.train import train as train

_HOMES = homes_in(__file__)
_ROOMS = [
    "algorithms", "arithmetic", "comparing", "data", "derivation", "errors", "evaluating", "explaining",
    "exploring", "exporting", "inspecting", "layers", "machine", "models", "numbers", "pages", "published",
    "runs", "serving", "stepping", "streaming", "sweeping", "tracing", "training", "tuning",
]  # fmt: skip
__all__ = sorted(["__version__", *_HOMES])


def __getattr__(name: str) -> Any:
    return imported(name, _HOMES, "striate", _ROOMS)


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS})
